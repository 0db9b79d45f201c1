//! `proxy_buffering off`: `ngx_http_upstream_process_non_buffered_request`.
//!
//! One buffer of `proxy_buffer_size`. What is left of it may be read into while earlier bytes wait for the client, but
//! its space is reclaimed only when every byte has gone to the client's socket.

use super::{Action, BodyStart, Ledger, Outgoing, UpstreamEnd};
use crate::machine::proxy_config::ProxyConfig;

/// The pipe without buffering.
#[derive(Clone, Debug)]
pub struct Unbuffered {
    size: u64,
    filled: u64,
    left: Option<u64>,
    until_close: bool,
    end: UpstreamEnd,
    outgoing: Outgoing,
    writing: bool,
    read: u64,
}

impl Unbuffered {
    pub(super) fn new(config: &ProxyConfig, start: BodyStart) -> Unbuffered {
        let mut pipe = Unbuffered {
            size: config.proxy_buffer_size.0,
            filled: start.upstream_head,
            left: start.length,
            until_close: start.is_until_close(),
            end: UpstreamEnd::Open,
            outgoing: Outgoing::new(start.downstream_head, start.downstream_chunked),
            writing: true,
            read: 0,
        };
        if start.length == Some(0) {
            pipe.end = UpstreamEnd::Done;
        }
        if start.preread > 0 {
            pipe.on_read(start.preread, false);
        }
        pipe
    }

    pub(super) fn start_pump(&mut self, by_client: bool) {
        self.writing = by_client || self.end == UpstreamEnd::Done;
    }

    pub(super) fn next(&mut self, upstream_ready: bool, client_ready: bool) -> Action {
        if self.writing {
            match self.outgoing.unsent() {
                0 if self.end != UpstreamEnd::Open => return self.finish(),
                0 => self.filled = 0,
                _ if client_ready => return Action::Write,
                _ => {}
            }
            self.writing = false;
        }
        let space = self.size - self.filled;
        // nginx goes on reading behind a complete body, too; what comes is discarded.
        let reads = matches!(self.end, UpstreamEnd::Open | UpstreamEnd::Done);
        if reads && upstream_ready && space > 0 {
            return Action::Read { max: space };
        }
        Action::Idle {
            blocked: self.end == UpstreamEnd::Open && space == 0,
        }
    }

    fn finish(&mut self) -> Action {
        if self.is_complete() {
            self.outgoing.push_end();
        }
        Action::Finished
    }

    pub(super) fn on_read(&mut self, n: u64, last: bool) -> u64 {
        if self.end == UpstreamEnd::Done {
            self.writing = true;
            return 0;
        }
        let kept = self.left.map_or(n, |left| n.min(left));
        self.read += kept;
        self.filled = (self.filled + n).min(self.size);
        self.left = self.left.map(|left| left - kept);
        self.outgoing.push_memory(kept);
        if (last || self.left == Some(0)) && self.end == UpstreamEnd::Open {
            self.end = UpstreamEnd::Done;
        }
        self.writing = true;
        kept
    }

    pub(super) fn on_eof(&mut self) {
        if self.end == UpstreamEnd::Open {
            self.end = UpstreamEnd::Eof;
        }
        self.writing = true;
    }

    pub(super) fn on_read_error(&mut self) {
        if self.end == UpstreamEnd::Open {
            self.end = UpstreamEnd::Error;
        }
        self.writing = true;
    }

    pub(super) fn on_timeout(&mut self) {
        // nginx finalises with 504 here, but what is in its one buffer still goes out, and a body that was already
        // complete stays complete (measured on 1.22.1: a stalled client's last short read does trip proxy_read_timeout).
        if self.end == UpstreamEnd::Open {
            self.end = UpstreamEnd::Error;
        }
    }

    /// There is one buffer: nothing comes behind what is on its way.
    pub(super) fn ahead(&self) -> u64 {
        0
    }

    pub(super) fn on_written(&mut self, n: u64) -> u64 {
        self.outgoing.take_final(n)
    }

    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    pub(super) fn upstream_end(&self) -> UpstreamEnd {
        self.end
    }

    pub(super) fn is_complete(&self) -> bool {
        match self.end {
            UpstreamEnd::Done => true,
            UpstreamEnd::Eof => self.until_close,
            UpstreamEnd::Open | UpstreamEnd::Error => false,
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger {
            read: self.read,
            memory: self.outgoing.memory(),
            sent: self.outgoing.body_sent(),
            ..Ledger::default()
        }
    }
}
