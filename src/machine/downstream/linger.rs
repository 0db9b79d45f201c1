//! Hearing out a client that is still sending: `ngx_http_lingering_close_handler`, and for a body that was refused
//! `ngx_http_discarded_request_body_handler`.

use super::{Phase, Received};
use crate::machine::exchange::Finished;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::timers::Timer;
use crate::time::Timestamp;

/// How far a client has been heard out.
#[derive(Debug)]
pub(super) struct Linger {
    pub(super) finished: Finished,
    /// Bytes of a refused body that are still to come; until then the connection stays open in both directions.
    refused: Option<u64>,
    /// Whether the sending side is shut, or stays open.
    pub(super) shut: bool,
    pub(super) readable: bool,
    timer: Timer,
    until: Timestamp,
}

impl Linger {
    /// Begins. `refused` is what is left of a body that was refused before it was read.
    pub(super) fn new(
        config: &ProxyConfig,
        now: Timestamp,
        (finished, refused): (Finished, Option<u64>),
    ) -> Linger {
        let mut linger = Linger {
            finished,
            refused,
            shut: refused.is_some(),
            readable: true,
            timer: Timer::default(),
            until: now + config.lingering_time,
        };
        linger.rearm(config, now);
        linger
    }

    /// Whether it is a body that was refused before it was read: nginx takes such a connection for one that works.
    pub(super) fn hears_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// The phase after it.
    pub(super) fn over(&self) -> Phase {
        Phase::Over {
            finished: Some(Box::new(self.finished.clone())),
            reset: false,
        }
    }

    /// `lingering_timeout` from now, but not beyond `lingering_time`.
    fn rearm(&mut self, config: &ProxyConfig, now: Timestamp) {
        let left = self.until.since(now);
        self.timer.arm(now, config.lingering_timeout.min(left));
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.timer.deadline()
    }

    /// What came of reading; whether that was all.
    pub(super) fn on_received(
        &mut self,
        config: &ProxyConfig,
        now: Timestamp,
        received: &Received,
    ) -> bool {
        match received {
            Received::Bytes { n, filled } => {
                self.readable = *filled;
                self.refused = self.refused.map(|left| left.saturating_sub(*n));
                self.rearm(config, now);
                self.refused == Some(0) || self.until <= now
            }
            Received::WouldBlock => {
                self.readable = false;
                false
            }
            Received::Closed | Received::Failed(_) => true,
        }
    }

    pub(super) fn on_timer(&mut self, now: Timestamp) -> bool {
        self.timer.fires(now)
    }
}
