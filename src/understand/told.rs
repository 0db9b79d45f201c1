//! What is asked, and what was made of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::gunicorn::Gunicorn;
use super::known::Known;
use super::nginx::{Directive, Site};
use super::said::Said;

/// What a user has. Either half may be left out; then it has its own defaults, or is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    /// `nginx.conf`, or a file that it includes.
    pub nginx: Option<PathBuf>,
    /// The name of the server whose locations count.
    pub server: Option<String>,
    /// The request path whose `location` counts.
    pub location: Option<String>,
    /// `gunicorn.conf.py`, a unit, a Procfile, supervisor's, a compose file, a Dockerfile, a script, a file of variables; or a command line.
    pub gunicorn: Vec<String>,
    /// The folder in which the paths of configurations are looked up.
    pub root: Option<PathBuf>,
    /// CPUs of the server.
    pub cpus: Option<u32>,
    /// Variables that are set there.
    pub env: Vec<(String, String)>,
}

/// A setting in a scenario's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Below `[proxy]` or `[backend]`.
    pub key: String,
    /// In TOML.
    pub value: Known<String>,
    /// In the user's words.
    pub shown: String,
}

/// Those that hold, with their values: of several of a key the last one that has any.
pub fn holding(settings: &[Setting]) -> Vec<(&Setting, &str)> {
    let mut out: Vec<(&Setting, &str)> = Vec::new();
    for setting in settings.iter().rev() {
        let is_new = out.iter().all(|(known, _)| known.key != setting.key);
        if let Some(value) = setting.value.value().filter(|_| is_new) {
            out.push((setting, value));
        }
    }
    out.reverse();
    out
}

/// Something that decides and cannot be told from here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What: `workers`, `worker_class`, `location`.
    pub about: String,
    /// Why it cannot be told.
    pub why: Said,
    /// How to answer: a flag.
    pub hint: Said,
}

/// What was made of both configurations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Keys below `[proxy]`.
    pub proxy: Vec<Setting>,
    /// Keys below `[backend]`.
    pub backend: Vec<Setting>,
    /// It matters, and has no counterpart.
    pub unmapped: Vec<Said>,
    /// Without effect on slow clients here: names, and how often.
    pub ignored: BTreeMap<String, usize>,
    /// What a reader should know of how it was read.
    pub notes: Vec<Said>,
}

/// Everything that is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Understood {
    /// The location; `None` if no nginx was named.
    pub site: Option<Site>,
    /// The gunicorn; `None` if none was named.
    pub gunicorn: Option<Gunicorn>,
    /// The settings.
    pub told: Told,
    /// What must be answered before numbers mean anything.
    pub questions: Vec<Question>,
}

impl Told {
    /// Notes a directive that matters and cannot be played, with the message that says why.
    pub(super) fn unmapped(&mut self, directive: &Directive, why: &'static str) {
        self.unmapped_as(directive, Said::of(why));
    }

    /// The same of a reason with facts in it.
    pub(super) fn unmapped_as(&mut self, directive: &Directive, why: Said) {
        // Its name only, where an argument may be anything.
        let shown = match directive.args.len() {
            0..=6 => directive.shown(),
            _ => directive.name.clone(),
        };
        let line = Said::Plain(format!("{shown} ({})", directive.at)).because(why);
        if !self.unmapped.contains(&line) {
            self.unmapped.push(line);
        }
    }

    /// Notes one that does not matter.
    pub(super) fn ignore(&mut self, name: &str) {
        *self.ignored.entry(name.to_owned()).or_default() += 1;
    }

    /// The value of a key below `[backend]`.
    pub fn backend(&self, key: &str) -> Option<&Setting> {
        self.backend.iter().rfind(|setting| setting.key == key)
    }

    /// The value of a key below `[proxy]`.
    pub fn proxy(&self, key: &str) -> Option<&Setting> {
        self.proxy.iter().rfind(|setting| setting.key == key)
    }
}
