//! The resolved work of one variant: defaults filled, clients expanded, chance drawn.
//!
//! A plan is all that an engine sees; it is written beside the results as `plan.json`, so that a report can be redrawn and a
//! run repeated from the folder alone.

mod agenda;
mod asks;
mod build;
mod group;
mod held;
#[cfg(test)]
mod mutants;
mod predict;
mod run;
mod tiers;

use serde::{Deserialize, Serialize};

use crate::machine::act::Act;
use crate::machine::backend_config::BackendConfig;
use crate::machine::pipeline::PipelineConfig;
use crate::machine::probe::ProbeConfig;
use crate::machine::proxy_config::ProxyConfig;
use crate::seed::Seed;
use crate::time::Span;

pub use crate::scenario::BASELINE;
pub use agenda::{Agenda, Start, most_connections};
pub use build::{BuildError, Choices, build, fnv1a_hex};
pub use group::GroupPlan;
pub use predict::{
    Absorbed, Around, Asking, Claim, Cut, HeldBy, Hop, Load, Others, Place, Prediction, Reading,
    Response, Slow, SlowClient, SlowGroup, predict, predict_on,
};
pub use run::{Expectation, RunPlan, VariantPlan};
pub use tiers::ProxyTier;

/// One variant, ready to be run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The scenario's name (its file's stem).
    pub scenario: String,
    /// The variant's name; `baseline` for the plain configuration.
    pub variant: String,
    /// The seed from which chance was drawn.
    pub seed: Seed,
    /// Nothing new starts after this.
    pub duration: Span,
    /// Requests meant to start before this are left out of the statistics.
    pub warmup: Span,
    /// How long requests in flight may take after `duration`.
    pub drain: Span,
    /// The application server.
    pub backend: BackendConfig,
    /// The proxy before the proxy; `None` is the usual stack. See [`Plan::tiers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<ProxyConfig>,
    /// The reverse proxy; `None` sends clients straight to the backend.
    pub proxy: Option<ProxyConfig>,
    /// The clients.
    pub groups: Vec<GroupPlan>,
    /// What is done to the stack meanwhile, in order.
    #[serde(default)]
    pub acts: Vec<Act>,
    /// Who looks at the stack meanwhile, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeConfig>,
    /// What is played instead of all that, if it is a pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineConfig>,
}

impl Plan {
    /// Every configuration of the backend that the run comes to have: its own, and those that acts bring.
    pub fn backends(&self) -> impl Iterator<Item = &BackendConfig> {
        let later = self.acts.iter().filter_map(|act| act.backend.as_ref());
        std::iter::once(&self.backend).chain(later)
    }

    /// Whether an act kills a master, so that its workers are left to themselves.
    pub fn leaves_orphans(&self) -> bool {
        let mut signals = self.acts.iter().filter_map(|act| act.signal);
        signals.any(|signal| signal.kills_a_master())
    }
}
