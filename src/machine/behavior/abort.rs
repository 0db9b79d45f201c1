//! `abort`: leaves before the end, at a byte or at a time, politely or not. A closed tab, a proxy that lost its own client, a crash.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Span;
use crate::units::Bytes;

/// `behavior.abort`. One of `after`, `sent` and `at` says when.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Abort {
    /// Once so many bytes of the response were read, its head included; zero leaves as soon as the request is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Bytes>,
    /// Once so many bytes of the request were sent, its head included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Bytes>,
    /// So long after the request was meant to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// How it leaves.
    #[serde(default)]
    pub by: By,
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}

/// How a client leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// By `close`, as programs do. The kernel sends a FIN, or a reset if bytes lie unread.
    #[default]
    Fin,
    /// By a reset (`SO_LINGER` of zero).
    Rst,
}
