//! Predictions: asked one after another, and locked when all are there.

use super::page::Page;
use crate::lessons::{Answer, Guess, Lesson, POINTS, Question};
use crate::units::trimmed;

/// Asks every question until it has an answer.
///
/// # Errors
/// The input ends.
pub(super) fn all(lesson: &Lesson, span_s: f64, page: &mut Page<'_>) -> anyhow::Result<Vec<Guess>> {
    let mut guesses = Vec::new();
    for (number, question) in (1..).zip(&lesson.predict.question) {
        page.say(&format!("{number}. {}", question.ask))?;
        guesses.push(one(question, span_s, page)?);
        writeln!(page.out)?;
    }
    page.tell("lesson-locked", &[])?;
    Ok(guesses)
}

/// What a question accepts: from what to what.
pub(super) fn range(answer: &Answer) -> (f64, f64) {
    match answer {
        Answer::Choice(choices) => (1.0, choices.len() as f64),
        Answer::Number(number) => (number.low, number.high),
        Answer::Limit(limit) => (limit.low as f64, limit.high as f64),
        Answer::Line(line) => (0.0, line.high),
    }
}

fn one(question: &Question, span_s: f64, page: &mut Page<'_>) -> anyhow::Result<Guess> {
    if let Answer::Choice(choices) = &question.answer {
        for (number, choice) in (1..).zip(choices) {
            page.indented(&format!("{number}) {}", choice.says))?;
        }
    }
    let (low, high) = range(&question.answer);
    let unit = match &question.answer {
        Answer::Number(number) => number.unit.text(),
        Answer::Line(line) => line.unit.text(),
        Answer::Limit(limit) => &limit.unit,
        Answer::Choice(_) => "",
    };
    let with_unit = |value: f64| format!("{} {unit}", trimmed(value)).trim_end().to_owned();
    let (low_text, high_text) = (with_unit(low), with_unit(high));
    let times: Vec<String> = (0..POINTS)
        .map(|point| trimmed(span_s * point as f64 / (POINTS - 1) as f64))
        .collect();
    let times = format!("{} s", times.join(", "));
    let arguments = [
        ("most", &*high_text),
        ("low", &*low_text),
        ("high", &*high_text),
        ("times", &*times),
    ];
    let (ask, refuse) = match &question.answer {
        Answer::Choice(_) => ("lesson-answer-choice", "lesson-not-a-choice"),
        Answer::Number(_) | Answer::Limit(_) => ("lesson-answer-number", "lesson-not-a-number"),
        Answer::Line(_) => ("lesson-answer-line", "lesson-not-a-line"),
    };
    let prompt = page.words.tell(ask, &arguments);
    loop {
        let text = page.answer(&prompt)?;
        match read(&question.answer, &text, (low, high)) {
            Some(guess) => return Ok(guess),
            None => page.tell(refuse, &arguments)?,
        }
    }
}

/// A guess, if it is one: within the range, with or without its unit.
fn read(answer: &Answer, text: &str, (low, high): (f64, f64)) -> Option<Guess> {
    let number = |text: &str| {
        let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
        let value: f64 = digits.trim().parse().ok()?;
        (low <= value && value <= high).then_some(value)
    };
    match answer {
        Answer::Choice(choices) => {
            let picked: usize = text.parse().ok()?;
            (1..=choices.len())
                .contains(&picked)
                .then(|| Guess::Choice(picked - 1))
        }
        Answer::Number(_) | Answer::Limit(_) => Some(Guess::Number(number(text)?)),
        Answer::Line(_) => {
            let values = text.split([' ', ',']).filter(|word| !word.is_empty());
            let values: Option<Vec<f64>> = values.map(number).collect();
            values
                .filter(|values| values.len() == POINTS)
                .map(Guess::Line)
        }
    }
}
