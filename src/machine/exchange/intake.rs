//! Reading the client's request: header and body timers, and what refuses it.

use crate::machine::proxy_config::ProxyConfig;
use crate::machine::timers::{Directive, Timer};
use crate::time::Timestamp;

use super::log::LogLine;

/// The reading of one request, up to the last byte of its body.
#[derive(Clone, Copy, Debug)]
pub struct Intake {
    timer: Timer,
    body_left: Option<u64>,
    bytes: u64,
    kept_alive: bool,
}

/// What to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntakeWait {
    /// When to call [`Intake::on_timer`].
    pub deadline: Option<Timestamp>,
}

/// Why a request is not served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The client was too slow. 408 in the access log (nothing if it never sent a byte), no byte to the client.
    TimedOut {
        /// The error log's line; none for an idle kept connection.
        line: Option<LogLine>,
        /// The status in the access log; none if there is no entry.
        status: Option<u16>,
    },
    /// Answer with this status (400, 413, 414).
    Answer(u16),
}

impl Intake {
    /// Waits for the first request of a connection: `client_header_timeout` runs from the accept on.
    pub fn first(config: &ProxyConfig, now: Timestamp) -> Intake {
        let mut intake = Intake::idle(false);
        intake.timer.arm(now, config.client_header_timeout);
        intake
    }

    /// Waits for a further request: `keepalive_timeout` until its first byte.
    pub fn kept_alive(config: &ProxyConfig, now: Timestamp) -> Intake {
        let mut intake = Intake::idle(true);
        intake.timer.arm(now, config.keepalive_timeout);
        intake
    }

    fn idle(kept_alive: bool) -> Intake {
        Intake {
            timer: Timer::default(),
            body_left: None,
            bytes: 0,
            kept_alive,
        }
    }

    /// What to wait for.
    pub fn wait(&self) -> IntakeWait {
        IntakeWait {
            deadline: self.timer.deadline(),
        }
    }

    /// Bytes of the head arrived. The header timer bounds the total and is not re-armed; on a kept connection it starts here.
    pub fn on_head_bytes(&mut self, config: &ProxyConfig, now: Timestamp, n: u64) {
        if self.kept_alive && self.bytes == 0 {
            self.timer.cancel();
            self.timer.arm(now, config.client_header_timeout);
        }
        self.bytes += n;
    }

    /// The head is complete and announces a body of `length` bytes.
    ///
    /// # Errors
    /// 413 if that is more than `client_max_body_size`.
    pub fn on_head(
        &mut self,
        config: &ProxyConfig,
        now: Timestamp,
        length: u64,
    ) -> Result<(), Refusal> {
        self.timer.cancel();
        if config.client_max_body_size.0 > 0 && length > config.client_max_body_size.0 {
            return Err(Refusal::Answer(413));
        }
        self.body_left = Some(length);
        if length > 0 {
            self.timer.arm(now, config.client_body_timeout);
        }
        Ok(())
    }

    /// Bytes of the body arrived: `client_body_timeout` counts from here again. True once the body is complete.
    pub fn on_body_bytes(&mut self, config: &ProxyConfig, now: Timestamp, n: u64) -> bool {
        let left = self.body_left.unwrap_or(0).saturating_sub(n);
        self.body_left = Some(left);
        self.timer.arm_if(left > 0, now, config.client_body_timeout);
        left == 0
    }

    /// The wait's deadline has come; `None` if it was armed anew in the meantime.
    pub fn on_timer(&mut self, now: Timestamp) -> Option<Refusal> {
        if !self.timer.fires(now) {
            return None;
        }
        let header = Directive::ClientHeaderTimeout;
        Some(match (self.body_left, self.bytes) {
            (Some(_), _) => Refusal::TimedOut {
                line: None,
                status: Some(408),
            },
            (None, 0) => Refusal::TimedOut {
                line: (!self.kept_alive)
                    .then(|| LogLine::timed_out("client", "waiting for request", header)),
                status: None,
            },
            (None, _) => Refusal::TimedOut {
                line: Some(LogLine::timed_out(
                    "client",
                    "reading client request headers",
                    header,
                )),
                status: Some(408),
            },
        })
    }
}
