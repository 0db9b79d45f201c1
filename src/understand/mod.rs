//! What a user's own nginx and gunicorn configuration says: every value with where it was found or how it was worked out, and what cannot be told.
//!
//! Nothing is executed, nothing is guessed silently, and no value is shown that a user did not name a setting of ours (secrets stand beside them).
//! `slowlab import` makes a scenario of it, `slowlab site` answers questions about it.

mod environment;
mod error;
mod files;
mod gunicorn;
mod known;
mod nginx;
mod python;
mod quantities;
mod select;
mod settings;
mod shell;
mod starts;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use error::UnderstandError;
pub use gunicorn::{Gunicorn, class_of};
pub use known::{Known, Place, Text};
pub use nginx::{Address, Directive, Match, Other, Peer, Site};

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

/// Something that decides and cannot be told from here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What: `workers`, `worker_class`, `location`.
    pub about: String,
    /// Why it cannot be told.
    pub why: String,
    /// How to answer: a flag.
    pub hint: String,
}

/// What was made of both configurations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Keys below `[proxy]`.
    pub proxy: Vec<Setting>,
    /// Keys below `[backend]`.
    pub backend: Vec<Setting>,
    /// It matters, and has no counterpart.
    pub unmapped: Vec<String>,
    /// Without effect on slow clients here: names, and how often.
    pub ignored: BTreeMap<String, usize>,
    /// What a reader should know of how it was read.
    pub notes: Vec<String>,
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
    /// Notes a directive that matters and cannot be played.
    fn unmapped(&mut self, directive: &Directive, why: &str) {
        // Its name only, where an argument may be anything.
        let shown = match directive.args.len() {
            0..=6 => directive.shown(),
            _ => directive.name.clone(),
        };
        let line = format!("{shown} ({}): {why}", directive.at);
        if !self.unmapped.contains(&line) {
            self.unmapped.push(line);
        }
    }

    /// Notes one that does not matter.
    fn ignore(&mut self, name: &str) {
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

/// Reads everything that was named.
///
/// # Errors
/// A file that cannot be read, a template, a syntax error, no location that passes requests on.
pub fn understand(sources: &Sources) -> Result<Understood, UnderstandError> {
    let files = files::Files::new(sources.root.as_deref(), sources.nginx.as_deref());
    let base = environment::Environment::new(sources.cpus, &sources.env);
    let read = select::read(sources, &base)?;
    let tree = match &sources.nginx {
        Some(path) => Some(nginx::read(path, &files)?),
        None => None,
    };
    let asked = nginx::Asked {
        server: sources.server.as_deref(),
        path: sources.location.as_deref(),
    };
    let mut understood = Understood::default();
    let configuration = tree.as_ref().map(nginx::Configuration::of);
    let picked = select::pick(read, configuration.as_ref(), &base, asked, &mut understood)?;
    if let (Some(configuration), Some(chosen)) = (&configuration, picked) {
        nginx::tell(configuration, &chosen, &base, &mut understood.told);
        understood.site = Some(chosen.site);
    }
    if let Some(tree) = &tree {
        includes(tree, &mut understood.told);
    }
    settings::backend(&mut understood);
    settings::questions(sources, &mut understood);
    Ok(understood)
}

/// Files of MIME types and of parameters of other protocols say nothing about slow clients.
const HARMLESS: [&str; 6] = [
    "mime.types",
    "uwsgi_params",
    "fastcgi_params",
    "fastcgi.conf",
    "scgi_params",
    "proxy_params",
];

fn includes(tree: &nginx::Tree, told: &mut Told) {
    for (pattern, at) in &tree.missing {
        let last = pattern.rsplit('/').next().unwrap_or(pattern);
        if HARMLESS.contains(&last) || pattern.contains("modules-enabled") {
            told.ignore("include");
            continue;
        }
        told.unmapped.push(format!(
            "include {pattern} ({at}): this file is not there, and what it says is missing"
        ));
    }
    for (pattern, file, at) in &tree.taken_for {
        told.notes
            .push(format!("include {pattern} ({at}): read as {file}"));
    }
}

#[cfg(test)]
mod tests;
