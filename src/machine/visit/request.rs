//! One request in flight.

use super::end::End;
use super::sending::Sending;
use crate::machine::behavior::AnyReader;
use crate::time::Timestamp;

/// The instants of a request, for its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Milestones {
    /// When it was meant to start.
    pub intended_at: Timestamp,
    /// When it did.
    pub started_at: Timestamp,
    /// When its connection stood: just made, or kept from the request before.
    pub connected_at: Option<Timestamp>,
    /// When the first byte of the response was read.
    pub first_byte_at: Option<Timestamp>,
    /// When the last one so far was.
    pub last_byte_at: Option<Timestamp>,
}

/// A request in flight.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) milestones: Milestones,
    pub(super) phase: Phase,
    /// Bytes of the head.
    pub(super) head: u32,
    /// It went over a connection that was kept from the one before.
    pub(super) kept: bool,
    /// Its sending side is to be shut down once it is sent.
    pub(super) shuts: bool,
    /// Nothing was to be read when it was last tried.
    pub(super) dry: bool,
    /// It has been in its tunnel, or is.
    pub(super) tunnelled: bool,
    /// Response bytes read, head included.
    pub(super) read: u64,
    /// What is left to send.
    pub(super) sending: Option<Box<Sending>>,
}

/// Where a request stands.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// A connection is to be made.
    ToDial,
    /// It is being made.
    Dialling,
    /// The request goes out, the response comes in.
    Talking {
        reader: AnyReader,
        /// Nothing is asked: the client only waits for the server to close.
        silent: bool,
    },
    /// The whole response is there, and the connection stays open all the same.
    KeptOpen,
    Over(End),
}
