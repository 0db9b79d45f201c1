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

    /// Whether it is chunks that are read to their end.
    pub(super) fn hears_chunks(&self) -> bool {
        self.refused == Some(Unheard::Chunks)
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

    /// What came of reading: bytes that are no chunks.
    pub(super) fn on_received(
        &mut self,
        config: &ProxyConfig,
        now: Timestamp,
        received: &Received,
    ) -> Heard {
        match received {
            Received::Bytes { n, filled } => {
                self.readable = *filled;
                self.rearm(config, now);
                match &mut self.refused {
                    Some(Unheard::Bytes(left)) if *left <= *n => return Heard::All { beyond: 0 },
                    Some(Unheard::Bytes(left)) => *left -= n,
                    Some(Unheard::Chunks) | None => {}
                }
                self.more(now)
            }
            Received::WouldBlock => {
                self.readable = false;
                Heard::Some
            }
            Received::Closed | Received::Failed(_) => Heard::Enough,
        }
    }

    /// What came of reading chunks.
    pub(super) fn on_discarded(
        &mut self,
        config: &ProxyConfig,
        now: Timestamp,
        read: &BodyRead,
    ) -> Heard {
        match read {
            BodyRead::Bytes { bytes, filled } => {
                self.readable = *filled;
                self.rearm(config, now);
                let beyond = bytes.beyond;
                match bytes.last {
                    true => Heard::All { beyond },
                    false => self.more(now),
                }
            }
            BodyRead::WouldBlock => {
                self.readable = false;
                Heard::Some
            }
            BodyRead::Malformed | BodyRead::Closed | BodyRead::Failed(_) => Heard::Enough,
        }
    }

    /// `lingering_time` bounds it all.
    fn more(&self, now: Timestamp) -> Heard {
        match self.until <= now {
            true => Heard::Enough,
            false => Heard::Some,
        }
    }

    pub(super) fn on_timer(&mut self, now: Timestamp) -> bool {
        self.timer.fires(now)
    }
}
