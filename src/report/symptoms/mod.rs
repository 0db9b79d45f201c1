//! What logs and people say, beside what happened: one table, for `slowlab symptom`, for reports and for docs/symptoms.md.
//!
//! A symptom is a kind of failure as it is met from outside: lines of nginx's and gunicorn's logs, a status, a complaint. It names the findings by which a run shows
//! it, and the scenarios that play it; what it means and what cures it are sentences of the catalogues (`symptom-KEY`, with `.truth` and `.cure`).
//!
//! The lines are those of nginx 1.22.1 and gunicorn 27: `scripts/symptoms` asks the real programs for them.

mod lines;
mod pages;
mod said;
mod search;
mod table;

pub use pages::{entry, index, markdown, others, text, title};
pub use said::{Said, SaidLine, logged, said};
pub use search::search;
pub use table::SYMPTOMS;

/// Whose words a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Log {
    /// nginx's `error_log`, at a level.
    Error(&'static str),
    /// nginx's `access_log`: the request and its status.
    Access,
    /// gunicorn's `errorlog`.
    Gunicorn,
    /// What a client or a tool says.
    Client,
}

/// A line of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// Where it stands.
    pub log: Log,
    /// It, from behind its date and process on.
    pub text: &'static str,
    /// The part of it that is the same each time.
    pub fixed: &'static str,
}

/// A symptom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symptom {
    /// Its name: that of its message, and what `slowlab symptom` takes.
    pub key: &'static str,
    /// Kinds of findings that show it.
    pub kinds: &'static [&'static str],
    /// What is logged; none where nothing is.
    pub lines: &'static [Line],
    /// Scenario and variant that play it.
    pub shown_by: &'static [[&'static str; 2]],
    /// Other words by which people look for it.
    pub also: &'static str,
}

impl Symptom {
    /// The one with this name.
    pub fn named(key: &str) -> Option<&'static Symptom> {
        SYMPTOMS.iter().find(|symptom| symptom.key == key)
    }

    /// Those that findings of a kind show.
    pub fn of_kind(kind: &str) -> impl Iterator<Item = &'static Symptom> {
        let symptoms = SYMPTOMS.iter();
        symptoms.filter(move |symptom| symptom.kinds.contains(&kind))
    }
}

impl Log {
    /// Its name for readers.
    pub fn name(self) -> &'static str {
        match self {
            Log::Error(_) => "error.log",
            Log::Access => "access.log",
            Log::Gunicorn => "gunicorn",
            Log::Client => "client",
        }
    }
}

impl Line {
    /// As the log has it, from the level on.
    pub fn shown(&self) -> String {
        match self.log {
            Log::Error(level) => format!("[{level}] {}", self.text),
            Log::Access | Log::Gunicorn | Log::Client => self.text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
