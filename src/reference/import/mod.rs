//! From a user's own nginx.conf and gunicorn configuration to a scenario: the other way round of [`super::export`].
//!
//! Nothing is executed and nothing is guessed silently: every directive that was found is listed as understood, as without effect on
//! slow clients, or as something that matters and cannot be mapped.

mod gunicorn;
mod nginx;
mod nginx_syntax;
mod quantities;
mod scenario;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use scenario::to_toml;

/// What a user has. Either half may be left out; then it has its own defaults.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    /// `nginx.conf`.
    pub nginx: Option<PathBuf>,
    /// The request path whose `location` counts; unset takes the first one that passes requests on.
    pub location: Option<String>,
    /// `gunicorn.conf.py`, or a command line.
    pub gunicorn: Option<String>,
}

/// What was made of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Keys below `[proxy]` and their values in TOML.
    pub proxy: Vec<(String, String)>,
    /// Keys below `[backend]` and their values in TOML.
    pub backend: Vec<(String, String)>,
    /// Taken over, in words.
    pub understood: Vec<String>,
    /// Without effect on slow clients here.
    pub ignored: Vec<String>,
    /// It matters, and has no counterpart.
    pub unmapped: Vec<String>,
}

/// A configuration that cannot be read.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
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

/// Reads everything that was named.
///
/// # Errors
/// A file that cannot be read, a syntax error, no location that passes requests on.
pub fn import(sources: &Sources) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    if let Some(path) = &sources.nginx {
        nginx::read(path, sources.location.as_deref(), &mut imported)?;
    }
    if let Some(what) = &sources.gunicorn {
        gunicorn::read(what, &mut imported)?;
    }
    Ok(imported)
}

impl Imported {
    /// The TOML value of a key below `[backend]`.
    pub(super) fn backend(&self, key: &str) -> Option<&str> {
        self.backend
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The TOML value of a key below `[proxy]`.
    pub(super) fn proxy(&self, key: &str) -> Option<&str> {
        self.proxy
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Later values replace earlier ones.
    fn set(&mut self, backend: bool, key: &str, value: String) {
        let table = if backend {
            &mut self.backend
        } else {
            &mut self.proxy
        };
        table.retain(|(name, _)| name != key);
        table.push((key.to_owned(), value));
    }
}

fn read_file(path: &Path) -> Result<String, ImportError> {
    std::fs::read_to_string(path).map_err(|source| ImportError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
