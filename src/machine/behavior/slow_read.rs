//! `slow-read`: reads at a fixed rate, by a token bucket that carries unused quota.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Appetite, Reader};
use crate::machine::handler::Distribution;
use crate::machine::pacing::Pacer;
use crate::time::Timestamp;
use crate::units::{ByteRate, Bytes};

/// `behavior.slow-read`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowRead {
    /// Bytes per second, head included; the same for all clients, or drawn for each.
    pub rate: Distribution<ByteRate>,
    /// SO_RCVBUF; unset autotunes, and then nothing is slow before megabytes have gone by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
    /// TCP_MAXSEG: small segments make the window reopen in small steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u32>,
}

/// The reader of [`SlowRead`].
#[derive(Clone, Debug)]
pub struct SlowReader {
    pacer: Pacer,
}

impl SlowRead {
    /// A reader at this rate for one request that was sent at `now`.
    pub(super) fn reader(&self, now: Timestamp, rate: ByteRate) -> SlowReader {
        SlowReader {
            pacer: Pacer::new(rate, self.rcvbuf, now),
        }
    }
}

impl Reader for SlowReader {
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite {
        self.pacer.appetite(now, received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(rate: u64, rcvbuf: Option<u64>, now: Timestamp) -> SlowReader {
        let rate = ByteRate(rate);
        SlowRead {
            rate: rate.into(),
            rcvbuf: rcvbuf.map(Bytes),
            mss: None,
        }
        .reader(now, rate)
    }

    #[test]
    fn it_waits_reads_its_quota_and_waits_again() {
        let at = Timestamp::from_us;
        let sent_at = at(1_000_000);
        let mut reader = slow(1024, Some(4096), sent_at);
        let steps = [
            (at(1_000_000), 0, Appetite::Wait(at(1_500_000))),
            (at(1_500_000), 0, Appetite::Read(512)),
            (at(1_500_000), 512, Appetite::Wait(at(2_000_000))),
            // A timer 3 ms late costs nothing: the three bytes are read now, and the next tick is not later for it.
            (at(2_003_000), 512, Appetite::Read(515)),
            (
                at(2_003_000),
                1027,
                Appetite::Wait(at(2_503_000) - crate::time::Span::from_ns(70_312)),
            ),
        ];
        for (now, received, expected) in steps {
            assert_eq!(
                reader.appetite(now, received),
                expected,
                "at {now}, {received} read"
            );
        }
    }

    #[test]
    fn a_small_window_makes_small_reads() {
        let mut reader = slow(1 << 20, Some(4096), Timestamp::ZERO);
        let Appetite::Wait(until) = reader.appetite(Timestamp::ZERO, 0) else {
            panic!("nothing is due at once");
        };
        assert_eq!(reader.appetite(until, 0), Appetite::Read(2047));
    }
}
