//! What a client's visit depends on.

use super::retry::Retry;
use crate::machine::arrival::Schedule;
use crate::machine::behavior::Behavior;
use crate::seed::Seed;
use crate::time::{Span, Timestamp};
use crate::units::ByteRate;

/// What a client's visit depends on; most of it is the same for its whole group, so a client does not carry it.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The client's index within its group.
    pub client: u32,
    /// How it treats its connection, the request and the response.
    pub behavior: &'a Behavior,
    /// Its own rate, where rates are drawn.
    pub rate: Option<ByteRate>,
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
    /// Whether it asks again for what it did not get.
    pub retry: Option<&'a Retry>,
    /// What the pauses before that are drawn from.
    pub chance: Seed,
    /// Nothing starts from here on.
    pub ends_at: Timestamp,
}
