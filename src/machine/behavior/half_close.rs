//! `half-close`: shuts its sending side down once the request is sent (`shutdown(SHUT_WR)`), and waits for the response. Old HTTP/1.0
//! tools and some health checks do. Whoever takes the end of a stream for the end of its client gives up on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

/// `behavior.half-close`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfClose {
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}
