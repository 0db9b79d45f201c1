//! What happened.

use super::attempts::Failure;
use super::log::{
    CONNECTING, Level, LogLine, OsError, READING_HEADER, READING_UPSTREAM, SENDING_REQUEST,
    SENDING_TO_CLIENT,
};
use super::step::{Ending, ReadResult, ResponseHeadInfo};
use super::{Exchange, Phase};
use crate::machine::event_loop::lacks_descriptors;
use crate::machine::pipe::{BodyStart, Outgoing, Pipe, Spill};
use crate::machine::timers::Directive;
use crate::time::Timestamp;

/// What `$status` is for a response without a head (`ngx_http_log_status`).
const SIMPLE_STATUS: u16 = 9;

impl Exchange {
    /// The connection is established (by the kernel: nobody need have accepted it).
    pub fn on_connected(&mut self, now: Timestamp) {
        let Phase::Connect { .. } = self.phase else {
            panic!("connected outside the connect phase")
        };
        self.timers.upstream_write.cancel();
        self.facts.connected_at = Some(now);
        self.upstream.open = true;
        self.upstream.writable = true;
        self.action = SENDING_REQUEST;
        self.phase = Phase::Header { len: 0 };
    }

    /// TCP answers EINPROGRESS; only then does nginx arm `proxy_connect_timeout`.
    pub fn on_connect_pending(&mut self, now: Timestamp) {
        let timeout = self.config.proxy_connect_timeout;
        self.timers.upstream_write.arm(now, timeout);
    }

    /// The connect failed: at once the next peer, if there is one, or 502, even for EAGAIN on a full Unix backlog.
    pub fn on_connect_failed(&mut self, now: Timestamp, error: &OsError) {
        if lacks_descriptors(error) {
            // There was not even a socket.
            let line = LogLine::failed(Level::Alert, "socket", error, CONNECTING);
            self.log(line);
            return self.give_up(500, Ending::ConnectFailed, now);
        }
        let line = LogLine::connect_failed(self.attempts.name(), error);
        self.log(line);
        self.next_peer(now, Failure::Error, Ending::ConnectFailed);
    }

    /// The event loop has no slot for the connection, and said so in `line`: 500, whoever else could be asked
    /// (`ngx_event_connect_peer` returns NGX_ERROR).
    pub fn on_no_slot(&mut self, now: Timestamp, line: &LogLine) {
        self.log(LogLine::new(line.level, &line.text, CONNECTING));
        self.give_up(500, Ending::ConnectFailed, now);
    }

    /// The upstream accepts bytes again.
    pub fn on_upstream_writable(&mut self) {
        self.upstream.writable = true;
    }

    /// Writing the request failed.
    pub fn on_upstream_write_failed(&mut self, now: Timestamp, error: &OsError) {
        self.attempts.sent = true;
        self.log(LogLine::failed(Level::Error, "writev", error, self.action));
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Body(mut pipe) => {
                self.facts.ending = Ending::UpstreamClosed;
                self.facts.keep_alive = false;
                pipe.on_timeout();
                self.start_flush(Phase::Flush(pipe), now);
            }
            _ => self.next_peer(now, Failure::Error, Ending::UpstreamClosed),
        }
    }

    /// The upstream has data, or ended.
    pub fn on_upstream_readable(&mut self) {
        self.upstream.readable = true;
        match &mut self.phase {
            Phase::Header { .. } => self.action = READING_HEADER,
            Phase::Body(pipe) if !self.upstream.delayed => {
                self.action = READING_UPSTREAM;
                pipe.start_pump(false);
                self.pumping = true;
            }
            _ => {}
        }
    }

    /// What came of `ReadUpstream`. Returns how many of the bytes belong to the response and are to be kept.
    pub fn on_upstream_read(&mut self, now: Timestamp, result: ReadResult) -> u64 {
        match (&mut self.phase, result) {
            (_, ReadResult::WouldBlock) => {
                self.upstream.readable = false;
                0
            }
            (Phase::Header { len }, ReadResult::Bytes { n, filled, .. }) => {
                *len += n;
                self.upstream.readable = filled;
                if *len >= self.config.proxy_buffer_size.0 {
                    self.log(LogLine::new(
                        Level::Error,
                        "upstream sent too big header",
                        self.action,
                    ));
                    self.next_peer(now, Failure::InvalidHeader, Ending::InvalidHead);
                }
                n
            }
            (Phase::Header { .. }, ReadResult::Closed) => {
                self.log(LogLine::new(
                    Level::Error,
                    "upstream prematurely closed connection",
                    self.action,
                ));
                self.next_peer(now, Failure::Error, Ending::UpstreamClosed);
                0
            }
            (Phase::Header { .. }, ReadResult::Failed(error)) => {
                let line = LogLine::failed(Level::Error, "recv", &error, self.action);
                self.log(line);
                self.next_peer(now, Failure::Error, Ending::UpstreamClosed);
                0
            }
            (Phase::Body(pipe), ReadResult::Bytes { n, filled, last }) => {
                self.upstream.readable = filled;
                let before = pipe.ledger().read;
                let kept = pipe.on_read(n, last);
                let ledger = pipe.ledger();
                self.facts.peak = self.facts.peak.max(ledger.memory + ledger.file);
                self.facts.heard(now);
                self.pause_reading(now, (before, before + n));
                kept
            }
            (Phase::Body(pipe), ReadResult::Closed) => {
                self.upstream.readable = false;
                self.upstream.ended = true;
                pipe.on_eof();
                self.facts.heard(now);
                0
            }
            (Phase::Body(pipe), ReadResult::Failed(error)) => {
                self.upstream.readable = false;
                self.upstream.ended = true;
                let call = match pipe {
                    Pipe::Buffered(_) => "readv",
                    Pipe::Unbuffered(_) => "recv",
                };
                pipe.on_read_error();
                let line = LogLine::failed(Level::Error, call, &error, self.action);
                self.log(line);
                0
            }
            _ => panic!("nothing was to be read from upstream"),
        }
    }

    /// The bytes just read complete the response head. `filled` as in [`ReadResult::Bytes`].
    pub fn on_head(&mut self, now: Timestamp, filled: bool, head: ResponseHeadInfo) {
        let Phase::Header { .. } = self.phase else {
            panic!("a head outside the header phase")
        };
        if self.would_rather_ask_another(now, head.status) {
            return;
        }
        self.attempts.peer_keeps = head.upstream_keep_alive;
        self.upstream.readable = filled;
        self.facts.header_at = Some(now);
        self.facts.last_read_at = now;
        self.facts.status = head.status;
        self.facts.keep_alive = head.keep_alive;
        self.action = READING_UPSTREAM;
        // An answer before the request is complete: what nginx has buffered of it is not sent any more; what the client still
        // sends is passed on.
        self.timers.upstream_write.cancel();
        if !self.is_reading_body() {
            self.end_of_request();
        }
        let buffering = head.accel_buffering.unwrap_or(self.config.proxy_buffering);
        let mut pipe = Pipe::new(
            (&self.config, buffering),
            BodyStart {
                upstream_head: head.upstream_head,
                preread: head.preread,
                length: head.length,
                upstream_chunked: head.upstream_chunked.is_some(),
                downstream_head: head.downstream_head,
                downstream_chunked: head.downstream_chunked,
            },
        );
        if head.upstream_chunked == Some(true) {
            pipe.on_read(0, true);
        }
        self.facts.peak = pipe.ledger().memory;
        self.phase = Phase::Body(pipe);
        self.pumping = true;
        self.limit_body(now, (buffering, head.preread));
    }

    /// The bytes just read are `n` of a response without a head: nginx takes what is no HTTP/1 for HTTP/0.9, passes it on as it is, unless HEAD was
    /// asked (`to_head`), and logs 009.
    pub fn on_simple_answer(&mut self, now: Timestamp, (n, filled): (u64, bool), to_head: bool) {
        let text = "upstream sent no valid HTTP/1.0 header";
        self.log(LogLine::new(Level::Error, text, READING_HEADER));
        let head = ResponseHeadInfo {
            status: SIMPLE_STATUS,
            upstream_head: 0,
            preread: if to_head { 0 } else { n },
            length: to_head.then_some(0),
            upstream_chunked: None,
            downstream_head: 0,
            downstream_chunked: false,
            keep_alive: self.facts.wants_keep_alive,
            accel_buffering: None,
            upstream_keep_alive: false,
        };
        self.on_head(now, filled, head);
    }

    /// The bytes just read are no HTTP head.
    pub fn on_invalid_head(&mut self, now: Timestamp) {
        self.log(LogLine::new(
            Level::Error,
            "upstream sent invalid header",
            READING_HEADER,
        ));
        self.next_peer(now, Failure::InvalidHeader, Ending::InvalidHead);
    }

    /// What comes from upstream is no chunked body: nginx breaks the response off, and what it has not written yet is lost
    /// (`ngx_http_proxy_chunked_filter`).
    pub fn on_invalid_body(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Body(_)) {
            let text = "upstream sent invalid chunked response";
            self.log(LogLine::new(Level::Error, text, self.action));
            self.break_off(now, self.facts.status, Ending::UpstreamClosed);
        }
    }

    /// An error page of `len` bytes, its head included, is ready to go out.
    pub fn on_error_page(&mut self, now: Timestamp, len: u64) {
        let Phase::Page { keep_alive, .. } = self.phase else {
            panic!("an error page that nobody asked for")
        };
        self.facts.keep_alive = keep_alive;
        self.start_flush(Phase::FlushPage(Outgoing::new(len, false)), now);
    }

    /// A spill was carried out.
    pub fn on_spilled(&mut self, spill: Spill) {
        let Phase::Body(pipe) = &mut self.phase else {
            panic!("a spill outside the body phase")
        };
        pipe.on_spilled(spill);
    }

    /// The temp file cannot be written (a full disk): an upload is answered with 500, and of a response, whose status has gone, nginx breaks off
    /// what is left (both measured on 1.22.1).
    pub fn on_spill_failed(&mut self, now: Timestamp) {
        match self.phase {
            Phase::ReadBody => self.give_up(500, Ending::Refused, now),
            _ => self.break_off(now, 500, Ending::Refused),
        }
    }

    /// The run ends.
    pub fn on_stop(&mut self, now: Timestamp) {
        self.break_off(now, self.facts.status, Ending::Stopped);
    }

    /// `worker_shutdown_timeout` is over (`ngx_http_request_handler` with `c->close`): the access log shows what status the response has by
    /// then, and 000 if it has none.
    pub fn on_shutdown_timeout(&mut self, now: Timestamp) {
        let is_page = matches!(self.phase, Phase::Page { .. } | Phase::FlushPage(_));
        let status = match is_page || self.facts.header_at.is_some() {
            true => self.facts.status,
            false => 0,
        };
        self.break_off(now, status, Ending::ShutdownTimeout);
    }

    /// The wait's deadline has come.
    pub fn on_timer(&mut self, now: Timestamp) {
        if self.timers.upstream_write.fires(now) {
            let (directive, ending) = match self.phase {
                Phase::Connect { .. } => (Directive::ProxyConnectTimeout, Ending::ConnectTimeout),
                _ => (Directive::ProxySendTimeout, Ending::SendRequestTimeout),
            };
            let line = LogLine::timed_out("upstream", self.action, directive);
            self.log(line);
            self.next_peer(now, Failure::Timeout, ending);
        } else if self.timers.upstream_read.fires(now) {
            if !self.go_on_reading() {
                self.read_timed_out(now);
            }
        } else if self.timers.client_read.fires(now) {
            self.body_timed_out(now);
        } else if self.timers.client_write.fires(now) {
            if self.go_on_writing(now) {
                return;
            }
            let directive = Directive::SendTimeout;
            self.log(LogLine::timed_out("client", SENDING_TO_CLIENT, directive));
            self.facts.reset = self.config.reset_timedout_connection;
            self.break_off(now, 408, Ending::SendTimeout);
        }
    }

    fn read_timed_out(&mut self, now: Timestamp) {
        let directive = Directive::ProxyReadTimeout;
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Body(mut pipe) => {
                self.log(LogLine::timed_out("upstream", READING_UPSTREAM, directive));
                self.facts.ending = Ending::ReadTimeout;
                self.facts.keep_alive = false;
                pipe.on_timeout();
                self.start_flush(Phase::Flush(pipe), now);
            }
            _ => {
                self.log(LogLine::timed_out("upstream", READING_HEADER, directive));
                self.next_peer(now, Failure::Timeout, Ending::ReadTimeout);
            }
        }
    }

    /// Nothing more goes to the client. `status` is logged only if nothing had (`ngx_http_terminate_request`).
    pub(super) fn break_off(&mut self, now: Timestamp, status: u16, ending: Ending) {
        if self.facts.bytes_sent == 0 {
            self.facts.status = status;
        }
        self.facts.ending = ending;
        self.facts.keep_alive = false;
        self.end_of_request();
        self.close_upstream(now);
        self.over();
    }
}
