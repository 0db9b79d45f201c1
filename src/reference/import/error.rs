//! Why a configuration could not be imported.

use crate::files;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A configuration that cannot be read.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}\nhint: name a file that is there and that you may read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// nginx would not accept it either.
    #[error("`{}`, line {line}: {what}\nhint: `nginx -t` says what nginx thinks of it", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// No location passes requests on.
    #[error("no `location` {} passes requests to a backend{}\nhint: name one with --location PATH", wanted(location.as_ref()), found(seen))]
    NoLocation {
        /// The path that was asked for.
        location: Option<String>,
        /// Locations with a `proxy_pass`.
        seen: Vec<String>,
    },
}

fn wanted(location: Option<&String>) -> String {
    location.map_or_else(
        || "of any server".to_owned(),
        |path| format!("for `{path}`"),
    )
}

fn found(seen: &[String]) -> String {
    if seen.is_empty() {
        String::new()
    } else {
        format!("; these do: {}", seen.join(", "))
    }
}

/// The whole of a file.
pub(super) fn read_file(path: &Path) -> Result<String, ImportError> {
    files::read_text(path, files::MOST_WRITTEN).map_err(|source| ImportError::Read {
        path: path.to_owned(),
        source,
    })
}
