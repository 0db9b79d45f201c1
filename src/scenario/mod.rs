//! Scenario files: what a user asks for, checked as a whole, every mistake with its line, column and a hint.
//!
//! Nothing here draws chance or fills a plan: `plan::build` does, from a [`Scenario`] that passed all checks. Kernel
//! limits (open files, `wmem_max`) are not known here; the run says when it meets them.

mod acts;
mod check;
mod check_backend;
mod check_behavior;
mod check_clients;
mod check_handlers;
mod check_logs;
mod check_names;
mod check_pipeline;
mod check_probes;
mod check_proxy;
mod check_request;
mod check_socket;
mod diagnostics;
mod file;
mod incidents;
mod load;
mod read;
mod read_error;
mod schema;
mod set;
mod sources;
#[cfg(test)]
mod tests;
mod tree;
mod words;

pub use diagnostics::{Diagnostic, Diagnostics, Frame, Pair, Severity};
pub use file::{ClientGroup, Expectation, Request};
pub use load::{load, load_embedded, load_only, load_path, load_text};
pub use schema::{Key, keys, schema};
pub use words::OwnWords;

use std::collections::BTreeMap;

use crate::machine::act::Act;
use crate::machine::backend_config::BackendConfig;
use crate::machine::pipeline::PipelineConfig;
use crate::machine::probe::ProbeConfig;
use crate::machine::proxy_config::ProxyConfig;
use crate::time::Span;
use sources::Place;
use tree::Node;

/// The name of the plain configuration among the variants.
pub const BASELINE: &str = "baseline";

/// One question, with everything that is needed to ask it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's stem.
    pub name: String,
    /// The text as read, after `--set`.
    pub source: String,
    /// What it asks.
    pub question: String,
    /// The public incidents that it reproduces (`source`).
    pub incidents: Vec<String>,
    /// From which chance is drawn, unless the command line says otherwise.
    pub seed: u64,
    /// The plain configuration.
    pub baseline: Configuration,
    /// What else is tried, one changed idea each.
    pub variants: Vec<Variant>,
    /// What the author claims will be seen.
    pub expectations: Vec<Expectation>,
    /// Question, reasons and claims in other languages, by their codes.
    pub words: BTreeMap<String, OwnWords>,
    /// Warnings; a scenario with errors is never made.
    pub diagnostics: Diagnostics,
    that_places: Vec<Place>,
    tree: Node,
}

/// A stack and its load.
#[derive(Clone, PartialEq, Debug)]
pub struct Configuration {
    /// Nothing new starts after this.
    pub duration: Span,
    /// Left out of the statistics.
    pub warmup: Span,
    /// How long requests in flight may take after `duration`.
    pub drain: Span,
    /// `[backend]`.
    pub backend: BackendConfig,
    /// `[edge]`; `None` if there is none or it is not enabled.
    pub edge: Option<ProxyConfig>,
    /// `[proxy]`; `None` if there is none or it is not enabled.
    pub proxy: Option<ProxyConfig>,
    /// `[[clients]]`.
    pub clients: Vec<ClientGroup>,
    /// `[[act]]`, in the order in which they happen.
    pub acts: Vec<Act>,
    /// `[[probe]]`.
    pub probes: Vec<ProbeConfig>,
    /// `[pipeline]`, in place of all that.
    pub pipeline: Option<PipelineConfig>,
}

/// One changed idea.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Why it is tried.
    pub why: String,
    /// The keys that it sets.
    pub knobs: Vec<Knob>,
    /// What comes out.
    pub configuration: Configuration,
}

/// A key that a variant sets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knob {
    /// Dotted, as written.
    pub key: String,
    /// As TOML.
    pub value: String,
}

impl Scenario {
    /// Judges each expectation's condition by `parse` (the parser lives with the expectations, which do not know scenarios).
    pub fn check_expectations(&self, parse: &dyn Fn(&str) -> Result<(), String>) -> Diagnostics {
        let mut out = Diagnostics::new(self.diagnostics.sources.clone());
        for (expectation, place) in self.expectations.iter().zip(&self.that_places) {
            if let Err(why) = parse(&expectation.that) {
                out.push(Diagnostic::error(*place, why).label("this condition"));
            }
        }
        out
    }

    /// Whether the plain configuration asks for what only the sim engine can play.
    pub fn is_for_sim_only(&self) -> bool {
        let mut groups = self.baseline.clients.iter();
        groups.any(|group| group.behavior.vanishes() && group.link.is_none())
    }

    /// Whether the file (or a flag) says this key, or it was filled in. Keys as in the file: `["proxy", "send_timeout"]`.
    pub fn says(&self, path: &[&str]) -> bool {
        let mut node = Some(&self.tree);
        for key in path {
            node = node.and_then(|node| node.get(key));
        }
        node.is_some()
    }
}

/// The scenarios in the binary: name and text, by name.
pub fn embedded() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/scenarios.rs"))
}
