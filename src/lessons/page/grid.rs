//! Everything that a page answers with, computed before it is written: the run, and every attempt at the repair that a lesson allows.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::lessons::{
    Answer, Folder, Lesson, PlayError, Played, Series, Truth, mend, plan, rows, truth, value,
};
use crate::report::abreast::abreast;
use crate::report::data::RunData;
use crate::report::words::Words;

/// What the run says.
pub(super) struct Answers {
    /// To each question.
    pub(super) truths: Vec<Told>,
    /// The lesson's numbers: label and text.
    pub(super) rows: Vec<(String, String)>,
    /// The curves of the variant that is looked at.
    pub(super) series: Series,
    /// How long the run is planned to take.
    pub(super) span_s: f64,
    /// Its rows, of every variant: whose worker was where.
    pub(super) run: RunData,
}

/// A truth as a page has it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    Choice(usize),
    Number { value: f64, text: String },
    Line(Vec<f64>),
}

/// What comes of an attempt.
#[derive(Serialize)]
pub(super) struct Attempt {
    holds: bool,
    measured: String,
    prices: Vec<(String, String)>,
    says: Option<String>,
    series: Series,
}

/// Plays the run.
///
/// # Errors
/// A run that cannot be played, or does not answer.
pub(super) fn answers(lesson: &Lesson, folder: &Folder) -> Result<Answers, PlayError> {
    let run = &lesson.run;
    let plan = plan(run, &run.variants, folder, &[])?;
    let kept = rows(&plan)?;
    let played = Played::of(&kept);
    let told = |question| -> Result<Told, PlayError> {
        Ok(match truth(question, &played, (run, folder))? {
            Truth::Choice(index) => Told::Choice(index),
            Truth::Number { value, text } => Told::Number { value, text },
            Truth::Line(values) => Told::Line(values),
        })
    };
    let truths: Result<Vec<Told>, PlayError> = lesson.predict.question.iter().map(told).collect();
    let row = |row: &crate::lessons::Row| -> Result<(String, String), PlayError> {
        Ok((row.label.clone(), value(&played.summary, &row.of)?.text))
    };
    let numbers: Result<Vec<(String, String)>, PlayError> =
        lesson.reveal.row.iter().map(row).collect();
    let first = plan.variants.first();
    Ok(Answers {
        truths: truths?,
        rows: numbers?,
        series: first.map_or_else(Series::default, |first| {
            series(&played, &first.plan.variant)
        }),
        span_s: first.map_or(0.0, |first| first.plan.duration.as_secs_f64()),
        run: kept,
    })
}

/// A variant's curves, to three digits: a page carries hundreds of them.
fn series(played: &Played, variant: &str) -> Series {
    let mut series = played.series.get(variant).cloned().unwrap_or_default();
    for value in series.curves.values_mut().flatten() {
        *value = value.round();
    }
    series
}

/// Every attempt that is allowed, by the places of its values: `0,1,0`. One that cannot be played is left out.
pub(super) fn grid(
    lesson: &Lesson,
    folder: &Folder,
    words: &'static Words,
) -> BTreeMap<String, Attempt> {
    let knobs = &lesson.fix.knob;
    let mut points: Vec<Vec<usize>> = vec![Vec::new()];
    for knob in knobs {
        points = (points.iter())
            .flat_map(|point| {
                (0..knob.values.len()).map(move |index| [point.as_slice(), &[index]].concat())
            })
            .collect();
    }
    let is_turned = |point: &[usize]| {
        let turned = point.iter().zip(knobs);
        let turned = turned.filter(|(index, knob)| knob.values[**index] != knob.now);
        turned.count()
    };
    points.retain(|point| is_turned(point) <= lesson.fix.most);
    let played = abreast(&points, |point| {
        let chosen = point.iter().zip(knobs);
        let set: Vec<String> = chosen
            .map(|(index, knob)| format!("{}={}", knob.key, knob.values[*index]))
            .collect();
        let mended = mend(lesson, folder, &set, words).ok()?;
        Some(Attempt {
            series: series(&mended.played, crate::plan::BASELINE),
            holds: mended.holds,
            measured: mended.measured,
            prices: mended.prices,
            says: mended.says,
        })
    });
    let keyed = points.iter().zip(played).filter_map(|(point, attempt)| {
        let key: Vec<String> = point.iter().map(usize::to_string).collect();
        Some((key.join(","), attempt?))
    });
    keyed.collect()
}

/// The kind of a question, as the page's script calls it.
pub(super) const fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Choice(_) => "choice",
        Answer::Number(_) | Answer::Limit(_) => "number",
        Answer::Line(_) => "line",
    }
}
