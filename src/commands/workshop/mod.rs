//! `slowlab workshop`: the lessons.

mod ask;
mod browser;
mod checked;
mod mending;
mod page;
mod reveal;
mod shelf;
mod terminal;

pub(super) use shelf::all as shelf;

use std::io::{IsTerminal as _, Write as _};

use super::finish::talk;
use crate::cli::WorkshopArgs;
use crate::error::{Exit, Refusal};
use crate::lessons::{self, Folder};
use crate::report::words::Words;

/// Plays, lists or checks lessons.
///
/// # Errors
/// Lessons that cannot be read, or are wrong; a name that is none; those of writing to standard output.
pub(super) fn run(args: &WorkshopArgs) -> anyhow::Result<Exit> {
    let words = args.speech.shown();
    let shelf = shelf(args.lessons.as_deref())?;
    match &args.terminal {
        _ if args.check => checked::all(&shelf, words),
        Some(name) => {
            let folder = find(&shelf, name, words)?;
            let lesson = folder.lesson(words.language()).map_err(Refusal::usage)?;
            lessons::check(&lesson, folder).map_err(Refusal::usage)?;
            let page = page::Page {
                is_read_from_a_pipe: !std::io::stdin().is_terminal(),
                input: &mut std::io::stdin().lock(),
                out: &mut anstream::stdout(),
                words,
            };
            terminal::play((&lesson, folder), args.lab, page)
        }
        None if args.list => list(&shelf, words),
        None => browser::serve(args, shelf, words),
    }
}

/// The lesson of a number or a name; a teacher's own before ours.
pub(super) fn find<'a>(
    shelf: &'a [Folder],
    name: &str,
    words: &Words,
) -> Result<&'a Folder, Refusal> {
    let number: Option<u32> = name.parse().ok();
    let mut found = shelf.iter().rev().filter(|folder| {
        folder.name == name || number.is_some_and(|number| folder.number() == number)
    });
    found
        .next()
        .ok_or_else(|| Refusal::usage(words.tell("lesson-none", &[("name", name)])))
}

fn list(shelf: &[Folder], words: &Words) -> anyhow::Result<Exit> {
    let mut out = anstream::stdout();
    writeln!(out, "{}", words.say("lesson-list", []))?;
    for folder in shelf {
        let lesson = folder.lesson(words.language()).map_err(Refusal::usage)?;
        let minutes = lesson.minutes().to_string();
        let minutes = words.tell("lesson-minutes", &[("minutes", &minutes)]);
        let (number, title) = (lesson.number(), &lesson.title);
        writeln!(out, "{number:>4}  {title} ({minutes})")?;
    }
    for path in lessons::paths() {
        writeln!(out, "\n{}", course(&path, shelf, words)?)?;
    }
    talk(&words.say("lesson-start", []));
    Ok(Exit::Held)
}

/// A course in a line: its title, its minutes, its lessons' numbers.
fn course(path: &lessons::Path, shelf: &[Folder], words: &Words) -> Result<String, Refusal> {
    let mut minutes = 0;
    let mut numbers = Vec::new();
    for name in &path.lessons {
        let folder = find(shelf, name, words)?;
        let lesson = folder.lesson(words.language()).map_err(Refusal::usage)?;
        minutes += lesson.minutes();
        numbers.push(lesson.number().to_string());
    }
    let (minutes, numbers) = (minutes.to_string(), numbers.join(" · "));
    let title = path.title(words.language());
    let arguments = [
        ("title", title),
        ("minutes", &*minutes),
        ("lessons", &*numbers),
    ];
    Ok(words.tell("lesson-course", &arguments))
}

#[cfg(test)]
mod tests;
