//! The response pipe: nginx's `ngx_event_pipe.c` and its unbuffered twin, as decisions about counts of bytes.
//!
//! A pipe never sees a byte. It says what to do next ([`Action`]), is told what came of it, and keeps the books: which
//! bytes are in which buffer, which went to the temp file, which are on their way to the client. The driver keeps the
//! bytes in the same order and asks [`Outgoing::pieces`] what a write consists of.
//!
//! Not modelled: `limit_rate`, `proxy_limit_rate`, caching, `sendfile`, the copy buffers (2 of 32k) through which nginx sends a
//! temp file, and the framing bytes of a chunked upstream response (only its payload counts).

mod buffered;
mod outgoing;
mod unbuffered;

#[cfg(test)]
mod tests;

pub use buffered::Buffered;
pub use outgoing::{Outgoing, Piece};
pub use unbuffered::Unbuffered;

use super::proxy_config::ProxyConfig;

/// The next thing to do for a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Read at most so many body bytes from upstream.
    Read {
        /// Free buffer space.
        max: u64,
    },
    /// Write what is in [`Outgoing`] to the client, in one call.
    Write,
    /// Move bytes from memory to the temp file.
    Spill(Spill),
    /// Nothing can be done until something becomes ready; `blocked` if upstream is not read for lack of space.
    Idle {
        /// Whether the reason is a lack of buffer space.
        blocked: bool,
    },
    /// The upstream connection is no longer needed; what is left is in [`Outgoing`].
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
    fn is_until_close(self) -> bool {
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

/// The pipe of one response, in the mode that `proxy_buffering` asks for.
#[derive(Clone, Debug)]
pub enum Pipe {
    /// `proxy_buffering on`.
    Buffered(Buffered),
    /// `proxy_buffering off`.
    Unbuffered(Unbuffered),
}

macro_rules! both {
    ($self:expr, $pipe:ident => $call:expr) => {
        match $self {
            Pipe::Buffered($pipe) => $call,
            Pipe::Unbuffered($pipe) => $call,
        }
    };
}

impl Pipe {
    /// The pipe for a response whose head has just been read.
    pub fn new(config: &ProxyConfig, start: BodyStart) -> Pipe {
        if config.proxy_buffering {
            Pipe::Buffered(Buffered::new(config, start))
        } else {
            Pipe::Unbuffered(Unbuffered::new(config, start))
        }
    }

    /// Begins a pump: `by_client` if the client's socket became writable, otherwise upstream had an event.
    pub fn start_pump(&mut self, by_client: bool) {
        both!(self, pipe => pipe.start_pump(by_client));
    }

    /// The next action of the pump.
    pub fn next(&mut self, upstream_ready: bool, client_ready: bool) -> Action {
        both!(self, pipe => pipe.next(upstream_ready, client_ready))
    }

    /// `n` body bytes were read; `last` if the framing says that they were the last. Returns how many of them to keep.
    pub fn on_read(&mut self, n: u64, last: bool) -> u64 {
        both!(self, pipe => pipe.on_read(n, last))
    }

    /// The upstream closed.
    pub fn on_eof(&mut self) {
        both!(self, pipe => pipe.on_eof());
    }

    /// Reading failed (a reset). What the pump had just read is still passed on; whatever else waits is dropped.
    pub fn on_read_error(&mut self) {
        both!(self, pipe => pipe.on_read_error());
    }

    /// The read timer fired: everything that is not yet on its way to the client is dropped, the temp file included.
    pub fn on_timeout(&mut self) {
        both!(self, pipe => pipe.on_timeout());
    }

    /// `n` bytes of [`Outgoing`], head and framing included, were written.
    pub fn on_written(&mut self, n: u64) {
        both!(self, pipe => pipe.on_written(n));
    }

    /// A spill was carried out.
    pub fn on_spilled(&mut self, spill: Spill) {
        match self {
            Pipe::Buffered(pipe) => pipe.on_spilled(spill),
            Pipe::Unbuffered(_) => panic!("an unbuffered pipe never spills"),
        }
    }

    /// What is on its way to the client.
    pub fn outgoing(&self) -> &Outgoing {
        both!(self, pipe => pipe.outgoing())
    }

    /// How the upstream side ended.
    pub fn upstream_end(&self) -> UpstreamEnd {
        both!(self, pipe => pipe.upstream_end())
    }

    /// Whether the whole body has been read: done, or closed where closing is the framing.
    pub fn is_complete(&self) -> bool {
        both!(self, pipe => pipe.is_complete())
    }

    /// The books.
    pub fn ledger(&self) -> Ledger {
        both!(self, pipe => pipe.ledger())
    }
}
