//! What can be in the way of a results folder, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::SCHEMA;

/// What can go wrong with a results folder. Each message names the path, the kernel's error and the way out.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A folder could not be made.
    #[error("cannot create the folder `{}`: {source}\nhint: {}", path.display(), hint(source))]
    Create {
        /// The folder.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`: {source}\nhint: {}", path.display(), hint(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// The finished folder has its name, and the pointer `latest` could not be moved to it.
    #[error("the run is complete, but `{}` cannot be pointed at it: {source}\nhint: move away what has this name", link.display())]
    Latest {
        /// The pointer.
        link: PathBuf,
        /// Where the run is.
        run: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The finished folder could not be renamed.
    #[error("cannot rename to `{}`: {source}\nhint: the run itself is complete, see the folder ending in `.partial`", path.display())]
    Rename {
        /// The name wanted.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// A file of a results folder could not be read.
    #[error("cannot read `{}`: {source}\nhint: name the folder of one run, such as `results/<scenario>/latest`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// The folder was written by another version.
    #[error("`{}` has schema {found}, this slowlab reads schema {}\nhint: run it again with `slowlab run {}`, or redraw it with slowlab {version}, which wrote it", run.display(), SCHEMA, run.join("scenario.toml").display())]
    Schema {
        /// The folder of the run.
        run: PathBuf,
        /// Its schema.
        found: u32,
        /// The version of slowlab that wrote it.
        version: String,
    },
    /// A file of a results folder is not what it should be.
    #[error("`{}` is not readable as a file of a results folder: {what}\nhint: it may come from another version of slowlab", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        what: String,
    },
}

/// What to do about a file that cannot be written.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or pass --out DIR to write elsewhere"
        }
        io::ErrorKind::FileTooLarge => "raise the limit of what a file may hold (`ulimit -f`)",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "something else has this name; pass --out DIR to write elsewhere"
        }
        _ => "pass --out DIR to write elsewhere",
    }
}

/// The csv crate's errors of writing are the kernel's.
pub(super) fn hint_of_csv(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::Io(error) => hint(error),
        _ => "pass --out DIR to write elsewhere",
    }
}
