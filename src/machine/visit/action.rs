//! What a visit wants done.

use crate::time::Timestamp;

/// What to do next. The driver does it, tells the visit what came of it, and asks again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Close the connection, if there is one, and connect; then [`on_connected`](super::Visit::on_connected) or
    /// [`on_refused`](super::Visit::on_refused).
    Dial,
    /// Write some of the request, as it [travels](crate::machine::http::request_bytes), without waiting; then
    /// [`on_sent`](super::Visit::on_sent) or [`on_send_failed`](super::Visit::on_send_failed).
    Send {
        /// Bytes of it that are written already.
        from: u64,
        /// Bytes to write, at most. Never zero.
        most: u64,
    },
    /// Read at most so many bytes, without waiting; then one of `on_received`, `on_empty`, `on_eof` and `on_reset`. Never zero.
    Receive(usize),
    /// `shutdown(SHUT_WR)`.
    ShutdownWrite,
    /// Wait for one of these, then call [`on_awake`](super::Visit::on_awake) and ask again.
    Wait(Wait),
    /// The request is over: report it, then call [`leave`](super::Visit::leave).
    Over(super::End),
}

/// What a client waits for, beside the [deadline](super::Visit::deadline) of its request. Nothing at all is possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wait {
    /// Something to read, or the end of the stream.
    pub readable: bool,
    /// Room to write.
    pub writable: bool,
    /// An instant.
    pub until: Option<Timestamp>,
}
