//! Everything that a lesson claims, played: what it states of the run, that exactly one choice is right, that its solutions mend and its traps do not.

use super::file::Kind;
use super::folder::Folder;
use super::judge::{holds, truth};
use super::mend::mend;
use super::mistakes::{Mistake, Mistakes};
use super::play::{plan, play, value};
use super::{Lesson, PlayError, Played};
use crate::record::summary::Verdict;
use crate::report::words::Words;

/// Plays it all.
///
/// # Errors
/// What is not as the lesson says, each at its line.
pub fn prove(lesson: &Lesson, folder: &Folder) -> Result<(), Mistakes> {
    let mut wrong = Vec::new();
    let run = &lesson.run;
    let played = plan(run, &run.variants, folder, &[]).and_then(|plan| play(&plan));
    let played = match played {
        Ok(played) => played,
        Err(error) => {
            wrong.push(lesson.mistake(Kind::Run, "scenario", error.to_string()));
            return Mistakes(wrong).unless(());
        }
    };
    wrong.extend(predictions(lesson, &played, folder));
    wrong.extend(rows(lesson, &played));
    wrong.extend(repairs(lesson, folder, &played));
    Mistakes(wrong).unless(())
}

fn predictions<'a>(
    lesson: &'a Lesson,
    played: &'a Played,
    folder: &'a Folder,
) -> impl Iterator<Item = Mistake> + 'a {
    let questions = (1..).zip(&lesson.predict.question);
    questions.filter_map(move |(index, question)| {
        let answer = truth(question, played, (&lesson.run, folder));
        let error = answer.err()?;
        let path = format!("question.{index}.answer");
        Some(lesson.mistake(Kind::Predict, &path, error.to_string()))
    })
}

fn rows<'a>(lesson: &'a Lesson, played: &'a Played) -> impl Iterator<Item = Mistake> + 'a {
    let rows = (1..).zip(&lesson.reveal.row);
    rows.filter_map(move |(index, row)| {
        let what = match value(&played.summary, &row.of) {
            Ok(measured) if measured.text == row.sim => return None,
            Ok(measured) => format!(
                "the simulator says `{}`, the lesson `{}`",
                measured.text, row.sim
            ),
            Err(error) => error.to_string(),
        };
        Some(lesson.mistake(Kind::Reveal, &format!("row.{index}.sim"), what))
    })
}

fn repairs(lesson: &Lesson, folder: &Folder, played: &Played) -> Vec<Mistake> {
    let mut wrong = Vec::new();
    let (fix, words) = (&lesson.fix, Words::of(lesson.language));
    let holds_with =
        |set: &[String]| -> Result<bool, PlayError> { Ok(mend(lesson, folder, set, words)?.holds) };
    let mut hold = |path: String, set: &[String], wanted: bool| {
        let what = match holds_with(set) {
            Ok(holds) if holds == wanted => return,
            Ok(true) => "the condition holds with it".to_owned(),
            Ok(false) => "the condition does not hold with it".to_owned(),
            Err(error) => error.to_string(),
        };
        wrong.push(lesson.mistake(Kind::Fix, &path, what));
    };
    hold("until".to_owned(), &[], false);
    for (index, solution) in (1..).zip(&fix.solution) {
        hold(format!("solution.{index}.set"), &solution.set, true);
    }
    for (index, trap) in (1..).zip(&fix.trap) {
        hold(format!("trap.{index}.set"), &trap.set, false);
    }
    if lesson
        .run
        .variants
        .iter()
        .any(|name| name == crate::plan::BASELINE)
        && holds(&fix.until, &played.summary).0 == Verdict::Undecided
    {
        let what = "it is undecided in the run as it stands".to_owned();
        wrong.push(lesson.mistake(Kind::Fix, "until", what));
    }
    wrong
}
