//! nginx's side: the location that passes requests to gunicorn, and what holds in it.

mod choose;
mod includes;
mod locations;
mod settings;
mod tell;
mod tree;
mod upstream;
mod words;

pub(super) use choose::{Asked, Chosen, Configuration, choose};
pub(super) use tell::tell;
pub use tree::Directive;
pub(super) use tree::{Tree, read, template, template_by_lines};
pub use upstream::{Address, Peer};

use super::known::Place;
use super::said::Said;

/// How the location was found to be the right one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Match {
    /// It leads to where gunicorn listens.
    Reaches(String),
    /// No location leads there: where it listens instead.
    Conflict(String),
    /// It cannot be told: why, and the flag that would.
    Untold(Said, Said),
}

/// Another location that passes requests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// As it is written.
    pub name: String,
    /// Its server's name.
    pub server: String,
    /// Where it stands.
    pub at: Place,
    /// Where it leads, and what holds there that does not hold in the chosen one.
    pub differs: Vec<Said>,
}

/// The location that was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its server's name.
    pub server: String,
    /// As it is written.
    pub location: String,
    /// Where it stands.
    pub at: Place,
    /// Through which other directive, if not simply its own `proxy_pass`.
    pub by_way_of: Option<Said>,
    /// Where it leads, as it is written there.
    pub passes_to: String,
    /// The servers behind it.
    pub peers: Vec<Peer>,
    /// Whether that is gunicorn.
    pub matched: Match,
    /// The others.
    pub others: Vec<Other>,
    /// Where a directive that is missing would be written.
    pub scope: Place,
    /// What `/` is passed on by, if that is not HTTP.
    pub foreign: Option<String>,
}

#[cfg(test)]
mod tests;
