//! What a pipe says and is told.

/// The next thing to do for a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Read at most so many body bytes from upstream.
    Read {
        /// Free buffer space.
        max: u64,
    },
    /// Write what is in [`super::Outgoing`] to the client, in one call.
    Write,
    /// Move bytes from memory to the temp file.
    Spill(Spill),
    /// Nothing can be done until something becomes ready; `blocked` if upstream is not read for lack of space.
    Idle {
        /// Whether the reason is a lack of buffer space.
        blocked: bool,
    },
    /// The upstream connection is no longer needed; what is left is in [`super::Outgoing`].
    Finished,
}

/// A move from memory to the temp file (`ngx_event_pipe_write_chain_to_temp_file`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spill {
    /// Bytes at the head of memory that stay: they are already on their way to the client.
    pub skip: u64,
    /// Bytes to move.
    pub bytes: u64,
    /// Where in the file they go.
    pub at: u64,
}

/// What is known of the response when its body begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BodyStart {
    /// Bytes of the upstream's head in the first buffer.
    pub upstream_head: u64,
    /// Body bytes that were read together with the head.
    pub preread: u64,
    /// Body bytes that are known to come in all (`Content-Length`, or 0 for no body).
    pub length: Option<u64>,
    /// Whether the upstream's body is chunked: nginx then does not hold back partly filled buffers.
    pub upstream_chunked: bool,
    /// Bytes of the head that the client gets.
    pub downstream_head: u64,
    /// Whether the client gets the body in chunks.
    pub downstream_chunked: bool,
}

impl BodyStart {
    /// Whether the upstream's close is what ends the body.
    pub(super) fn is_until_close(self) -> bool {
        self.length.is_none() && !self.upstream_chunked
    }
}

/// What has become of the upstream side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpstreamEnd {
    /// More may come.
    Open,
    /// The body is complete (`upstream_done`).
    Done,
    /// The upstream closed (`upstream_eof`).
    Eof,
    /// Reading failed or timed out (`upstream_error`).
    Error,
}

/// Where every byte of a body is, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Read from upstream and kept.
    pub read: u64,
    /// In user-space memory.
    pub memory: u64,
    /// In the temp file, not yet sent.
    pub file: u64,
    /// Handed to the client's socket.
    pub sent: u64,
    /// Thrown away at a timeout or reset.
    pub dropped: u64,
    /// Ever written to the temp file.
    pub spilled: u64,
}
