//! What the visits of one group of clients have in common.

use crate::machine::arrival::Schedule;
use crate::machine::behavior::Behavior;
use crate::time::{Span, Timestamp};

/// What a client's visit depends on; the same for its whole group, so that a client need not carry it.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// How it treats its connection, the request and the response.
    pub behavior: &'a Behavior,
    /// When requests start; says who loops.
    pub schedule: &'a Schedule,
    /// How long a request may take from its intended start on; `None` waits for ever.
    pub patience: Option<Span>,
    /// Keep the connection for the next request.
    pub keepalive: bool,
    /// Bytes of the request's body as it travels, framing included.
    pub body: u64,
    /// Whether a request that got lost on a kept connection may be sent again unasked (RFC 9110, 9.2.2).
    pub idempotent: bool,
    /// Nothing starts from here on.
    pub ends_at: Timestamp,
}
