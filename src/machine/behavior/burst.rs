//! `burst`: reads at full speed for a while, then not at all, and so on: a tab in the background, a player that fills its buffer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Appetite, READ_SIZE, Reader};
use crate::time::{Span, Timestamp};
use crate::units::Bytes;

/// `behavior.burst`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// How long it reads. It begins with that.
    pub on: Span,
    /// How long it does not.
    pub off: Span,
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
    /// TCP_MAXSEG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u32>,
}

/// The reader of [`Burst`].
#[derive(Clone, Copy, Debug)]
pub struct BurstReader {
    began_at: Timestamp,
    on: Span,
    off: Span,
}

impl Burst {
    /// A reader for one request that was sent at `now`.
    pub(super) fn reader(&self, now: Timestamp) -> BurstReader {
        BurstReader {
            began_at: now,
            on: self.on,
            off: self.off,
        }
    }
}

impl Reader for BurstReader {
    fn appetite(&mut self, now: Timestamp, _received: u64) -> Appetite {
        let (on, round) = (self.on.as_ns(), self.on.as_ns() + self.off.as_ns());
        let passed = now.since(self.began_at).as_ns();
        let into = passed % round.max(1);
        if into < on || self.off.is_zero() {
            return Appetite::Read(READ_SIZE);
        }
        Appetite::Wait(now + Span::from_ns(round - into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_and_rests_by_turns() {
        let at = Timestamp::from_us;
        let burst = Burst {
            on: Span::from_us(100),
            off: Span::from_us(900),
            rcvbuf: None,
            mss: None,
        };
        let mut reader = burst.reader(at(50));
        let steps = [
            (50, Appetite::Read(READ_SIZE)),
            (149, Appetite::Read(READ_SIZE)),
            (150, Appetite::Wait(at(1050))),
            (700, Appetite::Wait(at(1050))),
            (1050, Appetite::Read(READ_SIZE)),
            // A timer that is late by less than the burst costs some of it, not all.
            (2140, Appetite::Read(READ_SIZE)),
            (2150, Appetite::Wait(at(3050))),
        ];
        for (now, expected) in steps {
            assert_eq!(reader.appetite(at(now), 0), expected, "at {now}");
        }
    }

    #[test]
    fn without_a_rest_it_is_healthy() {
        let burst = Burst {
            on: Span::ZERO,
            off: Span::ZERO,
            rcvbuf: None,
            mss: None,
        };
        let appetite = burst.reader(Timestamp::ZERO).appetite(Timestamp::MAX, 9);
        assert_eq!(appetite, Appetite::Read(READ_SIZE));
    }
}
