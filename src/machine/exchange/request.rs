//! The request's side of an exchange: its body is read from the client, and with its head sent upstream.
//!
//! With `proxy_request_buffering on` that is one after the other (`Phase::ReadBody`); otherwise the body is read and sent while the response may
//! already be coming (`ngx_http_upstream_read_request_handler`), and the client's bytes are events of the whole pair: nginx's edge-triggered
//! epoll tells with them that the client is writable.

use super::log::{Level, LogLine, SENDING_REQUEST};
use super::step::{BodyRead, Ending, Note, RequestHeadInfo, Step};
use super::{Exchange, Phase};
use crate::machine::pipe::{Ledger, Outgoing, RequestBody, RequestPipe, Spill};
use crate::time::Timestamp;

/// Length of `HTTP/1.1 100 Continue` and its empty line.
pub const CONTINUE: u64 = 25;

/// What is left of the request.
#[derive(Debug)]
pub(super) enum Request {
    /// It has no body; so many bytes of its head are unsent.
    Head { left: u64 },
    /// It has one.
    Piped(Box<RequestPipe>),
    /// All of it has been sent, or nobody wants the rest.
    Over,
}

impl Exchange {
    /// The request has a body.
    pub(super) fn take_up_body(
        &mut self,
        now: Timestamp,
        (request, spare): (RequestHeadInfo, u64),
    ) {
        let preread = request.preread;
        let pipe = RequestPipe::new(&self.config, request.body, preread, spare);
        self.request = Request::Piped(Box::new(pipe));
        self.phase = Phase::ReadBody;
        if request.malformed {
            return self.on_body_read(now, BodyRead::Malformed);
        }
        if request.body == RequestBody::Chunked {
            self.refuses(now, preread.payload, preread.ahead);
        }
    }

    /// What is to be done for the request's body before the upstream is contacted.
    pub(super) fn gather_request(&mut self) -> Option<Step> {
        let Request::Piped(pipe) = &mut self.request else {
            self.phase = Phase::Create;
            return None;
        };
        if let Some(spill) = pipe.spill() {
            if !self.facts.noted_body_spill {
                self.facts.noted_body_spill = true;
                return Some(Step::Note(Note::BodySpillStarted));
            }
            return Some(Step::SpillBody(spill));
        }
        let max = pipe.space();
        if max > 0 && self.client.readable {
            return Some(Step::ReadBody { max });
        }
        if pipe.is_buffered() && max > 0 {
            return Some(self.wait());
        }
        self.phase = Phase::Create;
        None
    }

    /// What the upstream's request is made of.
    pub(super) fn create_request(&self) -> Step {
        let body = match &self.request {
            Request::Piped(pipe) => Some(pipe.length()),
            Request::Head { .. } | Request::Over => None,
        };
        Step::CreateRequest { body }
    }

    /// The upstream's request is made, with a head of so many bytes.
    pub fn on_request_created(&mut self, head: u64) {
        match &mut self.request {
            Request::Head { left } => *left = head,
            Request::Piped(pipe) => pipe.on_created(head),
            Request::Over => panic!("a request that nobody wants"),
        }
        self.request_head = head as u32;
        self.phase = Phase::Connect { begun: false };
    }

    /// The next step of sending the request; `None` if nothing can be done for it now.
    pub(super) fn send_request(&mut self) -> Option<Step> {
        let pipe = match &mut self.request {
            Request::Over => return None,
            Request::Head { left } => {
                let max = *left;
                let due = max > 0 && self.upstream.writable;
                return due.then_some(Step::WriteUpstream { max });
            }
            Request::Piped(pipe) => pipe,
        };
        let max = pipe.unsent();
        if max > 0 && self.upstream.writable {
            return Some(Step::WriteUpstream { max });
        }
        let reading = !pipe.is_read();
        let max = pipe.space();
        if reading && max == 0 {
            // The upstream takes nothing, so nothing is asked of the client.
            self.timers.client_read.cancel();
        }
        (max > 0 && self.client.readable).then_some(Step::ReadBody { max })
    }

    /// Whether bytes of the request wait for the upstream.
    pub fn is_sending(&self) -> bool {
        match &self.request {
            Request::Head { left } => *left > 0,
            Request::Piped(pipe) => pipe.unsent() > 0,
            Request::Over => false,
        }
    }

    /// Whether bytes of the request's body are still to be read from the client, and taken by somebody.
    pub(super) fn is_reading_body(&self) -> bool {
        matches!(&self.request, Request::Piped(pipe) if !pipe.is_read())
    }

    /// Whether there is room for what the client sends.
    pub(super) fn wants_body(&mut self) -> bool {
        match &mut self.request {
            Request::Piped(pipe) => pipe.space() > 0,
            Request::Head { .. } | Request::Over => false,
        }
    }

    /// The client has sent something, or closed.
    pub fn on_client_readable(&mut self) {
        self.client.readable = true;
        if self.client.writable && !self.client.delayed {
            self.pump_for_client();
        }
    }

    /// What came of `ReadBody`.
    pub fn on_body_read(&mut self, now: Timestamp, read: BodyRead) {
        match read {
            BodyRead::Bytes { bytes, filled } => {
                self.client.readable = filled;
                self.facts.beyond = bytes.beyond as u32;
                let Request::Piped(pipe) = &mut self.request else {
                    panic!("a body that nobody asked for")
                };
                pipe.on_read(bytes);
                let so_far = pipe.ledger().read;
                if !self.refuses(now, so_far, bytes.ahead) {
                    self.body_timer(now);
                }
            }
            BodyRead::WouldBlock => {
                self.client.readable = false;
                self.body_timer(now);
            }
            BodyRead::Malformed => {
                let text = "client sent invalid chunked body";
                self.log(LogLine::bare(Level::Error, text));
                self.give_up(400, Ending::Refused, now);
            }
            BodyRead::Closed | BodyRead::Failed(_) => {
                let text = "client prematurely closed connection";
                let line = match self.phase {
                    Phase::ReadBody => LogLine::bare(Level::Info, text),
                    _ => LogLine::new(Level::Info, text, self.action),
                };
                self.log(line);
                self.break_off(now, 400, Ending::ClientClosed);
            }
        }
    }

    /// `client_body_timeout` counts from each read of the body that leaves it incomplete.
    fn body_timer(&mut self, now: Timestamp) {
        let reading = self.is_reading_body();
        if !(reading && self.client.readable) {
            let timeout = self.config.client_body_timeout;
            self.timers.client_read.arm_if(reading, now, timeout);
        }
    }

    /// Chunks are held to the limit as soon as they are announced; whether the body is refused for it.
    fn refuses(&mut self, now: Timestamp, so_far: u64, ahead: u64) -> bool {
        let refused = self.config.is_too_large(so_far.saturating_add(ahead));
        if refused {
            let text =
                format!("client intended to send too large chunked body: {so_far}+{ahead} bytes");
            self.log(LogLine::bare(Level::Error, &text));
            self.give_up(413, Ending::Refused, now);
        }
        refused
    }

    /// A spill of the request's body was carried out.
    pub fn on_body_spilled(&mut self, spill: Spill) {
        let Request::Piped(pipe) = &mut self.request else {
            panic!("a body that nobody asked for")
        };
        pipe.on_spilled(spill);
    }

    /// The client was too slow with its body: 408 in the access log, no byte to the client.
    pub(super) fn body_timed_out(&mut self, now: Timestamp) {
        debug_assert!(self.is_reading_body(), "only a body that is read is late");
        self.break_off(now, 408, Ending::BodyTimeout);
    }

    /// `n` bytes of the request were written; `blocked` if the socket took less than it was offered. Returns how many bytes of the body in
    /// memory will not be asked for again: a body that was buffered is kept for another attempt.
    pub fn on_upstream_written(&mut self, now: Timestamp, n: u64, blocked: bool) -> u64 {
        let before = self.request_ledger().memory;
        self.upstream.writable = !blocked;
        self.attempts.sent = true;
        self.action = SENDING_REQUEST;
        let unsent = match &mut self.request {
            Request::Head { left } => {
                *left -= n;
                *left
            }
            Request::Piped(pipe) => {
                pipe.on_written(n);
                pipe.unsent()
            }
            Request::Over => panic!("nothing was to be written upstream"),
        };
        let streamed = match self.is_streaming() {
            true => before - self.request_ledger().memory,
            false => 0,
        };
        if unsent > 0 {
            if blocked {
                let timeout = self.config.proxy_send_timeout;
                self.timers.upstream_write.arm(now, timeout);
            }
            return streamed;
        }
        self.timers.upstream_write.cancel();
        if self.is_reading_body() {
            return streamed;
        }
        self.attempts.sent_whole = true;
        if self.is_streaming() {
            self.end_of_request();
        }
        if matches!(self.phase, Phase::Header { .. }) {
            // Armed once, when the whole request is in the kernel; header bytes that trickle in do not re-arm it.
            let timeout = self.config.proxy_read_timeout;
            self.timers.upstream_read.arm(now, timeout);
        }
        streamed
    }

    /// Whether the body is passed on as it comes, and so cannot be sent again.
    pub(super) fn is_streaming(&self) -> bool {
        matches!(&self.request, Request::Piped(pipe) if !pipe.is_buffered())
    }

    /// Another peer is to get the request, from its beginning.
    pub(super) fn send_again(&mut self) {
        match &mut self.request {
            Request::Head { left } => *left = u64::from(self.request_head),
            Request::Piped(pipe) => pipe.restart(u64::from(self.request_head)),
            Request::Over => {}
        }
    }

    /// Bytes of the body in memory that have been sent and are kept.
    pub fn body_sent_from_memory(&self) -> u64 {
        match &self.request {
            Request::Piped(pipe) => pipe.sent_from_memory(),
            Request::Head { .. } | Request::Over => 0,
        }
    }

    /// Nothing more of the request is read or sent.
    pub(super) fn end_of_request(&mut self) {
        self.facts.unread |= self.is_reading_body();
        self.timers.client_read.cancel();
        self.timers.upstream_write.cancel();
        if let Request::Piped(pipe) = std::mem::replace(&mut self.request, Request::Over) {
            let ledger = pipe.ledger();
            self.facts.request_body = ledger.read;
            self.facts.request_spilled = ledger.spilled;
        }
    }

    /// The client is told to go on with its body.
    pub(super) fn tell_to_continue(&mut self) {
        self.facts.continued = true;
        self.todo.push(Step::Continue);
    }

    /// What goes upstream next; `None` if that is the request's head alone.
    pub fn request_outgoing(&self) -> Option<&Outgoing> {
        match &self.request {
            Request::Piped(pipe) => pipe.outgoing(),
            Request::Head { .. } | Request::Over => None,
        }
    }

    /// Whether nobody will want the request's body again: all of it has gone, and the head of a response has come, so that no other peer is asked
    /// (`ngx_http_upstream_send_response` closes its temp file then).
    pub fn is_done_with_request(&self) -> bool {
        self.outgoing().is_some() && self.request_outgoing().is_none()
    }

    /// The books of the request's body, while it is there.
    pub fn request_ledger(&self) -> Ledger {
        match &self.request {
            Request::Piped(pipe) => pipe.ledger(),
            Request::Head { .. } | Request::Over => Ledger::default(),
        }
    }

    /// Bytes of the next request that were read with this one's body.
    pub(in crate::machine) fn beyond(&self) -> u64 {
        u64::from(self.facts.beyond)
    }
}
