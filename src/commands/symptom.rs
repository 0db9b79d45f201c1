//! `slowlab symptom`: what a line of a log, a status or a complaint means, which scenario shows it, and what cures it.

use std::io::Write as _;

use super::show::PLAIN_WIDTH;
use crate::cli::SpeechArgs;
use crate::error::{Exit, Refusal};
use crate::report::symptoms::{self, Symptom};
use crate::report::words::Words;

/// Prints the likeliest symptom and names the others, or all of them where nothing is asked.
///
/// # Errors
/// Words by which no symptom is known; those of writing to standard output.
pub(super) fn run(question: &[String], speech: SpeechArgs) -> anyhow::Result<Exit> {
    let words = speech.shown();
    let text = match question {
        [] => format!(
            "{}\n{}\n",
            symptoms::index(words, width().unwrap_or(usize::MAX)),
            words.say("symptom-index", [])
        ),
        question => answer(&question.join(" "), words)?,
    };
    anstream::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Held)
}

/// Columns of a terminal; where there is none, lines stay whole for those who search them.
fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col))
}

fn answer(question: &str, words: &Words) -> Result<String, Refusal> {
    let found = match Symptom::named(question) {
        Some(symptom) => vec![symptom],
        None => symptoms::search(question),
    };
    let Some((first, others)) = found.split_first() else {
        return Err(Refusal::usage(words.say("symptom-none", [])));
    };
    let mut text = symptoms::entry(first, words, width().unwrap_or(PLAIN_WIDTH));
    if !others.is_empty() {
        text.push_str(&format!("\n{}\n", words.say("symptom-others", [])));
    }
    let whole = width().unwrap_or(usize::MAX);
    text.push_str(&symptoms::others(others, words, whole));
    Ok(text)
}
