//! The server of `slowlab serve`, opened at the lessons.

use std::path::PathBuf;

use crate::browse::Options;
use crate::cli::WorkshopArgs;
use crate::commands::{interrupt, serve};
use crate::error::Exit;
use crate::lessons::Folder;
use crate::report::words::Words;

/// Serves until a signal ends it.
///
/// # Errors
/// No port.
pub(super) fn serve(
    args: &WorkshopArgs,
    lessons: Vec<Folder>,
    words: &'static Words,
) -> anyhow::Result<Exit> {
    interrupt::listen()?;
    let options = Options {
        port: args.port,
        language: words.language(),
        files: Vec::new(),
        runs: Vec::new(),
        out: PathBuf::from("results"),
        lessons,
        first: "lessons",
        open: args.open,
    };
    serve::serve(options, words)
}
