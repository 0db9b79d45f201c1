//! `manifest.json`: under which conditions a run was made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of a results folder: its files, their columns and what they mean.
pub const SCHEMA: u32 = 2;

/// Begins the name of an engine fact that is a warning: what a real program does not do although the variant that ends the name
/// asks for it.
pub const SHORTFALL: &str = "not as planned in ";

/// Begins the name of an engine fact that says why the variant that ends the name was not played: this engine cannot.
pub const UNPLAYABLE: &str = "left out ";

/// Begins the name of an engine fact that says by what other means a real program plays the variant that ends the name, or all of them.
pub const NOTE: &str = "note on ";

/// What a reader needs to judge or repeat a run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// slowlab's version.
    pub version: String,
    /// The commit that it was built from, if known.
    pub commit: Option<String>,
    /// The scenario's name.
    pub scenario: String,
    /// FNV-1a (64 bit, hex) of the scenario as run.
    pub scenario_hash: String,
    /// The scenario's question.
    pub question: String,
    /// `lab`, `sim` or `reference`.
    pub engine: String,
    /// The seed.
    pub seed: u64,
    /// When it began, UTC, RFC 3339.
    pub started_utc: String,
    /// Whether it is still running or was cut short.
    pub partial: bool,
    /// The variants, in order.
    pub variants: Vec<String>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Sysctls that matter to sockets, by name.
    pub sysctls: BTreeMap<String, String>,
    /// Soft and hard limit of open files.
    pub nofile: Option<(u64, u64)>,
    /// CPU model and count.
    pub cpu: Option<String>,
    /// Median and largest lateness of a timer tick on this machine, measured at the start, in microseconds.
    pub tick_error_us: Option<(u64, u64)>,
    /// Engine-specific facts, such as versions of real programs.
    pub engine_facts: BTreeMap<String, String>,
    /// Those of them that are sentences, by the same names, so that a reader can be told them in another language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, Told>,
}

/// A sentence without its words: which message of a catalogue it is, and of what.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// The message, such as `departure-linger`.
    pub message: String,
    /// Its arguments, by name.
    pub fields: BTreeMap<String, String>,
}

impl Told {
    /// A message with its arguments.
    pub fn new<const N: usize>(message: &str, fields: [(&str, String); N]) -> Told {
        let fields = fields.into_iter();
        Told {
            message: message.to_owned(),
            fields: fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

impl Manifest {
    /// The variants that were asked for and that this engine or this machine cannot play, each with the name of the fact that says why not.
    pub fn unplayable(&self) -> BTreeMap<&str, &str> {
        let facts = self.engine_facts.keys();
        facts
            .filter_map(|fact| Some((fact.strip_prefix(UNPLAYABLE)?, fact.as_str())))
            .collect()
    }
}
