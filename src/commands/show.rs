//! `slowlab show NAME`: the scenario's text and what each variant changes. What is claimed, and what arithmetic and simulation predict,
//! is the answer to its question: that is given to who asks for it (`--predict`), so that everybody else can think first.

use std::io::{self, Write};

use super::{engine, load, simulate};
use crate::cli::{Engine, SpeechArgs};
use crate::error::Exit;
use crate::plan::{self, Choices, Claim, Plan, RunPlan};
use crate::record::Outcome;
use crate::record::summary::GroupSummary;
use crate::report::words::Words;
use crate::report::{human, predicted};
use crate::sim;
use crate::tier::Tier;

/// Events that a prediction may take: some seconds.
const PATIENCE_EVENTS: u64 = 10_000_000;
/// Columns of a plain terminal, and of what is no terminal.
pub(super) const PLAIN_WIDTH: usize = 80;

/// Shows one scenario.
///
/// # Errors
/// Everything that is wrong with it; those of writing to standard output.
pub(super) fn run(name: &str, predict: bool, speech: SpeechArgs) -> anyhow::Result<Exit> {
    let words = speech.shown();
    let run = load::run_plan(name, &[], None, &[], words)?;
    let language = words.language().code();
    let mut out = anstream::stdout();
    writeln!(
        out,
        "# {}\n{}",
        run.scenario,
        wrapped(run.question_in(language), "# ")
    )?;
    for incident in &run.incidents {
        let incident = words.tell("show-reproduces", &[("incident", &incident.to_string())]);
        writeln!(out, "# {incident}")?;
    }
    writeln!(out, "\n{}\n", without_answers(&run.source).trim_end())?;
    variants(&mut out, &run, words)?;
    if predict {
        expectations(&mut out, &run, words)?;
        predictions(&mut out, &run, words)?;
    } else {
        let text = words.tell("show-what-will-happen", &[("name", name)]);
        writeln!(out, "{}", wrapped(&text, "# "))?;
    }
    Ok(Exit::Held)
}

/// A scenario's text without its `[[expect]]` tables, their words in other languages, and the comments above them.
fn without_answers(source: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut is_answer = false;
    for line in source.lines() {
        let start = line.trim_start();
        if start.starts_with("[[expect]]") || start.starts_with("[words.") {
            is_answer = true;
            while kept.last().is_some_and(|above| above.starts_with('#')) {
                kept.pop();
            }
        } else if start.starts_with('[') {
            is_answer = false;
        }
        if !is_answer {
            kept.push(line);
        }
    }
    kept.join("\n")
}

fn heading(out: &mut dyn Write, message: &str, words: &Words) -> io::Result<()> {
    writeln!(out, "# {}", words.say(message, []))
}

fn variants(out: &mut dyn Write, run: &RunPlan, words: &Words) -> io::Result<()> {
    heading(out, "show-variants", words)?;
    for variant in &run.variants {
        writeln!(out, "{}", variant.plan.variant)?;
        if let Some(stack) = stack(&variant.plan, words) {
            writeln!(out, "{}", wrapped(&stack, "  "))?;
        }
        let language = words.language().code();
        let why = run.why_in(language, &variant.plan.variant, &variant.why);
        writeln!(out, "{}", wrapped(why, "  "))?;
        for knob in &variant.knobs {
            writeln!(out, "  * {knob}")?;
        }
    }
    writeln!(out)
}

/// What stands before the workers, where that is more than one proxy.
fn stack(plan: &Plan, words: &Words) -> Option<String> {
    let tiers = plan.tiers();
    let fronts = tiers.first()?.config.instances;
    if tiers.len() == 1 && fronts <= 1 {
        return None;
    }
    let instances = |tier| {
        let of = tiers.iter().find(|of| of.tier == tier);
        of.map_or(0, |of| of.config.instances)
    };
    let said = [
        ("edges", instances(Tier::Edge).into()),
        ("proxies", instances(Tier::Proxy).into()),
        ("workers", plan.backend.workers.into()),
        ("fronts", fronts.into()),
    ];
    Some(words.say("show-stack", said))
}

fn expectations(out: &mut dyn Write, run: &RunPlan, words: &Words) -> io::Result<()> {
    heading(out, "show-expectations", words)?;
    for (place, expectation) in run.expectations.iter().enumerate() {
        let claim = run.claim_in(words.language().code(), place, &expectation.claim);
        writeln!(out, "{}", wrapped(claim, "  "))?;
        writeln!(out, "      {}", expectation.that)?;
    }
    writeln!(out)
}

/// Prints what arithmetic expects of each variant; one that it expects nothing new of is named with its twin.
pub(super) fn predictions(out: &mut dyn Write, run: &RunPlan, words: &Words) -> io::Result<()> {
    heading(out, "predicted-title", words)?;
    let limits = words.say("predicted-limits", []);
    writeln!(out, "{}", wrapped(&limits, "# "))?;
    let mut said: Vec<(&str, Vec<Claim>)> = Vec::new();
    for variant in &run.variants {
        let name = &variant.plan.variant;
        let claims = plan::predict(&variant.plan).claims().to_vec();
        if let Some((twin, _)) = said.iter().find(|(_, other)| *other == claims) {
            let twin = words.tell("predicted-twin", &[("variant", twin)]);
            writeln!(out, "{name}: {twin}")?;
            continue;
        }
        writeln!(out, "{name}:")?;
        for line in predicted::lines(&claims, words) {
            writeln!(out, "  {line}")?;
        }
        said.push((name, claims));
    }
    simulated(out, run, words)
}

/// Prints what the sim engine sees happen in each variant.
pub(super) fn simulated(out: &mut dyn Write, run: &RunPlan, words: &Words) -> io::Result<()> {
    writeln!(out)?;
    heading(out, "predicted-simulated", words)?;
    let limits = words.say("predicted-simulated-limits", []);
    writeln!(out, "{}", wrapped(&limits, "# "))?;
    if let Some(engine::Unplayable { key, .. }) = engine::unplayable(Engine::Sim, run) {
        let text = words.tell("predicted-sockets-only", &[("key", &key)]);
        return writeln!(out, "{text}");
    }
    let Some(summary) = simulate::summary_within(run, sim::Options::default(), PATIENCE_EVENTS)
    else {
        return writeln!(out, "{}", words.say("predicted-too-long", []));
    };
    for variant in &summary.variants {
        writeln!(out, "{}:", variant.name)?;
        for group in &variant.groups {
            writeln!(out, "  {}", told(group, words))?;
        }
    }
    Ok(())
}

/// A group's fate in a line: `visitors: 70 x 200, 112 x 504; p50 1.00 s, p99 1.00 s; hold 5.05 ms`.
fn told(group: &GroupSummary, words: &Words) -> String {
    let mut fates = Vec::new();
    for (status, count) in &group.status {
        fates.push(format!("{count} x {status}"));
    }
    // Where each has a status, what came of it beside is no further request.
    let is_part = group.status.values().sum::<u64>() == group.requests;
    for (outcome, count) in &group.outcomes {
        if *count > 0 && *outcome != Outcome::Complete {
            let name = words.say(&format!("outcome-{}", outcome.name()), []);
            let said = [
                ("count", (*count).into()),
                ("is_part", if is_part { "yes" } else { "no" }.into()),
                ("outcome", name.into()),
            ];
            fates.push(words.say("predicted-outcome", said));
        }
    }
    let latency = &group.latency_us;
    let times = [("p50", latency.p50), ("p99", latency.p99)];
    let mut known: Vec<String> = times
        .iter()
        .filter_map(|(name, us)| Some(format!("{name} {}", human::micros((*us)?))))
        .collect();
    if latency.p99.is_none() {
        known.extend(latency.max.map(|us| format!("max {}", human::micros(us))));
    }
    let held = group.hold_us.p50.or(group.hold_us.max).map(human::micros);
    let held = held.map(|held| words.tell("predicted-held", &[("hold", &held)]));
    let parts = [fates.join(", "), known.join(", ")];
    let parts = parts
        .into_iter()
        .chain(held)
        .filter(|part| !part.is_empty());
    format!("{}: {}", group.name, parts.collect::<Vec<_>>().join("; "))
}

/// The plan of a scenario as it stands in its file.
pub(super) fn plain_plan(scenario: &crate::scenario::Scenario) -> RunPlan {
    plan::build(scenario, &Choices::default()).expect("no variant is asked for by name")
}

/// Text broken at spaces into lines of at most 80 columns, each behind `indent`.
pub(super) fn wrapped(text: &str, indent: &str) -> String {
    human::wrapped(PLAIN_WIDTH, text, indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_loses_its_answers_and_nothing_else() {
        let source = "a = 1\n# Claims\n[[expect]]\nclaim = \"c\"\nthat = \"t\"\n\n[[expect]]\nclaim = \"d\"\n[[act]]\nat = \"1s\"";
        assert_eq!(without_answers(source), "a = 1\n[[act]]\nat = \"1s\"");
    }

    #[test]
    fn text_is_broken_at_eighty_columns() {
        let text = wrapped(&"slow clients ".repeat(30), "  ");
        assert!(text.lines().count() > 4);
        assert!(
            text.lines()
                .all(|line| line.len() <= PLAIN_WIDTH && line.starts_with("  "))
        );
        assert_eq!(wrapped("short", "# "), "# short");
    }
}
