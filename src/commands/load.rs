//! From a name or file on the command line to a plan; what is wrong is said at its place in the file.

use std::path::Path;

use anyhow::Context as _;

use super::finish::talk;
use crate::error::Refusal;
use crate::files;
use crate::mistakes;
use crate::plan::{self, Choices, RunPlan};
use crate::report::words::Words;
use crate::scenario::{self, Diagnostics, Scenario};
use crate::{expect, record};

/// The names of the scenarios in the binary.
pub(super) fn embedded_names() -> Vec<String> {
    scenario::embedded()
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

/// Loads a scenario, conditions included; warnings are said, mistakes refuse it.
///
/// # Errors
/// Everything that is wrong with it, as one [`Refusal`].
pub(super) fn scenario(what: &str, set: &[String], words: &Words) -> anyhow::Result<Scenario> {
    let scenario = varied(what, set, &[], words)?;
    if !scenario.diagnostics.is_empty() {
        talk(&told(&scenario.diagnostics, words));
    }
    Ok(scenario)
}

/// As [`scenario`], with settings that `--vary` brings, and without saying warnings: for one that is loaded again and again.
///
/// # Errors
/// As [`scenario`].
pub(super) fn varied(
    what: &str,
    set: &[String],
    vary: &[String],
    words: &Words,
) -> anyhow::Result<Scenario> {
    let settings = [set, vary].concat();
    let scenario = scenario::load(what, &settings)
        .map_err(|mistakes| refuse_varied(what, vary, mistakes, words))?;
    let conditions = conditions(&scenario);
    if conditions.errors() > 0 {
        return Err(refuse(what, &conditions, words));
    }
    Ok(scenario)
}

/// As [`varied`], of one that was loaded so before, with what these variants need to be played and no more.
///
/// # Errors
/// As [`scenario`].
pub(super) fn point(
    what: &str,
    (set, vary): (&[String], &[String]),
    variants: &[String],
    words: &Words,
) -> anyhow::Result<Scenario> {
    let settings = [set, vary].concat();
    scenario::load_only(what, &settings, variants)
        .map_err(|mistakes| refuse_varied(what, vary, mistakes, words))
}

/// What is wrong with the scenario's conditions.
pub(super) fn conditions(scenario: &Scenario) -> Diagnostics {
    scenario.check_expectations(&|that| {
        expect::parse(that)
            .map(|_| ())
            .map_err(|error| error.to_string())
    })
}

/// Loads and plans a run.
///
/// # Errors
/// Everything that is wrong with the scenario, the overrides or the choice of variants.
pub(super) fn run_plan(
    what: &str,
    set: &[String],
    seed: Option<u64>,
    variants: &[String],
    words: &Words,
) -> anyhow::Result<RunPlan> {
    let mut plans = repeats(what, set, (seed, variants), 1, words)?;
    Ok(plans.pop().expect("one was asked for"))
}

/// Loads a scenario and plans `count` runs of it, whose seeds count up.
///
/// # Errors
/// As [`run_plan`].
pub(super) fn repeats(
    what: &str,
    set: &[String],
    (seed, variants): (Option<u64>, &[String]),
    count: u32,
    words: &Words,
) -> anyhow::Result<Vec<RunPlan>> {
    let scenario = scenario(what, set, words)?;
    let first = seed.unwrap_or(scenario.seed);
    let plans = (0..u64::from(count)).map(|repeat| {
        let choices = Choices {
            seed: Some(first.wrapping_add(repeat)),
            variants: variants.to_vec(),
        };
        Ok(plan::build(&scenario, &choices).map_err(Refusal::usage)?)
    });
    plans.collect()
}

/// Adds conditions from the command line to a plan.
///
/// # Errors
/// One that is no condition.
pub(super) fn expect_too(plan: &mut RunPlan, conditions: &[String]) -> Result<(), Refusal> {
    for that in conditions {
        expect::parse(that)
            .map_err(|error| Refusal::usage(format!("`--expect` is given `{that}`: {error}")))?;
        plan.expect(that);
    }
    Ok(())
}

/// The plan of a run whose results are in `dir`: its expectations, and what it says.
///
/// # Errors
/// A folder without a readable `scenario.toml`.
pub(super) fn plan_of_results(dir: &Path, words: &Words) -> anyhow::Result<RunPlan> {
    let manifest = record::folder::read_manifest(dir).map_err(Refusal::usage)?;
    let path = dir.join("scenario.toml");
    let text = files::read_text(&path, files::MOST_WRITTEN)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(|error| Refusal::usage(format!("{error:#}\nhint: name a results folder")))?;
    let scenario = scenario::load_text(&manifest.scenario, &path.display().to_string(), &text, &[])
        .map_err(|mistakes| refuse(&manifest.scenario, &mistakes, words))?;
    Ok(plan::build(&scenario, &Choices::default()).map_err(Refusal::usage)?)
}

fn refuse_varied(
    what: &str,
    vary: &[String],
    mut mistakes: Diagnostics,
    words: &Words,
) -> anyhow::Error {
    mistakes.relabel(vary, "--vary");
    refuse(what, &mistakes, words)
}

fn refuse(what: &str, mistakes: &Diagnostics, words: &Words) -> anyhow::Error {
    let arguments = [("count", mistakes.errors().into()), ("what", what.into())];
    let count = words.say("mistakes-in", arguments);
    Refusal::usage(format!("{count}\n\n{}", told(mistakes, words))).into()
}

/// Mistakes at their places, between words of the reader's language.
pub(super) fn told(mistakes: &Diagnostics, words: &Words) -> String {
    mistakes::told(mistakes, true, words)
}
