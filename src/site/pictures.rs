//! The first break-point as pictures: the same clients on the same seed, before and after the best cure.

use super::answer::{Answer, Cure, Finding};
use super::battery::named;
use super::play::{Stop, keep};
use super::stack::{Stack, StackError};
use super::threat::Clients;
use crate::record::{Manifest, SCHEMA};
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;

/// Of a crowd larger than this a picture takes longer than anybody waits, and shows no more.
const MOST: u64 = 4_000;

/// What is played, and the two runs of it.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// What it is that happens in both.
    pub told: String,
    /// Before and after.
    pub run: RunData,
}

/// Plays them; `None` where nothing breaks, where nothing helps, and of crowds too large to be drawn.
///
/// # Errors
/// A plan that cannot be made; an interruption.
pub fn pictures(
    stack: &Stack,
    answer: &Answer,
    words: &Words,
    stop: Stop<'_>,
) -> Result<Option<Pictures>, StackError> {
    let Some((finding, cure)) = first_cured(answer) else {
        return Ok(None);
    };
    // Half of the visitors, as a confirmation plays: of a single one nobody sees anything.
    let Some(count) = finding.half.or(finding.first).map(|point| point.at) else {
        return Ok(None);
    };
    let clients = (named(&finding.threat).clients)(stack, count);
    if count > MOST {
        return Ok(None);
    }
    let changed = stack.with(&cure.set)?;
    let mut variants = Vec::new();
    for (stack, name) in [
        (stack, words.say("site-picture-before", [])),
        (&changed, cure.settings(words)),
    ] {
        variants.push(kept(stack, &clients, name, stop)?);
    }
    let counted = super::text::counted(&finding.threat, count, words);
    let facts = [("count", &counted[..]), ("what", &finding.what)];
    let told = words.tell("site-picture-told", &facts);
    let manifest = Manifest {
        schema: SCHEMA,
        scenario: "site".to_owned(),
        question: told.clone(),
        engine: "sim".to_owned(),
        variants: (variants.iter())
            .map(|one| one.plan.variant.clone())
            .collect(),
        ..Manifest::default()
    };
    let run = RunData {
        manifest,
        scenario_toml: String::new(),
        variants,
    };
    Ok(Some(Pictures { told, run }))
}

/// The first that breaks and has a cure, and the best of its cures.
fn first_cured(answer: &Answer) -> Option<(&Finding, &Cure)> {
    answer.findings.iter().find_map(|finding| {
        let cure = answer
            .cures
            .iter()
            .find(|cure| cure.threat == finding.threat)?;
        Some((finding, cure))
    })
}

fn kept(
    stack: &Stack,
    clients: &Clients,
    name: String,
    stop: Stop<'_>,
) -> Result<VariantData, StackError> {
    let mut plan = stack.plan(&clients.toml, clients.times, 1)?;
    plan.variant = name;
    let rows = keep(&plan, stack.cpus, stop)?;
    Ok(VariantData::of_kept(plan, rows))
}
