//! Waiting for a request, and reading its head: `keepalive_timeout` and `client_header_timeout`.

use super::{HEADER_BUFFER, LARGE_HEADER_BUFFER};
use crate::machine::exchange::{Level, LogLine};
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::timers::{Directive, Timer};
use crate::time::Timestamp;

/// The reading of one head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intake {
    timer: Timer,
    /// Bytes so far.
    pub(super) received: u64,
    kept_alive: bool,
    /// Whether the request line is whole.
    pub(super) line: bool,
    /// Whether the client may have sent something.
    pub(super) readable: bool,
    /// Whether there are bytes that nobody has looked at.
    pub(super) unjudged: bool,
}

impl Intake {
    /// Waits for the first request of a connection: `client_header_timeout` runs from the accept on.
    pub(super) fn first(config: &ProxyConfig, now: Timestamp) -> Intake {
        let mut intake = Intake::new(false);
        intake.timer.arm(now, config.client_header_timeout);
        intake
    }

    /// Waits for a further request: `keepalive_timeout` until its first byte. So many bytes of it are there already.
    pub(super) fn kept_alive(config: &ProxyConfig, now: Timestamp, received: u64) -> Intake {
        let mut intake = Intake::new(true);
        intake.timer.arm(now, config.keepalive_timeout);
        if received > 0 {
            intake.on_bytes(config, now, received);
        }
        intake
    }

    fn new(kept_alive: bool) -> Intake {
        Intake {
            timer: Timer::default(),
            received: 0,
            kept_alive,
            line: false,
            readable: true,
            unjudged: false,
        }
    }

    /// When [`Intake::on_timer`] is to be called.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.timer.deadline()
    }

    /// Whether the first bytes of a request on a kept connection are still to come.
    pub(super) fn is_idle(&self) -> bool {
        self.kept_alive && self.received == 0
    }

    /// Bytes arrived. The header timer bounds the total and is not re-armed; on a kept connection it starts here.
    pub(super) fn on_bytes(&mut self, config: &ProxyConfig, now: Timestamp, n: u64) {
        if self.is_idle() {
            self.timer.cancel();
            self.timer.arm(now, config.client_header_timeout);
        }
        self.received += n;
        self.unjudged = true;
    }

    /// What is left of the buffer that is being read into: the small one first, then large ones.
    pub(super) fn spare(&self) -> u64 {
        match self.received.checked_sub(HEADER_BUFFER) {
            None => HEADER_BUFFER - self.received,
            Some(more) => LARGE_HEADER_BUFFER - more % LARGE_HEADER_BUFFER,
        }
    }

    /// What nginx says it is doing.
    pub(super) fn action(&self) -> &'static str {
        match (self.received, self.line) {
            (0, _) => "waiting for request",
            (_, false) => "reading client request line",
            (_, true) => "reading client request headers",
        }
    }

    /// Whether the wait's deadline has come.
    pub(super) fn on_timer(&mut self, now: Timestamp) -> bool {
        self.timer.fires(now)
    }

    /// The error log's line for a client that took too long; none for one that never used its kept connection again.
    pub(super) fn timed_out(&self) -> Option<LogLine> {
        let directive = Directive::ClientHeaderTimeout;
        (!self.is_idle()).then(|| LogLine::timed_out("client", self.action(), directive))
    }

    /// The error log's line for a client that left; none if it had not begun.
    pub(super) fn left(&self) -> Option<LogLine> {
        let text = "client prematurely closed connection";
        (self.received > 0).then(|| LogLine::new(Level::Info, text, self.action()))
    }
}
