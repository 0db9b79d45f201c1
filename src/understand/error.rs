//! Why a configuration cannot be understood.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A configuration that cannot be read.
#[derive(Debug, Error)]
pub enum UnderstandError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}\nhint: name a file that is there and that you may read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// nginx would not accept it either.
    #[error("`{file}`, line {line}: {what}\nhint: `nginx -t` says what nginx thinks of it")]
    Syntax {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A template, of which a program makes the configuration.
    #[error(
        "`{file}`, line {line}: this is a template ({kind}), not a configuration\nhint: name what is made of it, as it lies on the server"
    )]
    Template {
        /// The file.
        file: String,
        /// Where that is seen, counted from 1.
        line: usize,
        /// Whose.
        kind: &'static str,
    },
    /// More than anybody writes.
    #[error("`{file}`: {what}\nhint: name the file of one site instead of the whole")]
    TooMuch {
        /// The file.
        file: String,
        /// Of what.
        what: String,
    },
    /// No location passes requests on.
    #[error("no `location` {} passes requests to a backend over HTTP{}\nhint: name another with --location PATH or --server NAME", wanted(location.as_ref()), found(seen))]
    NoLocation {
        /// The path that was asked for.
        location: Option<String>,
        /// What there is instead.
        seen: Vec<String>,
    },
    /// A command that starts no gunicorn.
    #[error(
        "`{command}` starts no gunicorn\nhint: name gunicorn.conf.py, a unit, a script, or the command that starts it"
    )]
    NoGunicorn {
        /// Its first words.
        command: String,
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
        format!("; there is: {}", seen.join(", "))
    }
}
