//! The tiers of a stack by name: what clients speak to, and what that speaks to in turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tier, named as its section of the scenario file.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// `[edge]`: the proxy before `[proxy]`.
    Edge,
    /// `[proxy]`: the proxy before the backend.
    Proxy,
    /// `[backend]`.
    #[default]
    Backend,
}

impl Tier {
    /// As files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Tier::Edge => "edge",
            Tier::Proxy => "proxy",
            Tier::Backend => "backend",
        }
    }
}

/// One of the proxies of a stack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ProxyId {
    /// The tier that it belongs to.
    pub tier: Tier,
    /// Which of that tier's proxies it is, from 0.
    pub instance: u32,
}
