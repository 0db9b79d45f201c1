//! A lesson in the terminal: story, predictions, the run, the reveal, the repair, the questions.

use std::path::Path;

use super::page::{NoMore, Page};
use super::{ask, mending, reveal};
use crate::cli::{Engine, KernelChoice, ProgramArgs};
use crate::commands::{engine, measure};
use crate::error::{Exit, Refusal};
use crate::lessons::{self, Folder, Kind, Lesson};
use crate::plan::RunPlan;
use crate::record::summary::Summary;

/// Plays it to its end, or to that of the input.
///
/// # Errors
/// A run that cannot be played; those of reading and writing.
pub(super) fn play(
    taught: (&Lesson, &Folder),
    on_sockets: bool,
    mut page: Page<'_>,
) -> anyhow::Result<Exit> {
    match whole(taught, on_sockets, &mut page) {
        Ok(()) => Ok(Exit::Held),
        Err(error) if error.is::<NoMore>() => {
            page.say(&error.to_string())?;
            Ok(Exit::Undecided)
        }
        Err(error) => match error.downcast::<lessons::PlayError>() {
            Ok(error) => Err(Refusal::usage(error).into()),
            Err(error) => Err(error),
        },
    }
}

fn whole(
    (lesson, folder): (&Lesson, &Folder),
    on_sockets: bool,
    page: &mut Page<'_>,
) -> anyhow::Result<()> {
    let run = &lesson.run;
    let plan = lessons::plan(run, &run.variants, folder, &[])?;
    let number = lesson.number().to_string();
    let heading = [("number", &*number), ("title", &lesson.title)];
    let heading = page.words.tell("lesson-heading", &heading);
    page.heading(&heading)?;
    open(lesson, Kind::Story, page)?;
    open(lesson, Kind::Predict, page)?;
    let span_s = plan
        .variants
        .first()
        .map_or(0.0, |first| first.plan.duration.as_secs_f64());
    let guesses = ask::all(lesson, span_s, page)?;
    close(lesson, Kind::Predict, page)?;

    open(lesson, Kind::Run, page)?;
    let lab = match on_sockets {
        true => Some(on_real_sockets(&plan, page)?),
        false => None,
    };
    let played = lessons::play(&plan)?;
    page.tell("lesson-plays", &[("scenario", &run.scenario)])?;
    close(lesson, Kind::Run, page)?;

    open(lesson, Kind::Reveal, page)?;
    let seen = (&played, lab.as_ref());
    let near = reveal::guesses((lesson, folder), &guesses, seen, page)?;
    reveal::rows(lesson, seen, page)?;
    let first = run
        .variants
        .first()
        .and_then(|name| played.series.get(name));
    if let Some(series) = first {
        reveal::curves(lesson.reveal.look_at, series, page)?;
    }
    close(lesson, Kind::Reveal, page)?;

    open(lesson, Kind::Fix, page)?;
    let attempts = mending::attempts((lesson, folder), page)?;
    close(lesson, Kind::Fix, page)?;

    open(lesson, Kind::Quiz, page)?;
    let explained = quiz(lesson, page)?;
    close(lesson, Kind::Quiz, page)?;
    score(lesson, (near, attempts, explained), page)
}

/// A step's heading and what stands before its block.
fn open(lesson: &Lesson, kind: Kind, page: &mut Page<'_>) -> std::io::Result<()> {
    let step = lesson.step(kind);
    page.heading(&step.heading)?;
    page.prose(&step.before)
}

/// What stands after it.
fn close(lesson: &Lesson, kind: Kind, page: &mut Page<'_>) -> std::io::Result<()> {
    let after = &lesson.step(kind).after;
    if !after.is_empty() {
        writeln!(page.out)?;
    }
    page.prose(after)
}

/// The same plan on our proxy and backend; its folder is under `results`, as of every run.
fn on_real_sockets(plan: &RunPlan, page: &mut Page<'_>) -> anyhow::Result<Summary> {
    page.tell("lesson-plays-lab", &[("scenario", &plan.scenario)])?;
    let programs = ProgramArgs::default();
    let ready = engine::ready(
        (Engine::Lab, page.words),
        &programs,
        &KernelChoice::default(),
    )?;
    super::super::interrupt::listen()?;
    super::super::remains::before_a_run(page.words);
    measure::measure(plan, &ready, Path::new("results"))
}

/// How many were right.
fn quiz(lesson: &Lesson, page: &mut Page<'_>) -> anyhow::Result<usize> {
    let mut right = 0;
    for (number, question) in (1..).zip(&lesson.quiz.question) {
        page.say(&format!("{number}. {}", question.ask))?;
        for (number, option) in (1..).zip(&question.options) {
            page.indented(&format!("{number}) {option}"))?;
        }
        let most = question.options.len().to_string();
        let arguments = [("most", &*most)];
        let prompt = page.words.tell("lesson-answer-choice", &arguments);
        let picked = loop {
            let picked = page.answer(&prompt)?.parse::<usize>().unwrap_or(0);
            if (1..=question.options.len()).contains(&picked) {
                break picked;
            }
            page.tell("lesson-not-a-choice", &arguments)?;
        };
        if picked == question.right {
            right += 1;
            page.tell("lesson-quiz-right", &[])?;
        } else {
            let right = &question.options[question.right - 1];
            page.tell("lesson-quiz-wrong", &[("right", right)])?;
        }
        page.indented(&format!("{}\n", question.because))?;
        writeln!(page.out)?;
    }
    Ok(right)
}

fn score(
    lesson: &Lesson,
    (near, attempts, explained): (usize, usize, usize),
    page: &mut Page<'_>,
) -> anyhow::Result<()> {
    let numbers = [
        ("near", near),
        ("asked", lesson.predict.question.len()),
        ("attempts", attempts),
        ("explained", explained),
        ("questions", lesson.quiz.question.len()),
    ];
    let numbers = numbers.map(|(name, number)| (name, number.into()));
    let text = page.words.say("lesson-score", numbers);
    page.say(&text)?;
    Ok(())
}
