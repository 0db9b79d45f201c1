//! A plan's timeline: what is done to the stack while clients use it, and when.
//!
//! An act is data: an engine performs it with `kill(2)`, or as an event. What a signal then does is the arbiter's and the workers' business.

mod fault;
mod rotation;
mod signal;
mod target;

#[cfg(test)]
mod tests;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend_config::BackendConfig;
use super::proxy_config::ProxyConfig;
use crate::tier::Tier;
use crate::time::Span;

pub use fault::{FaultKind, FaultTo, How};
pub use rotation::{HowRotated, RotatedLog, Rotation, older};
pub use signal::{SignalName, SignalTo};
pub use target::Target;

/// One `[[act]]`, resolved: a signal, a fault or a rotation, or none of them where only the configuration changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When, from the instant at which clients begin.
    pub at: Span,
    /// What is sent.
    pub signal: Option<SignalTo>,
    /// What goes wrong, and with whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultTo>,
    /// Which log is rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate: Option<Rotation>,
    /// What the configuration says from then on, as `key = value`; none if it stays as it was.
    pub knobs: Vec<String>,
    /// The whole of it, if anything changed. A master takes it over when it reads it anew, at HUP.
    pub backend: Option<BackendConfig>,
    /// The same of the proxy, which reads it at HUP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyConfig>,
    /// The same of the edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<ProxyConfig>,
}

impl Act {
    /// Nothing is done at this instant.
    pub fn nothing(at: Span) -> Act {
        Act {
            at,
            signal: None,
            fault: None,
            rotate: None,
            knobs: Vec::new(),
            backend: None,
            proxy: None,
            edge: None,
        }
    }

    /// What the configuration of a tier of proxies says from then on; `None` if it stays as it was.
    pub fn says(&self, tier: Tier) -> Option<&ProxyConfig> {
        match tier {
            Tier::Edge => self.edge.as_ref(),
            Tier::Proxy => self.proxy.as_ref(),
            Tier::Backend => None,
        }
    }

    /// The signal to a tier of proxies, if it is for one.
    pub fn to_proxies(&self) -> Option<(Tier, SignalName)> {
        let SignalTo { to, name } = self.signal?;
        Some((to.tier()?, name))
    }
}

impl fmt::Display for Act {
    /// `HUP to backend, with backend.workers = 8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let knobs = self.knobs.join(", ");
        let signal = self.signal.map(|signal| signal.to_string());
        let fault = || self.fault.map(|fault| fault.to_string());
        let rotation = || self.rotate.map(|rotation| rotation.to_string());
        match signal.or_else(fault).or_else(rotation) {
            Some(done) if knobs.is_empty() => f.write_str(&done),
            Some(done) => write!(f, "{done}, with {knobs}"),
            None => write!(f, "the configuration says {knobs}"),
        }
    }
}
