//! `vanish`: reads some, then is gone without a word, as a phone that enters a tunnel: no FIN, no reset, no acknowledgement.
//!
//! What was sent to it is sent again until the kernel gives up after `tcp_retries2`, a quarter of an hour. On real sockets it takes a `link`, whose
//! packets can be dropped; there it may come back as well, and go on reading.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Span;
use crate::units::Bytes;

/// `behavior.vanish`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vanish {
    /// Bytes of the response that it reads before, head included; zero is gone as soon as the request is sent.
    #[serde(default)]
    pub after: Bytes,
    /// How long it is gone; unset is for good. Who comes back reads on, and the connection may have ended meanwhile.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub length: Option<Span>,
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}
