//! `slowlab list`: the built-in scenarios and their questions.

use std::io::Write as _;

use super::show::wrapped;
use crate::error::Exit;
use crate::scenario;

/// Prints one line per scenario: name and question.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn run() -> anyhow::Result<Exit> {
    let mut out = anstream::stdout();
    let names = scenario::embedded().iter().map(|(name, _)| name.len());
    let width = names.max().unwrap_or(0) + 2;
    for (name, text) in scenario::embedded() {
        let scenario = scenario::load_text(name, name, text, &[]).expect("a test loads each one");
        let indent = " ".repeat(width);
        let question = wrapped(&scenario.question, &indent);
        writeln!(out, "{name:width$}{}", question.trim_start())?;
    }
    Ok(Exit::Held)
}
