//! Files that flags name, first of all those that a gate reads (`run --junit`, `--markdown`).

use std::path::{Path, PathBuf};

use crate::cli::RunArgs;
use crate::error::Refusal;
use crate::report::format::{self, Format, Runs};

/// The files that were asked for, and what comes into each.
fn files(args: &RunArgs) -> impl Iterator<Item = (&PathBuf, Format)> {
    let named = [(&args.junit, Format::Junit), (&args.markdown, Format::Md)];
    let named = named.into_iter();
    named.filter_map(|(path, format)| Some((path.as_ref()?, format)))
}

/// Refuses a file that could not be written in the end, before anything is measured for it.
///
/// # Errors
/// The folder is not there, the name is a folder's, or this user may not write there.
pub(super) fn can_be_written(args: &RunArgs) -> Result<(), Refusal> {
    files(args).try_for_each(|(path, _)| may_be_written(path))
}

/// Writes runs into the files.
///
/// # Errors
/// Those of writing them.
pub(super) fn write(args: &RunArgs, runs: Runs<'_>) -> Result<(), Refusal> {
    files(args).try_for_each(|(path, format)| {
        write_to(path, &format::render(runs, format, args.work.speech.kept()))
    })
}

/// Writes a file that a flag names.
///
/// # Errors
/// Those of writing it.
pub(super) fn write_to(path: &Path, text: &str) -> Result<(), Refusal> {
    std::fs::write(path, text).map_err(|error| cannot_write(path, &error))
}

fn may_be_written(path: &Path) -> Result<(), Refusal> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let asked = match path.exists() {
        true => path,
        false => folder.unwrap_or(Path::new(".")),
    };
    let may = match path.is_dir() {
        true => Err(rustix::io::Errno::ISDIR),
        false => rustix::fs::access(asked, rustix::fs::Access::WRITE_OK),
    };
    may.map_err(|errno| cannot_write(path, &errno.into()))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::unfit(format!("cannot write `{}`: {error}", path.display()))
}
