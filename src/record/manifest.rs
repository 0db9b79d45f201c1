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
}

impl Manifest {
    /// The variants that were asked for and that this engine or this machine cannot play, and why not.
    pub fn unplayable(&self) -> BTreeMap<&str, &str> {
        let facts = self.engine_facts.iter();
        facts
            .filter_map(|(fact, why)| Some((fact.strip_prefix(UNPLAYABLE)?, why.as_str())))
            .collect()
    }
}
