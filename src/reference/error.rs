//! What keeps the reference engine from running.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::export::Unplayable;
use super::programs::ProgramError;

/// Why the real programs do not run.
#[derive(Debug, Error)]
pub enum ReferenceError {
    /// Not installed, or too old.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The plan is not for them.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
    /// Their configuration is text, and a path is none.
    #[error("the path `{}` is not UTF-8, and the configuration of the real programs has to name it\nhint: set TMPDIR, and pass --out DIR", .0.display())]
    Path(PathBuf),
    /// Their configuration could not be written.
    #[error("{0}\nhint: pass --out DIR to write elsewhere")]
    Write(io::Error),
    /// They could not be started at all.
    #[error("cannot start {program}: {source}\nhint: its output is in `{}`", log.display())]
    Start {
        /// `nginx` or `gunicorn`.
        program: &'static str,
        /// Why not.
        source: io::Error,
        /// Where to look.
        log: PathBuf,
    },
    /// They ended before they were ready.
    #[error("{program} ended before it was ready ({status}); the end of `{}`:\n{tail}\nhint: `slowlab export` writes the same configuration, to try it by hand", log.display())]
    Died {
        /// `nginx` or `gunicorn`.
        program: &'static str,
        /// Its exit status.
        status: String,
        /// Where to look.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// They were not waited for: everything is to end.
    #[error("interrupted while {program} started")]
    Interrupted {
        /// `nginx` or `gunicorn`.
        program: &'static str,
    },
    /// They did not get ready.
    #[error("{program} was not ready after {after}; the end of `{}`:\n{tail}\nhint: is the machine overloaded?", log.display())]
    Late {
        /// `nginx` or `gunicorn`.
        program: &'static str,
        /// How long was waited.
        after: crate::time::Span,
        /// Where to look.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
}

/// Whether the configuration of a real program can name a path.
pub(super) fn can_be_named(path: &Path) -> Result<(), ReferenceError> {
    match path.to_str() {
        Some(_) => Ok(()),
        None => Err(ReferenceError::Path(path.to_owned())),
    }
}
