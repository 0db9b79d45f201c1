//! What is known of the machine that a configuration is for: CPUs and environment variables, from flags and from files.

use std::collections::BTreeMap;

use super::known::{Place, Text};
use super::said::Said;

/// CPUs and variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// `--cpus`.
    pub(super) cpus: Option<u32>,
    given: BTreeMap<String, String>,
    found: BTreeMap<String, (Text, Place)>,
    /// Files of variables that could not be read: what they say is missing.
    missing: Vec<String>,
}

impl Environment {
    /// What the command line says: `NAME=VALUE` each. It wins over files.
    pub(super) fn new(cpus: Option<u32>, given: &[(String, String)]) -> Environment {
        Environment {
            cpus,
            given: given.iter().cloned().collect(),
            ..Environment::default()
        }
    }

    /// A variable that a file sets.
    pub(super) fn find(&mut self, name: &str, value: Text, at: Place) {
        self.found.insert(name.to_owned(), (value, at));
    }

    /// A variable that an image sets for what it starts: what another file says of it wins, as compose's `environment` does over `ENV`.
    pub(super) fn find_below(&mut self, name: &str, value: Text, at: Place) {
        let known = self.found.get(name);
        if known.is_none_or(|(_, said)| said.file == at.file) {
            self.find(name, value, at);
        }
    }

    /// The variables that files set.
    pub(super) fn into_found(self) -> BTreeMap<String, (Text, Place)> {
        self.found
    }

    /// A file of variables that is not there.
    pub(super) fn miss(&mut self, file: &str) {
        self.missing.push(file.to_owned());
    }

    /// The file that may set what nothing else does.
    pub(super) fn missing(&self) -> Option<&str> {
        self.missing.first().map(String::as_str)
    }

    /// A variable with what it took to know it; `None` if it is not set.
    pub(super) fn get(&self, name: &str) -> Option<Text> {
        if let Some(value) = self.given.get(name) {
            let mut text = Text::plain(value.clone());
            text.learn(&[format!("--env {name}").into()]);
            return Some(text);
        }
        let (value, at) = self.found.get(name)?;
        let mut text = value.clone();
        text.learn(&[Said::of("understood-of").with("name", name).with("at", at)]);
        Some(text)
    }

    /// The number of CPUs.
    pub(super) fn cpu_count(&self) -> Text {
        match self.cpus {
            Some(cpus) => {
                let mut text = Text::plain(cpus.to_string());
                text.learn(&[format!("--cpus {cpus}").into()]);
                text
            }
            None => Text::asked(
                Said::of("understood-cpus"),
                Said::of("understood-cpus-hint"),
            ),
        }
    }

    /// What it is that a variable is not set, where nothing stands in for it.
    pub(super) fn ask(&self, name: &str) -> Text {
        let why = match self.missing() {
            Some(file) => Said::of("understood-decides-missing").with("file", file),
            None => Said::of("understood-decides"),
        };
        Text::asked(why.with("name", name), format!("--env {name}=…"))
    }

    /// That a variable is not set, so that its default counts. Of a missing file of variables it cannot be said.
    pub(super) fn unset(&self, name: &str) -> Said {
        let unset = match self.missing() {
            Some(file) => Said::of("understood-unset-missing").with("file", file),
            None => Said::of("understood-unset"),
        };
        unset.with("name", name)
    }
}
