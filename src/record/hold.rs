//! Who held a worker, and for how long: one row of `holds.csv` each.

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp, as_us_opt, span_as_us};

/// How a hold ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldEnd {
    /// The slot became free.
    Released,
    /// The worker's process ended.
    Killed,
    /// It had not ended when the run did.
    Open,
}

/// A hold: the stretch of one slot of a worker from taking a connection up to being free again. On a connection that is kept, each request
/// is a hold of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// gunicorn's `age`.
    pub worker: u32,
    /// The slot, from 0.
    pub slot: u32,
    /// Process id.
    pub pid: u32,
    /// The request; empty if none came.
    pub request_id: Option<u64>,
    /// Its client's group.
    pub group: Option<String>,
    /// When the process took the connection from the accept queue.
    #[serde(rename = "accepted_at_us", with = "as_us_opt")]
    pub accepted_at: Option<Timestamp>,
    /// When the slot took it up.
    #[serde(rename = "began_at_us", with = "as_us_opt")]
    pub began_at: Option<Timestamp>,
    /// When the request's head had been read.
    #[serde(rename = "head_read_at_us", with = "as_us_opt")]
    pub head_read_at: Option<Timestamp>,
    /// When its body had been read too; the same instant where there was none to come.
    #[serde(rename = "body_read_at_us", with = "as_us_opt")]
    pub body_read_at: Option<Timestamp>,
    /// When the handler had its response and began to send.
    #[serde(rename = "app_done_at_us", with = "as_us_opt")]
    pub app_done_at: Option<Timestamp>,
    /// When the slot was free again, or its process gone.
    #[serde(rename = "released_at_us", with = "as_us_opt")]
    pub released_at: Option<Timestamp>,
    /// How it ended: `released`, `killed` (the process ended) or `open` (the run did).
    pub ended: HoldEnd,
    /// Body bytes that the kernel accepted.
    pub sent_bytes: u64,
    /// Time that the worker waited in `recv` for it.
    #[serde(rename = "recv_blocked_us", with = "span_as_us")]
    pub recv_blocked: Span,
    /// Time that the worker spent inside `send` for it.
    #[serde(rename = "send_blocked_us", with = "span_as_us")]
    pub send_blocked: Span,
    /// Time that the slot lingered after the response.
    #[serde(rename = "lingering_us", with = "span_as_us")]
    pub lingering: Span,
}
