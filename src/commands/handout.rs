//! `slowlab handout`: lessons as pages for laptops that have no slowlab.

use std::path::{Path, PathBuf};

use super::finish::talk;
use super::workshop;
use crate::cli::HandoutArgs;
use crate::error::{Exit, Refusal};
use crate::files::Folder as Place;
use crate::lessons::{self, Folder, For};
use crate::report::words::{Language, Words};

/// The word for every lesson.
const ALL: &str = "all";
/// The most bytes of a page: what a mail takes.
const LARGEST: usize = 5 << 20;

/// Writes one page, or a folder of them.
///
/// # Errors
/// A lesson that there is not, or that is wrong; a place that cannot be written to.
pub(super) fn run(args: &HandoutArgs) -> anyhow::Result<Exit> {
    let words = args.speech.shown();
    let shelf = workshop::shelf(args.lessons.as_deref())?;
    let whom = match args.teacher {
        true => For::Teachers,
        false => For::Students,
    };
    if args.lesson != ALL {
        let folder = workshop::find(&shelf, &args.lesson, words)?;
        let html = page(folder, words, whom)?;
        write(&args.to, &html)?;
        return Ok(Exit::Held);
    }
    std::fs::create_dir_all(&args.to).map_err(|error| cannot(&args.to, &error))?;
    for folder in &shelf {
        let spoken = folder.languages().into_iter();
        let asked = spoken.filter(|language| args.speech.lang.is_none_or(|one| one == *language));
        for language in asked {
            let html = page(folder, Words::of(language), whom)?;
            write(&args.to.join(name(folder, language)), &html)?;
        }
    }
    Ok(Exit::Held)
}

/// `02-four-slow-readers.ko.html`.
fn name(folder: &Folder, language: Language) -> String {
    format!("{}.{}.html", folder.name, language.code())
}

fn page(folder: &Folder, words: &'static Words, whom: For) -> anyhow::Result<String> {
    let lesson = folder.lesson(words.language()).map_err(Refusal::usage)?;
    lessons::check(&lesson, folder).map_err(Refusal::usage)?;
    let page = lessons::page(&lesson, folder, whom, Words::of(lesson.language));
    let html = page.map_err(Refusal::usage)?.html;
    if html.len() > LARGEST {
        let (name, size) = (&folder.name, html.len() >> 20);
        let text = format!(
            "the page of `{name}` has {size} MiB, where a handout has at most 5\nhint: fewer values of its knobs, or a shorter run"
        );
        return Err(Refusal::usage(text).into());
    }
    Ok(html)
}

/// Writes a file and says so.
fn write(path: &Path, html: &str) -> Result<(), Refusal> {
    let (dir, name) = (path.parent(), path.file_name());
    let dir = dir.filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let place = Place::open(&dir).map_err(|error| cannot(&dir, &error))?;
    let name = name.map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    place
        .write(&name, html.as_bytes())
        .map_err(|error| cannot(path, &error))?;
    talk(&path.display().to_string());
    Ok(())
}

fn cannot(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::unfit(format!(
        "cannot write `{}`: {error}\nhint: --to names a file for one lesson, a folder for `all`",
        path.display()
    ))
}
