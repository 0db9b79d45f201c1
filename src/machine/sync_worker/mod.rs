//! gunicorn's sync worker as decisions: beat, accept, handle, linger (27.0, `workers/sync.py`).
//!
//! The driver performs what [`SyncWorker::resume`] returns and resumes it with what came of it. One request at a time, all
//! input and output blocking, a beat only at the top of the loop and before the select: so nothing beats while a request is
//! handled, and `timeout` is in effect a limit on requests.
//!
//! Not here: keep-alive (sync never keeps), TLS, several listeners, `sendfile`. The request's body is read before the
//! handler runs, as an application that parses its form does. Heads are bounded by `http::MAX_HEAD_BYTES`, which is less than
//! gunicorn's 100 fields of 8190 bytes.

mod action;
mod judge;
mod payload;
mod serving;
#[cfg(test)]
mod tests;
mod unwind;
mod worker;

pub use action::{Access, Action, Failure, Interrupt, Outcome, Report, State};
pub use payload::{BODY_PATTERN, Payload};
pub use worker::{Identity, SyncWorker};

use crate::time::Span;

/// Bytes asked for at once while the request is read (gunicorn's `SocketUnreader`).
pub const RECV_SIZE: usize = 8192;
/// Bytes that the lingering close drains at most (`close_graceful`'s `max_drain`).
pub const LINGER_DRAIN: u64 = 65_536;
/// The select's timeout if `timeout` is zero, so that the worker does not spin.
pub const SELECT_FLOOR: Span = Span::from_ms(500);
/// What the QUIT handler sleeps before it unwinds.
pub const QUIT_SLEEP: Span = Span::from_ms(100);
/// Longest request line without its end (`limit_request_line`).
pub const LIMIT_REQUEST_LINE: usize = 4094;
/// Longest header field (`limit_request_field_size`).
pub const LIMIT_REQUEST_FIELD_SIZE: usize = 8190;
/// Ours: a send of many pieces reports its progress this often at most.
pub const PROGRESS: Span = Span::from_ms(250);
