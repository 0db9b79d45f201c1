//! The lessons that there are: ours, and those of a teacher's own folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::Refusal;
use crate::files;
use crate::lessons::{self, Folder};

/// Files of a lesson that are read: words, scenarios, configurations.
const READ: [&str; 4] = ["md", "toml", "conf", "py"];
/// Lessons of a folder, at most: beyond that it is another kind of folder.
const MOST_LESSONS: usize = 200;

/// Ours, and behind them those of `own`; one of the same name is the teacher's.
///
/// # Errors
/// A folder that cannot be read, or has no lesson in it.
pub(in crate::commands) fn all(own: Option<&Path>) -> Result<Vec<Folder>, Refusal> {
    let mut shelf = lessons::embedded();
    let Some(dir) = own else {
        return Ok(shelf);
    };
    let found = folders(dir)?;
    shelf.retain(|ours| !found.iter().any(|theirs| theirs.name == ours.name));
    shelf.extend(found);
    Ok(shelf)
}

fn folders(dir: &Path) -> Result<Vec<Folder>, Refusal> {
    let cannot = |error: std::io::Error| {
        let dir = dir.display();
        Refusal::usage(format!(
            "cannot read `{dir}`: {error}\nhint: `--lessons` takes a folder of lessons, each a folder with an `en.md` or `ko.md`"
        ))
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.join("en.md").is_file() || path.join("ko.md").is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() || paths.len() > MOST_LESSONS {
        let (dir, count) = (dir.display(), paths.len());
        return Err(Refusal::usage(format!(
            "`{dir}` has {count} lessons in it\nhint: a lesson is a folder with an `en.md` or `ko.md`; docs/lessons.md says how to write one"
        )));
    }
    paths.iter().map(|path| folder(path)).collect()
}

fn folder(path: &Path) -> Result<Folder, Refusal> {
    let cannot = |path: &Path, error: std::io::Error| {
        Refusal::usage(format!("cannot read `{}`: {error}", path.display()))
    };
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(path).map_err(|error| cannot(path, error))? {
        let file = entry.map_err(|error| cannot(path, error))?.path();
        let ending = file.extension().unwrap_or_default().to_string_lossy();
        let Some(name) = file.file_name().filter(|_| READ.contains(&&*ending)) else {
            continue;
        };
        let name = name.to_string_lossy().into_owned();
        let text = files::read_text(&file, files::MOST_WRITTEN);
        texts.insert(name, text.map_err(|error| cannot(&file, error))?);
    }
    let name = path.file_name().unwrap_or_default();
    Ok(Folder {
        name: name.to_string_lossy().into_owned(),
        label: path.display().to_string(),
        files: texts,
    })
}
