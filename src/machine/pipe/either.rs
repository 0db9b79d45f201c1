//! One pipe, whichever the mode.

use super::{Action, BodyStart, Buffered, Ledger, Outgoing, Spill, Unbuffered, UpstreamEnd};
use crate::machine::proxy_config::ProxyConfig;

/// The pipe of one response, in the mode that `proxy_buffering` or the application asks for.
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
    /// The pipe for a response whose head has just been read. `buffering` is `proxy_buffering`, unless the response overrules it.
    pub fn new((config, buffering): (&ProxyConfig, bool), start: BodyStart) -> Pipe {
        if buffering {
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

    /// Bytes of memory behind [`Outgoing`] that nginx would write in its next call if this one is taken whole. They may be written along: what
    /// [`Pipe::on_written`] is told of them counts as if they had gone in a call of their own.
    pub fn ahead(&self) -> u64 {
        both!(self, pipe => pipe.ahead())
    }

    /// `n` bytes of [`Outgoing`], head and framing included, and then of what is [`Pipe::ahead`] were written; how many of them were in memory.
    pub fn on_written(&mut self, n: u64) -> u64 {
        both!(self, pipe => pipe.on_written(n))
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
