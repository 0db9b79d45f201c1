//! `incidents.toml`.

use serde::Deserialize;

/// A public report, and what is made of it here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incident {
    /// As `owner/project#number`, or in words; the first is what a scenario's `source` names.
    pub(crate) of: Vec<String>,
    /// When it was reported.
    pub(crate) when: String,
    /// What was seen.
    pub(crate) what: String,
    /// The reporter's figures.
    pub(crate) reported: String,
    /// What reproduces it.
    pub(crate) scenario: Option<String>,
    /// In which variant.
    #[serde(default = "baseline")]
    pub(crate) variant: String,
    /// Metrics that show it, at the scenario's scale.
    #[serde(default)]
    pub(crate) facts: Vec<String>,
    /// The same with the reporter's own figures, in virtual time.
    #[serde(default)]
    pub(crate) full: Vec<Full>,
    /// Why it is not reproduced.
    pub(crate) not: Option<String>,
    /// What is different, or left out.
    pub(crate) note: Option<String>,
}

/// A run at full scale.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Full {
    /// What it plays.
    pub(crate) says: String,
    /// The variant, if it is another one.
    pub(crate) variant: Option<String>,
    /// As for `--set`.
    pub(crate) set: Vec<String>,
    /// Metrics that show it.
    pub(crate) facts: Vec<String>,
}

fn baseline() -> String {
    slowlab::scenario::BASELINE.to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    incident: Vec<Incident>,
}

pub(crate) fn incidents() -> Vec<Incident> {
    let file: File = toml::from_str(include_str!("incidents.toml")).unwrap();
    file.incident
}
