//! From a user's own nginx.conf and gunicorn configuration to a scenario: the other way round of [`super::export`].
//!
//! Nothing is executed and nothing is guessed silently: every directive that was found is listed as understood, as without effect on
//! slow clients, or as something that matters and cannot be mapped.

mod error;
mod gunicorn;
mod nginx;
mod nginx_syntax;
mod quantities;
mod scenario;

use std::path::PathBuf;

pub use error::ImportError;
use error::read_file;
pub use scenario::to_toml;

/// What a user has. Either half may be left out; then it has its own defaults.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    /// `nginx.conf`.
    pub nginx: Option<PathBuf>,
    /// The request path whose `location` counts; unset takes the first one that passes requests on.
    pub location: Option<String>,
    /// `gunicorn.conf.py`, a systemd unit, or a command line.
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

/// Follows a setting that a later or inner one replaces.
const REPLACED: &str = " (replaced below)";

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

    /// Tells that a setting was taken over. Said of an outer level before, it did not last.
    fn understand(&mut self, name: &str, shown: String) {
        let word = |line: &String| line.trim_start_matches('-').replace('-', "_");
        let is_same = |line: &String| {
            let rest = word(line);
            let rest = rest.strip_prefix(name).map(str::to_owned);
            rest.is_some_and(|rest| rest.starts_with([' ', '=']))
        };
        for line in self.understood.iter_mut().filter(|line| is_same(line)) {
            if !line.ends_with(REPLACED) {
                line.push_str(REPLACED);
            }
        }
        self.understood.push(shown);
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

#[cfg(test)]
mod tests;
