//! `slowlab show NAME`: the scenario's text and what each variant changes. What is claimed, and what arithmetic and simulation predict,
//! is the answer to its question: that is given to who asks for it (`--predict`), so that everybody else can think first.

use std::io::{self, Write};

use super::{engine, load, simulate};
use crate::cli::{Engine, SpeechArgs};
use crate::error::Exit;
use crate::plan::{self, Choices, Plan, RunPlan};
use crate::record::Outcome;
use crate::record::summary::GroupSummary;
use crate::report::human;
use crate::sim;
use crate::tier::Tier;
use crate::units::counted;

/// Events that a prediction may take: some seconds.
const PATIENCE_EVENTS: u64 = 10_000_000;
/// Columns of a plain terminal, and of what is no terminal.
pub(super) const PLAIN_WIDTH: usize = 80;

/// Shows one scenario.
///
/// # Errors
/// Everything that is wrong with it; those of writing to standard output.
pub(super) fn run(name: &str, predict: bool, speech: SpeechArgs) -> anyhow::Result<Exit> {
    let run = load::run_plan(name, &[], None, &[], speech.shown())?;
    let language = speech.shown().language().code();
    let mut out = anstream::stdout();
    writeln!(
        out,
        "# {}\n{}",
        run.scenario,
        wrapped(run.question_in(language), "# ")
    )?;
    for incident in &run.incidents {
        writeln!(out, "# reproduces {incident}")?;
    }
    writeln!(out, "\n{}\n", without_answers(&run.source).trim_end())?;
    variants(&mut out, &run, language)?;
    if predict {
        expectations(&mut out, &run, language)?;
        predictions(&mut out, &run)?;
    } else {
        let text = format!(
            "What will happen? `slowlab show {name} --predict` has what is claimed and what arithmetic and simulation say; \
             `slowlab run {name}` shows it."
        );
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

fn variants(out: &mut dyn Write, run: &RunPlan, language: &str) -> io::Result<()> {
    writeln!(out, "# Variants")?;
    for variant in &run.variants {
        writeln!(out, "{}", variant.plan.variant)?;
        if let Some(stack) = stack(&variant.plan) {
            writeln!(out, "{}", wrapped(&stack, "  "))?;
        }
        let why = run.why_in(language, &variant.plan.variant, &variant.why);
        writeln!(out, "{}", wrapped(why, "  "))?;
        for knob in &variant.knobs {
            writeln!(out, "  * {knob}")?;
        }
    }
    writeln!(out)
}

/// What stands before the workers, where that is more than one proxy.
fn stack(plan: &Plan) -> Option<String> {
    let tiers = plan.tiers();
    let front = tiers.first()?.config;
    let several = tiers.iter().any(|of| of.config.instances > 1);
    if tiers.len() == 1 && !several {
        return None;
    }
    let parts: Vec<String> = tiers
        .iter()
        .map(|of| match (tiers.len(), of.tier, of.config.instances) {
            (_, Tier::Edge, 1) => "an edge".to_owned(),
            (_, Tier::Edge, n) => format!("{n} edges"),
            (1, _, n) => format!("{n} proxies"),
            (_, _, 1) => "a proxy".to_owned(),
            (_, _, n) => format!("{n} proxies"),
        })
        .collect();
    let stack = format!(
        "{} before {}",
        parts.join(" before "),
        counted(plan.backend.workers.into(), "worker")
    );
    Some(match front.instances {
        0 | 1 => stack,
        n => format!("{stack}; client i of a group goes to proxy i mod {n}"),
    })
}

fn expectations(out: &mut dyn Write, run: &RunPlan, language: &str) -> io::Result<()> {
    writeln!(out, "# Expectations")?;
    for (place, expectation) in run.expectations.iter().enumerate() {
        let claim = run.claim_in(language, place, &expectation.claim);
        writeln!(out, "{}", wrapped(claim, "  "))?;
        writeln!(out, "      {}", expectation.that)?;
    }
    writeln!(out)
}

/// Prints what arithmetic expects of each variant; one that it expects nothing new of is named with its twin.
pub(super) fn predictions(out: &mut dyn Write, run: &RunPlan) -> io::Result<()> {
    writeln!(out, "# Prediction")?;
    let limits = "By arithmetic on mean loads and on the kernel's buffers as measured on Linux 6.18, without a run: \
        holds are good to some 20 %, counts of failures to a factor of two. CPU time, chance and groups that hurt \
        each other in turn are left out.";
    writeln!(out, "{}", wrapped(limits, "# "))?;
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for variant in &run.variants {
        let name = &variant.plan.variant;
        let lines = plan::predict(&variant.plan).lines().to_vec();
        if let Some((twin, _)) = said.iter().find(|(_, other)| *other == lines) {
            writeln!(out, "{name}: as {twin}")?;
            continue;
        }
        writeln!(out, "{name}:")?;
        for line in &lines {
            writeln!(out, "  {line}")?;
        }
        said.push((name.clone(), lines));
    }
    simulated(out, run)
}

/// Prints what the sim engine sees happen in each variant.
pub(super) fn simulated(out: &mut dyn Write, run: &RunPlan) -> io::Result<()> {
    writeln!(out, "\n# Predicted by simulation")?;
    let limits = "The same machines in virtual time over a model of the kernel: against real sockets, holds and counts \
        of failures agree within some 5 %, short latencies lack the machine's own noise.";
    writeln!(out, "{}", wrapped(limits, "# "))?;
    if let Some(engine::Unplayable { key, why, .. }) = engine::unplayable(Engine::Sim, run) {
        return writeln!(
            out,
            "left out: `{key}` is played on real sockets only: {why}"
        );
    }
    let Some(summary) = simulate::summary_within(run, sim::Options::default(), PATIENCE_EVENTS)
    else {
        let text = "left out: it takes more than 10 million events; `slowlab run --engine sim` has the patience";
        return writeln!(out, "{text}");
    };
    for variant in &summary.variants {
        writeln!(out, "{}:", variant.name)?;
        for group in &variant.groups {
            writeln!(out, "  {}", told(group))?;
        }
    }
    Ok(())
}

/// A group's fate in a line: `visitors: 70 x 200, 112 x 504; p50 1.00 s, p99 1.00 s; hold 5.05 ms`.
fn told(group: &GroupSummary) -> String {
    let mut fates = Vec::new();
    for (status, count) in &group.status {
        fates.push(format!("{count} x {status}"));
    }
    // Where each has a status, what came of it beside is no further request.
    let of_them = match group.status.values().sum::<u64>() == group.requests {
        true => "of them ",
        false => "",
    };
    for (outcome, count) in &group.outcomes {
        if *count > 0 && *outcome != Outcome::Complete {
            let outcome = format!("{outcome:?}").to_lowercase();
            fates.push(format!("{count} {of_them}{outcome}"));
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
    let held = group.hold_us.p50.or(group.hold_us.max);
    let held = held.map_or(String::new(), |us| format!("; hold {}", human::micros(us)));
    format!(
        "{}: {}; {}{held}",
        group.name,
        fates.join(", "),
        known.join(", ")
    )
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
