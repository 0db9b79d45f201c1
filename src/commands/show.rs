//! `slowlab show NAME`: the scenario's text, what each variant changes, what is claimed, and what arithmetic predicts.

use std::io::{self, Write};

use super::load;
use crate::error::Exit;
use crate::plan::{self, Choices, RunPlan};

/// Columns of a plain terminal.
const WIDTH: usize = 80;

/// Shows one scenario.
///
/// # Errors
/// Everything that is wrong with it; those of writing to standard output.
pub(super) fn run(name: &str) -> anyhow::Result<Exit> {
    let run = load::run_plan(name, &[], None, &[])?;
    let mut out = anstream::stdout();
    writeln!(out, "# {}\n{}", run.scenario, wrapped(&run.question, "# "))?;
    writeln!(out, "\n{}\n", run.source.trim_end())?;
    variants(&mut out, &run)?;
    expectations(&mut out, &run)?;
    predictions(&mut out, &run)?;
    Ok(Exit::Held)
}

fn variants(out: &mut dyn Write, run: &RunPlan) -> io::Result<()> {
    writeln!(out, "# Variants")?;
    for variant in &run.variants {
        writeln!(out, "{}", variant.plan.variant)?;
        writeln!(out, "{}", wrapped(&variant.why, "  "))?;
        for knob in &variant.knobs {
            writeln!(out, "  * {knob}")?;
        }
    }
    writeln!(out)
}

fn expectations(out: &mut dyn Write, run: &RunPlan) -> io::Result<()> {
    writeln!(out, "# Expectations")?;
    for expectation in &run.expectations {
        writeln!(out, "{}", wrapped(&expectation.claim, "  "))?;
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
    Ok(())
}

/// The plan of a scenario as it stands in its file.
pub(super) fn plain_plan(scenario: &crate::scenario::Scenario) -> RunPlan {
    plan::build(scenario, &Choices::default()).expect("no variant is asked for by name")
}

/// Text broken at spaces into lines of at most 80 columns, each behind `indent`.
pub(super) fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_string()];
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let line = lines.last_mut().expect("it begins with one line");
        let fresh = line.len() == indent.len();
        if !fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{indent}{word}"));
        } else {
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_eighty_columns() {
        let text = wrapped(&"slow clients ".repeat(30), "  ");
        assert!(text.lines().count() > 4);
        assert!(
            text.lines()
                .all(|line| line.len() <= WIDTH && line.starts_with("  "))
        );
        assert_eq!(wrapped("short", "# "), "# short");
    }
}
