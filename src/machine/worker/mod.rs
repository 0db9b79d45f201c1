//! gunicorn's workers as decisions (27.0, `workers/`): a class machine that decides who accepts, beats and closes, and a task machine
//! that handles a connection.
//!
//! A [`Worker`] has tasks. The driver performs what [`Worker::resume`] returns for a task and resumes it with what came of it; how tasks
//! of one process hold each other up is told by [`Model`]. `sync` has one task, `gthread` a main thread and a pool, `gevent`, `asgi` and
//! `uvicorn` a loop with one task per connection.
//!
//! To add a class: one folder beside `sync`, an arm in [`Worker`] and in `manners`; the compiler finds the rest.
//!
//! Not here: TLS, HTTP/2, several listeners, `sendfile`. A request's body is read before the handler runs, as an application that
//! parses its form does.

mod access_line;
mod action;
mod base;
mod class;
mod ended;
mod gil;
pub mod gthread;
mod handling;
pub mod hub;
mod illness;
mod judge;
mod linger;
mod manners;
mod payload;
mod sending;
mod serving;
pub mod sync;
mod warmth;

pub use action::{
    Access, Action, ConnId, Failure, Interrupt, Outcome, Report, State, Step, TaskId,
};
pub use base::{Identity, Orders};
pub use class::{Model, Worker};
pub use gil::{Gil, SWITCH_INTERVAL, Take};
pub use manners::Delivery;
pub use payload::{BODY_PATTERN, Payload};

use crate::time::Span;

/// Bytes asked for at once while the request is read (gunicorn's `SocketUnreader`).
pub const RECV_SIZE: usize = 8192;
/// Bytes that the lingering close drains at most (`close_graceful`'s `max_drain`).
pub const LINGER_DRAIN: u64 = 65_536;
/// Bytes that the lingering close asks for at once.
pub const LINGER_PIECE: usize = 4096;
/// What stands for half of a `timeout` that is zero: sync's select does not spin then, and uvicorn does not beat at every tick.
pub const SELECT_FLOOR: Span = Span::from_ms(500);
/// What the QUIT handler sleeps before it unwinds.
pub const QUIT_SLEEP: Span = Span::from_ms(100);
/// Longest request line without its end (`limit_request_line`).
pub const LIMIT_REQUEST_LINE: usize = 4094;
/// Longest header field (`limit_request_field_size`).
pub const LIMIT_REQUEST_FIELD_SIZE: usize = 8190;
/// Most header fields (`limit_request_fields`).
pub const LIMIT_REQUEST_FIELDS: usize = 100;
/// Longest head of which the end has not come (`max_buffer_headers`), in bytes.
const MAX_HEAD_BUFFER: usize = LIMIT_REQUEST_FIELDS * (LIMIT_REQUEST_FIELD_SIZE + 2) + 4;
/// Ours: a send of many pieces reports its progress this often at most.
pub const PROGRESS: Span = Span::from_ms(250);
/// asyncio's default high-water mark, which asgi and uvicorn set again (`HIGH_WATER_LIMIT`); writing goes on at a quarter of it.
pub const ASYNCIO_HIGH_WATER: u64 = 65_536;
