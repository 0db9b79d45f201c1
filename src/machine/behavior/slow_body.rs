//! `slow-body`: sends the head of its request at once and the body at a rate; reads the response as fast as it comes. A slow POST, or
//! somebody who uploads over a narrow line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::handler::Distribution;
use crate::units::ByteRate;

/// `behavior.slow-body`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowBody {
    /// Bytes of the body per second, framing included; the same for all clients, or drawn for each.
    pub rate: Distribution<ByteRate>,
}
