//! Predictions: what was guessed, what the run says, and how near they are.

use super::blocks::{Answer, Limit, Question, Run};
use super::folder::Folder;
use super::play::{PlayError, Played, plan, play, value};
use super::series::Series;
use crate::bisection::{neighbours, turn};
use crate::expect;
use crate::plan::Expectation;
use crate::record::summary::{Summary, Verdict};
use crate::report::words::Words;

/// Points of a curve that is drawn: the beginning of the run, its eighths, its end.
pub const POINTS: usize = 9;
/// A number this near the truth is right: nobody guesses to the last request.
pub(super) const RIGHT_WITHIN: f64 = 0.2;
/// And this near it is close.
pub(super) const CLOSE_WITHIN: f64 = 0.6;

/// What somebody thinks.
#[derive(Clone, PartialEq, Debug)]
pub enum Guess {
    /// Which of the choices, from 0.
    Choice(usize),
    /// A number, in the question's unit.
    Number(f64),
    /// A curve, at [`POINTS`] instants.
    Line(Vec<f64>),
}

/// What the run says.
#[derive(Clone, PartialEq, Debug)]
pub enum Truth {
    /// Which of the choices, from 0.
    Choice(usize),
    /// A number in the question's unit, and as people write it.
    Number {
        /// In the question's unit.
        value: f64,
        /// With its unit.
        text: String,
    },
    /// A curve, at [`POINTS`] instants.
    Line(Vec<f64>),
}

/// How near a guess is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grade {
    /// Nowhere near: where one learns most.
    Far,
    /// Close.
    Close,
    /// Right.
    Right,
}

impl Grade {
    /// For messages.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Far => "far",
            Grade::Close => "close",
            Grade::Right => "right",
        }
    }
}

/// What the run answers to a question.
///
/// # Errors
/// Numbers that were not measured; choices of which not exactly one holds; a limit that is not reached.
pub fn truth(
    question: &Question,
    played: &Played,
    (run, folder): (&Run, &Folder),
) -> Result<Truth, PlayError> {
    match &question.answer {
        Answer::Choice(choices) => {
            let holds = |when: &str| holds(when, &played.summary).0 == Verdict::Held;
            let right: Vec<usize> = (0..choices.len())
                .filter(|index| holds(&choices[*index].when))
                .collect();
            match right[..] {
                [one] => Ok(Truth::Choice(one)),
                _ => Err(PlayError::NoNumber(format!(
                    "of the choices of `{}` {} hold, not one",
                    question.id,
                    right.len()
                ))),
            }
        }
        Answer::Number(number) => {
            let measured = value(&played.summary, &number.of)?;
            Ok(Truth::Number {
                value: measured.value / number.unit.size(),
                text: measured.text,
            })
        }
        Answer::Limit(limit) => {
            let found = smallest(limit, run, folder)?;
            Ok(Truth::Number {
                value: found as f64,
                text: format!("{found} {}", limit.unit).trim_end().to_owned(),
            })
        }
        Answer::Line(line) => {
            let first = run
                .variants
                .first()
                .map_or(expect::BASELINE, String::as_str);
            let series = played.series.get(first);
            let series =
                series.ok_or_else(|| PlayError::NoNumber(format!("`{first}` was not played")))?;
            let mut points = points(series, line.of);
            points
                .iter_mut()
                .for_each(|value| *value /= line.unit.size());
            Ok(Truth::Line(points))
        }
    }
}

/// A curve at the instants at which it is guessed: the planned time of the run is 60 steps.
fn points(series: &Series, of: super::series::Curve) -> Vec<f64> {
    let values = series.curves.get(&of).map_or(&[][..], Vec::as_slice);
    let at = |point: usize| {
        let index = point * 60 / (POINTS - 1);
        let nearest = index.min(values.len().saturating_sub(1));
        values.get(nearest).copied().unwrap_or(0.0)
    };
    (0..POINTS).map(at).collect()
}

/// The smallest value at which the condition holds; that more of the key never mends is taken for granted.
fn smallest(limit: &Limit, run: &Run, folder: &Folder) -> Result<u64, PlayError> {
    let holds_at = |n: u64| -> Result<bool, PlayError> {
        let set = [format!("{}={n}{}", limit.vary, limit.unit)];
        let plan = plan(run, &run.variants, folder, &set)?;
        let summary = play(&plan)?.summary;
        Ok(holds(&limit.until, &summary).0 == Verdict::Held)
    };
    let (low, high) = (limit.low, limit.high);
    if holds_at(low)? {
        return Ok(low);
    }
    if !holds_at(high)? {
        return Err(PlayError::NoNumber(format!(
            "`{}` does not come to hold up to {} = {high}",
            limit.until, limit.vary
        )));
    }
    Ok(turn((low, high), neighbours, &mut |n| holds_at(n))?.1)
}

/// Whether a condition holds in a run, and what was measured, in English.
pub(super) fn holds(that: &str, summary: &Summary) -> (Verdict, String) {
    holds_in(
        that,
        summary,
        Words::of(crate::report::words::Language::English),
    )
}

/// The same in a reader's words.
pub(super) fn holds_in(that: &str, summary: &Summary, words: &Words) -> (Verdict, String) {
    let expectation = Expectation {
        claim: String::new(),
        that: that.to_owned(),
    };
    let judged = expect::judge(
        &[expectation],
        summary,
        &std::collections::BTreeMap::new(),
        &words.speech(),
    );
    let judged = judged.into_iter().next();
    judged.map_or((Verdict::Undecided, String::new()), |one| {
        (one.verdict, one.measured)
    })
}

/// How near a guess is to the truth. `range` is from what to what could be guessed.
pub fn grade(guess: &Guess, truth: &Truth, range: (f64, f64)) -> Grade {
    match (guess, truth) {
        (Guess::Choice(guess), Truth::Choice(right)) if guess == right => Grade::Right,
        (Guess::Number(guess), Truth::Number { value, .. }) => {
            // Near nothing a share of the truth is nothing: then it is one of the range.
            let scale = value.abs().max((range.1 - range.0).abs() / 20.0);
            graded((guess - value).abs() / scale.max(f64::MIN_POSITIVE))
        }
        (Guess::Line(guess), Truth::Line(right)) if guess.len() == right.len() => {
            let scale = right.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            let off: f64 = guess.iter().zip(right).map(|(a, b)| (a - b).abs()).sum();
            // Who draws nothing is not close to a curve that stays low for long.
            let nothing: f64 = right.iter().map(|value| value.abs()).sum();
            match graded(off / right.len() as f64 / scale) {
                Grade::Close if off >= nothing => Grade::Far,
                grade => grade,
            }
        }
        _ => Grade::Far,
    }
}

fn graded(off: f64) -> Grade {
    match off {
        _ if off <= RIGHT_WITHIN => Grade::Right,
        _ if off <= CLOSE_WITHIN => Grade::Close,
        _ => Grade::Far,
    }
}
