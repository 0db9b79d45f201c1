//! What to do next.

use std::sync::Arc;

use smallvec::SmallVec;

use super::log::{CONNECTING, LogLine, READING_UPSTREAM};
use super::request::{CONTINUE, Request};
use super::step::{Declined, Ending, Finished, Note, ReadWait, RequestHeadInfo, Step, Wait};
use super::{Attempts, ClientSide, Exchange, Facts, Phase, Timers, UpstreamSide};
use crate::machine::exchange::Level;
use crate::machine::http::{logged_status, page_keeps_alive};
use crate::machine::pipe::{Action, BodyBytes, Ledger, Outgoing, Pipe, RequestBody, UpstreamEnd};
use crate::machine::proxy_config::{ProxyConfig, ReadTimer};
use crate::machine::rate_limit::RateLimit;
use crate::time::Timestamp;

impl Exchange {
    /// An exchange for a request whose head has been read. `spare` is how much of the head's buffer is left for its body; `names` are the
    /// peers' addresses as the log prints them: `127.0.0.1:8000` or `unix:/path`.
    pub fn new(
        config: Arc<ProxyConfig>,
        names: Arc<[String]>,
        (request, spare): (RequestHeadInfo, u64),
        now: Timestamp,
    ) -> Exchange {
        let watch_close = !config.proxy_ignore_client_abort;
        let limit = RateLimit::new(config.limit_rate, config.limit_rate_after.0, now);
        let attempts = Attempts::new(&config, names, request.idempotent);
        let mut exchange = Exchange {
            config,
            attempts,
            phase: Phase::Create,
            todo: SmallVec::new(),
            timers: Timers::default(),
            request: Request::Head { left: 0 },
            request_head: 0,
            upstream: UpstreamSide::default(),
            client: ClientSide::new(watch_close, limit),
            pumping: false,
            action: CONNECTING,
            facts: Facts::new(now),
        };
        exchange.facts.wants_keep_alive = request.keep_alive;
        exchange.facts.beyond = request.preread.beyond as u32;
        if request.expects_continue {
            exchange.tell_to_continue();
        }
        if request.body != RequestBody::None {
            exchange.take_up_body(now, (request, spare));
        }
        exchange
    }

    /// An exchange that only answers with an error page: the proxy refuses the request itself.
    pub fn refusal(config: Arc<ProxyConfig>, declined: Declined, now: Timestamp) -> Exchange {
        let keep_alive = declined.keep_alive;
        let nothing = RequestHeadInfo {
            len: 0,
            body: RequestBody::None,
            preread: BodyBytes::default(),
            malformed: false,
            expects_continue: false,
            keep_alive,
            idempotent: true,
        };
        let mut exchange = Exchange::new(config, Arc::from([]), (nothing, 0), now);
        exchange.facts.unread = declined.unread;
        exchange.facts.beyond = declined.beyond as u32;
        exchange.give_up(declined.status, Ending::Refused, now);
        exchange
    }

    /// What to do now.
    #[inline]
    pub fn next(&mut self, now: Timestamp) -> Step {
        loop {
            if !self.todo.is_empty() {
                return self.todo.remove(0);
            }
            let step = match &mut self.phase {
                Phase::ReadBody => self.gather_request(),
                Phase::Create => Some(self.create_request()),
                Phase::Connect { begun: false } => {
                    self.phase = Phase::Connect { begun: true };
                    self.facts.contacted = true;
                    self.facts.started_at = now;
                    Some(Step::Connect)
                }
                Phase::Connect { begun: true } => Some(self.wait()),
                Phase::Header { len } if self.upstream.readable => {
                    let max = self.config.proxy_buffer_size.0 - *len;
                    Some(Step::ReadUpstream { max })
                }
                Phase::Header { .. } => self.send_request().or_else(|| Some(self.wait())),
                Phase::Body(_) => match self.send_request() {
                    None if self.pumping => self.pump(now),
                    None => Some(self.wait()),
                    step => step,
                },
                Phase::Page { status, keep_alive } => Some(Step::ErrorPage {
                    status: *status,
                    keep_alive: *keep_alive,
                }),
                Phase::Flush(pipe) => {
                    let unsent = pipe.outgoing().unsent();
                    self.flush(unsent, now)
                }
                Phase::FlushPage(outgoing) => {
                    let unsent = outgoing.unsent();
                    self.flush(unsent, now)
                }
                Phase::Over => Some(Step::Finish(Box::new(self.finished()))),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// One action of the body pump; `None` if the phase changed.
    fn pump(&mut self, now: Timestamp) -> Option<Step> {
        let (most_read, most_written) = (self.may_read(now), self.may_write(now));
        let Phase::Body(pipe) = &mut self.phase else {
            unreachable!("only the body is pumped")
        };
        match pipe.next(most_read > 0, most_written > 0) {
            Action::Read { max } => {
                let max = max.min(most_read);
                Some(Step::ReadUpstream { max })
            }
            Action::Write => Some(self.client.write(pipe, most_written)),
            Action::Spill(spill) => {
                if !self.facts.noted_spill {
                    self.facts.noted_spill = true;
                    return Some(Step::Note(Note::SpillStarted));
                }
                Some(Step::Spill(spill))
            }
            Action::Idle { blocked } => {
                self.pumping = false;
                self.end_of_pump(now);
                if blocked && self.upstream.readable && !self.facts.noted_block {
                    self.facts.noted_block = true;
                    return Some(Step::Note(Note::UpstreamBlocked));
                }
                Some(self.wait())
            }
            Action::Finished => {
                self.conclude(now);
                None
            }
        }
    }

    /// nginx's rule at the end of every pump, whatever event caused it: both timers are looked at again.
    fn end_of_pump(&mut self, now: Timestamp) {
        let Phase::Body(pipe) = &self.phase else {
            return;
        };
        if matches!(pipe, Pipe::Buffered(_)) {
            self.action = READING_UPSTREAM;
        }
        let client_blocked = !self.client.writable;
        let read_timeout = self.config.proxy_read_timeout;
        match self.config.read_timer {
            _ if self.upstream.delayed => {}
            ReadTimer::Nginx => {
                let waiting = !self.upstream.readable;
                self.timers.upstream_read.arm_if(waiting, now, read_timeout);
            }
            ReadTimer::WallClock if pipe.upstream_end() == UpstreamEnd::Open => {
                // A pause of `proxy_limit_rate` may have outlasted it: then it is due now.
                let since = self.facts.last_read_at.max(now - read_timeout);
                self.timers.upstream_read.arm_exactly(since, read_timeout);
            }
            ReadTimer::WallClock => self.timers.upstream_read.cancel(),
        }
        if !self.client.delayed {
            self.timers
                .client_write
                .arm_if(client_blocked, now, self.config.send_timeout);
        }
    }

    /// The upstream is no longer needed: `ngx_http_upstream_finalize_request`.
    fn conclude(&mut self, now: Timestamp) {
        let Phase::Body(pipe) = std::mem::replace(&mut self.phase, Phase::Over) else {
            unreachable!("only a body is concluded")
        };
        if pipe.upstream_end() == UpstreamEnd::Done {
            self.may_keep_connection();
        }
        if matches!(pipe, Pipe::Buffered(_)) {
            self.action = READING_UPSTREAM;
        }
        if !pipe.is_complete() {
            self.facts.keep_alive = false;
            self.facts.ending = Ending::UpstreamClosed;
            if pipe.upstream_end() == UpstreamEnd::Eof {
                let text = "upstream prematurely closed connection";
                self.log(LogLine::new(Level::Error, text, self.action));
            }
        }
        self.start_flush(Phase::Flush(pipe), now);
    }

    fn flush(&mut self, unsent: u64, now: Timestamp) -> Option<Step> {
        if unsent == 0 {
            self.over();
            return None;
        }
        Some(match self.may_write(now) {
            0 => self.wait(),
            most => Step::WriteDownstream {
                max: unsent.min(most),
                ahead: 0,
            },
        })
    }

    pub(super) fn wait(&mut self) -> Step {
        let connecting = matches!(self.phase, Phase::Connect { .. });
        // Once the response's head is there nginx ignores that the upstream could take more (`ngx_http_upstream_send_request_handler`).
        let sending = matches!(self.phase, Phase::Header { .. }) && self.is_sending();
        let flushing = matches!(self.phase, Phase::Flush(_) | Phase::FlushPage(_));
        let body = matches!(self.phase, Phase::Body(_));
        let watched = self.upstream.open && !self.upstream.ended;
        let upstream_read = match (watched, self.upstream.readable) {
            (false, _) => ReadWait::No,
            (true, false) => ReadWait::Readable,
            // It is read when the pause ends, whatever comes until then.
            (true, true) if self.upstream.delayed => ReadWait::No,
            (true, true) => ReadWait::MoreArrives,
        };
        let client_read = self.is_reading_body() && !connecting && self.wants_body();
        Step::Wait(Wait {
            upstream_read,
            upstream_write: connecting || sending,
            client_read,
            client_write: (body || flushing) && !self.client.writable,
            client_closed: self.watches_client_close(),
            deadline: [
                self.timers.upstream_write.deadline(),
                self.timers.upstream_read.deadline(),
                self.timers.client_read.deadline(),
                self.timers.client_write.deadline(),
            ]
            .into_iter()
            .flatten()
            .min(),
        })
    }

    pub(super) fn start_flush(&mut self, phase: Phase, now: Timestamp) {
        self.end_of_request();
        self.close_upstream(now);
        self.phase = phase;
        self.action = super::log::SENDING_TO_CLIENT;
        // From here on nginx watches the client even under proxy_ignore_client_abort (ngx_http_test_reading).
        self.client.watch_close = true;
        if !self.client.delayed {
            self.timers.client_write.arm(now, self.config.send_timeout);
        }
    }

    /// No head has gone out yet: an error page instead.
    pub(super) fn give_up(&mut self, status: u16, ending: Ending, now: Timestamp) {
        self.facts.status = logged_status(status);
        self.facts.ending = ending;
        self.end_of_request();
        self.close_upstream(now);
        let keep_alive = self.facts.wants_keep_alive && page_keeps_alive(status);
        self.phase = Phase::Page { status, keep_alive };
    }

    pub(super) fn close_upstream(&mut self, now: Timestamp) {
        self.timers.upstream_read.cancel();
        self.timers.upstream_write.cancel();
        if self.facts.contacted && self.facts.released_at.is_none() {
            self.facts.released_at = Some(now);
            let release = self.attempts.release();
            self.todo.extend(release.map(Step::CloseUpstream));
        }
        self.upstream.open = false;
        self.upstream.readable = false;
        self.upstream.delayed = false;
    }

    pub(super) fn log(&mut self, line: LogLine) {
        self.todo.push(Step::Log(line));
    }

    /// Nothing more will be sent.
    pub(super) fn over(&mut self) {
        self.facts.ledger = self.ledger();
        self.phase = Phase::Over;
    }

    /// The books of the body, whatever the phase.
    pub fn ledger(&self) -> Ledger {
        match &self.phase {
            Phase::Body(pipe) | Phase::Flush(pipe) => pipe.ledger(),
            Phase::FlushPage(outgoing) => Ledger {
                sent: outgoing.body_sent(),
                ..Ledger::default()
            },
            _ => self.facts.ledger,
        }
    }

    /// Whether a close of the client ends the exchange.
    pub fn watches_client_close(&self) -> bool {
        let connecting = matches!(self.phase, Phase::Connect { .. });
        // While a body is to come its end is found by reading it.
        self.client.watch_close && (connecting || !self.is_reading_body())
    }

    /// Whether the client would send another request on the connection.
    pub fn wants_keep_alive(&self) -> bool {
        self.facts.wants_keep_alive
    }

    /// What the next write to the client consists of; `None` before there is a response.
    pub fn outgoing(&self) -> Option<&Outgoing> {
        match &self.phase {
            Phase::Body(pipe) | Phase::Flush(pipe) => Some(pipe.outgoing()),
            Phase::FlushPage(outgoing) => Some(outgoing),
            _ => None,
        }
    }

    fn finished(&self) -> Finished {
        let facts = &self.facts;
        let upstream_end = facts.released_at.filter(|_| facts.contacted);
        Finished {
            status: facts.status,
            ending: facts.ending,
            keep_alive: facts.keep_alive && !facts.unread,
            reset: facts.reset,
            request_body: facts.request_body,
            request_spilled: facts.request_spilled,
            unread: facts.unread,
            body_read: facts.ledger.read,
            body_sent: facts.ledger.sent,
            bytes_sent: facts.bytes_sent + if facts.continued { CONTINUE } else { 0 },
            spilled: facts.ledger.spilled,
            peak_buffered: facts.peak,
            peer: self.attempts.peer,
            reused: self.attempts.kept,
            earlier: self.attempts.earlier.clone(),
            longest_silence: facts.longest_silence,
            upstream_connected_at: facts.connected_at,
            upstream_header_at: facts.header_at,
            upstream_released_at: facts.released_at,
            upstream_response_time: upstream_end.map(|at| at.since(facts.started_at)),
        }
    }
}

impl Facts {
    fn new(now: Timestamp) -> Facts {
        Facts {
            status: 200,
            ending: Ending::Completed,
            keep_alive: false,
            reset: false,
            started_at: now,
            connected_at: None,
            header_at: None,
            released_at: None,
            contacted: false,
            last_read_at: now,
            longest_silence: None,
            noted_spill: false,
            noted_block: false,
            peak: 0,
            ledger: Ledger::default(),
            bytes_sent: 0,
            continued: false,
            request_body: 0,
            request_spilled: 0,
            noted_body_spill: false,
            unread: false,
            wants_keep_alive: false,
            beyond: 0,
        }
    }
}
