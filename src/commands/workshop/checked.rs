//! `slowlab workshop --check`: what is wrong with lessons, and whether everything that they claim is so.

use std::io::Write as _;

use crate::commands::finish::talk;
use crate::error::Exit;
use crate::lessons::{self, Folder, Mistakes};
use crate::report::words::{Language, Words};

/// Reads, checks and plays everything in every language that there is.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn all(shelf: &[Folder], words: &Words) -> anyhow::Result<Exit> {
    let mut out = anstream::stdout();
    let mut faulty = 0_u32;
    for folder in shelf {
        let mut spoken = folder.languages();
        if spoken.is_empty() {
            // Which says what is missing.
            spoken.push(Language::English);
        }
        let wrong = spoken
            .into_iter()
            .filter_map(|language| look(folder, language).err());
        let wrong: Vec<String> = wrong.map(|mistakes| mistakes.to_string()).collect();
        if wrong.is_empty() {
            let fine = words.tell("lesson-fine", &[("lesson", &folder.name)]);
            writeln!(out, "{fine}")?;
        } else {
            faulty += 1;
            writeln!(out, "{}", wrong.join("\n"))?;
        }
    }
    if faulty == 0 {
        return Ok(Exit::Held);
    }
    let count = faulty.to_string();
    talk(&words.tell("lesson-faults", &[("count", &count)]));
    Ok(Exit::Failed)
}

fn look(folder: &Folder, language: Language) -> Result<(), Mistakes> {
    let lesson = folder.lesson(language)?;
    lessons::check(&lesson, folder)?;
    lessons::prove(&lesson, folder)
}
