//! `slow-header`: sends the head of its request at a rate, byte after byte; the rest, and the response, as fast as they go. Slowloris.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::handler::Distribution;
use crate::units::ByteRate;

/// `behavior.slow-header`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowHeader {
    /// Bytes of the head per second; the same for all clients, or drawn for each.
    pub rate: Distribution<ByteRate>,
}
