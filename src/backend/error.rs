//! What can go wrong when a backend is started.

use std::path::PathBuf;

use thiserror::Error;

use crate::time::Span;

/// Why there is no backend.
#[derive(Debug, Error)]
pub enum BackendError {
    /// The folder for the socket cannot be used.
    #[error(
        "cannot use `{}` as the backend's runtime folder: {source}\nhint: name a folder that you may write to",
        path.display()
    )]
    RuntimeDir {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The log file cannot be opened.
    #[error(
        "cannot open the backend's log `{}`: {source}\nhint: its folder must exist and be writable",
        path.display()
    )]
    Log {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The master could not be started at all.
    #[error(
        "cannot start the backend's master from `{}`: {source}\nhint: limits on processes or open files may be too low (`ulimit -u`, `ulimit -n`)",
        executable.display()
    )]
    Spawn {
        /// What was to be executed.
        executable: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The master started and gave up; its own words and hint.
    #[error("the backend did not start: {message}\nhint: {hint}")]
    Startup {
        /// In gunicorn's words where it has some.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The master ended without a word.
    #[error("the backend's master ended while it started: {last_words}\nhint: see its log `{}`", log.display())]
    Died {
        /// The last lines of its log.
        last_words: String,
        /// The log.
        log: PathBuf,
    },
    /// It was not waited for: everything is to end.
    #[error("interrupted while the backend started")]
    Interrupted,
    /// Not all workers came up in time.
    #[error(
        "{booted} of {workers} workers were up after {waited}\nhint: the machine may be overloaded; see the log `{}`",
        log.display()
    )]
    NotReady {
        /// Workers in their loop.
        booted: u32,
        /// Workers asked for.
        workers: u32,
        /// How long they had.
        waited: Span,
        /// The log.
        log: PathBuf,
    },
}
