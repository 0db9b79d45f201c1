//! `slowlab list`: the built-in scenarios and their questions, or the metrics that conditions can name.

use std::io::Write as _;

use super::show::PLAIN_WIDTH;
use crate::cli::SpeechArgs;
use crate::error::Exit;
use crate::report::human;
use crate::{metrics, scenario};

/// Prints one line per scenario: name, `(sim)` if only that engine can play it, and question.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn run(speech: SpeechArgs) -> anyhow::Result<Exit> {
    let language = speech.shown().language().code();
    let mut out = anstream::stdout();
    let load = |(name, text): &(&str, &str)| {
        let scenario = scenario::load_text(name, name, text, &[]).expect("a test loads each one");
        let mark = if scenario.is_for_sim_only() {
            " (sim)"
        } else {
            ""
        };
        (format!("{name}{mark}"), scenario)
    };
    let scenarios: Vec<_> = scenario::embedded().iter().map(load).collect();
    let widths = scenarios.iter().map(|(name, _)| name.len());
    let width = widths.max().unwrap_or(0) + 2;
    let columns = rustix::termios::tcgetwinsize(std::io::stdout())
        .map_or(PLAIN_WIDTH, |size| usize::from(size.ws_col));
    for (name, scenario) in scenarios {
        let indent = " ".repeat(width);
        let own = scenario
            .words
            .get(language)
            .and_then(|own| own.question.as_ref());
        let question = own.unwrap_or(&scenario.question);
        let question = human::wrapped(columns.max(PLAIN_WIDTH), question, &indent);
        writeln!(out, "{name:width$}{}", question.trim_start())?;
    }
    Ok(Exit::Held)
}

/// Prints the table of metrics.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn metrics() -> anyhow::Result<Exit> {
    let mut out = anstream::stdout();
    let columns = rustix::termios::tcgetwinsize(std::io::stdout());
    let columns = columns.ok().map(|size| usize::from(size.ws_col));
    out.write_all(metrics::text(columns).as_bytes())?;
    Ok(Exit::Held)
}
