//! Hearing out a client that is still sending: `ngx_http_lingering_close_handler`, and for a body that was refused
//! `ngx_http_discarded_request_body_handler`.

use super::{DISCARD_BUFFER, Phase, Received};
use crate::machine::exchange::{BodyRead, Finished};
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::timers::Timer;
use crate::time::Timestamp;

/// What is left of a body that nobody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unheard {
    /// So many bytes.
    Bytes(u64),
    /// Chunks, to the last one.
    Chunks,
}

/// What came of reading a body that nobody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// More of it is to come.
    Some,
    /// That was all of it; so many bytes came behind it.
    All { beyond: u64 },
    /// The client is not worth waiting for.
    Enough,
}

/// How far a client has been heard out.
#[derive(Debug)]
pub(super) struct Linger {
    pub(super) finished: Finished,
    /// What is still to come of a refused body; until then the connection stays open in both directions.
    refused: Option<Unheard>,
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
        (finished, refused): (Finished, Option<Unheard>),
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

    /// Bytes to be read next, at most.
    pub(super) fn most(&self) -> u64 {
        match self.refused {
            Some(Unheard::Bytes(left)) => left.min(DISCARD_BUFFER),
            Some(Unheard::Chunks) | None => DISCARD_BUFFER,
        }
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
            Received::Bytes { filled, .. } => {
                self.readable = *filled;
                self.rearm(config, now);
                self.until <= now
            }
            Received::WouldBlock => {
                self.readable = false;
                false
            }
            Received::Closed | Received::Failed(_) => true,
        }
    }

    /// What came of reading the body.
    pub(super) fn on_discarded(
        &mut self,
        config: &ProxyConfig,
        now: Timestamp,
        read: &BodyRead,
    ) -> Heard {
        let BodyRead::Bytes { bytes, filled } = read else {
            self.readable = false;
            return match read {
                BodyRead::WouldBlock => Heard::Some,
                _ => Heard::Enough,
            };
        };
        self.readable = *filled;
        self.rearm(config, now);
        if let Some(Unheard::Bytes(left)) = &mut self.refused {
            *left -= bytes.payload;
        }
        if bytes.last || self.refused == Some(Unheard::Bytes(0)) {
            let beyond = bytes.beyond;
            return Heard::All { beyond };
        }
        match self.until <= now {
            true => Heard::Enough,
            false => Heard::Some,
        }
    }

    pub(super) fn on_timer(&mut self, now: Timestamp) -> bool {
        self.timer.fires(now)
    }
}
