//! `vanish`: reads some, then is gone without a word, as a phone that enters a tunnel: no FIN, no reset, no acknowledgement.
//!
//! What was sent to it is sent again until the kernel gives up after `tcp_retries2`, a quarter of an hour. On real sockets that needs the
//! right to drop packets, so only the sim engine plays it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

/// `behavior.vanish`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vanish {
    /// Bytes of the response that it reads before, head included; zero is gone as soon as the request is sent.
    #[serde(default)]
    pub after: Bytes,
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}
