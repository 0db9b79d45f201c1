//! The resolved work of one variant: defaults filled, clients expanded, chance drawn.
//!
//! A plan is all that an engine sees; it is written beside the results as `plan.json`, so that a report can be redrawn and a
//! run repeated from the folder alone.

mod agenda;
mod build;
mod group;
#[cfg(test)]
mod mutants;
mod predict;
mod run;
mod tiers;

use serde::{Deserialize, Serialize};

use crate::machine::act::{Act, How, Target};
use crate::machine::backend_config::BackendConfig;
use crate::machine::probe::ProbeConfig;
use crate::machine::proxy_config::ProxyConfig;
use crate::seed::Seed;
use crate::time::Span;

pub use crate::scenario::BASELINE;
pub use agenda::{Agenda, Start, most_connections};
pub use build::{BuildError, Choices, build, fnv1a_hex};
pub use group::GroupPlan;
pub use predict::{Absorbed, Cut, Load, Prediction, SlowClient, SlowGroup, predict, predict_on};
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
}

impl Plan {
    /// Whether the backend is given time at the end for requests that nobody waits for any more. One in which somebody is sick never gets through
    /// with them.
    pub fn settles(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        !faults.any(|fault| fault.kind.is_for_good())
    }

    /// The keys of logs that go into pipes.
    fn piped_logs(&self) -> impl Iterator<Item = &'static str> {
        let proxy = self.proxy.as_ref();
        let piped = proxy.is_some_and(|proxy| !proxy.access_log.is_file());
        let logs = [
            (piped, "proxy.access_log.pipe"),
            (!self.backend.accesslog.is_file(), "backend.accesslog.pipe"),
            (!self.backend.errorlog.is_file(), "backend.errorlog.pipe"),
        ];
        logs.into_iter()
            .filter(|(piped, _)| *piped)
            .map(|(_, key)| key)
    }

    /// Whether any log goes into a pipe.
    pub fn has_logs_in_pipes(&self) -> bool {
        self.piped_logs().next().is_some()
    }

    /// What the sim engine cannot play of it, if anything: the key, and what virtual time does not have.
    pub fn is_for_sockets_only(&self) -> Option<(&'static str, &'static str)> {
        let rotated = self.acts.iter().any(|act| act.rotate.is_some());
        // Of the pipes it has that of gunicorn's access log.
        let piped = self
            .piped_logs()
            .find(|key| *key != "backend.accesslog.pipe");
        let why = "this log is not written in virtual time, so its pipe is never full";
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        // One worker that sleeps is a worker that is held; all of them are there for the load average.
        let loads = faults.any(|fault| fault.to == Target::EveryWorker);
        let rotated = rotated.then_some((
            "act.rotate",
            "no log is written in virtual time, so none is rotated",
        ));
        let small = (self.tiers().iter())
            .any(|of| of.config.temp_disk.is_some())
            .then_some((
                "temp_disk",
                "temp files have no disk in virtual time that could be full",
            ));
        let loads = loads.then_some((
            "act.fault.to",
            "there is no load average in virtual time, to which every worker could add",
        ));
        piped.map(|key| (key, why)).or(rotated).or(small).or(loads)
    }

    /// Whether an act has a worker fall sick by itself, which a real one has to be taught.
    pub fn makes_sick(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        faults.any(|fault| matches!(fault.kind.how(), How::FallsSick(_)))
    }

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
