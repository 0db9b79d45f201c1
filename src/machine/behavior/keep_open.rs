//! `keep-open`: reads the whole response as fast as it comes, and does not close, as a pool that forgets its connections does.
//!
//! A server that lingers waits for a close that never comes. The client holds the socket to the end of its patience (`request.timeout`) or
//! of the run, whatever the server does: an end of the stream says nothing about whether the server still holds its side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

/// `behavior.keep-open`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepOpen {
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}
