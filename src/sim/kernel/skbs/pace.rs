//! What congestion control does on loopback where nothing is lost: how many packets fly, and how fast they leave.
//!
//! The measured machine has BBR (`net.ipv4.tcp_congestion_control`). It paces: packets leave at 5/4 of the highest rate at which acknowledgements came
//! in within the last ten round trips (`bbr_update_bw`, `bbr_pacing_gain`). At first they come at once and nothing waits; ten round
//! trips into a slow reader's download the second packet of a burst leaves a millisecond behind the first, and arrives on its own. With cubic and
//! reno, which pace nothing, all of a burst arrives together for ever; `pacing_begins_ten_round_trips_later` shows both.

use crate::time::{Span, Timestamp};

/// Measured: packets that are in flight at most before acknowledgements have to wait for a reader (BBR; 11 with reno and cubic).
pub(super) const IN_FLIGHT: u64 = 17;
/// Kernel: round trips that a rate is remembered for (`bbr_bw_rtts`), and the one that goes on.
const ROUNDS: usize = 11;
/// Acknowledged within no time.
const UNLIMITED: u64 = u64::MAX;
/// A packet this early is not held back: a timer takes longer.
const SLACK: Span = Span::from_us(10);

/// When the next packet may leave.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    next_at: Timestamp,
    /// The highest rate of each of the last round trips, in bytes per second; the newest is at `round`.
    rates: [u64; ROUNDS],
    round: usize,
    /// The round trip is over when this is acknowledged.
    round_ends: u64,
    /// When the first packet of those in flight left, and what was acknowledged then.
    flight_at: Timestamp,
    flight_from: u64,
}

impl Pace {
    pub(super) fn new() -> Pace {
        let mut rates = [0; ROUNDS];
        rates[0] = UNLIMITED;
        Pace {
            next_at: Timestamp::ZERO,
            rates,
            round: 0,
            round_ends: 0,
            flight_at: Timestamp::ZERO,
            flight_from: 0,
        }
    }

    /// When a packet may leave that may not leave now.
    pub(super) fn waits(&self, now: Timestamp) -> Option<Timestamp> {
        (self.next_at > now + SLACK).then_some(self.next_at)
    }

    /// The first packet of a flight leaves; so much is acknowledged.
    pub(super) fn flight(&mut self, now: Timestamp, acked: u64) {
        (self.flight_at, self.flight_from) = (now, acked);
    }

    /// A packet leaves.
    pub(super) fn left(&mut self, now: Timestamp, bytes: u64) {
        let highest = self.rates.into_iter().max().unwrap_or(UNLIMITED);
        let takes = match highest {
            UNLIMITED | 0 => Span::ZERO,
            rate => Span::from_ns((u128::from(bytes) * 800_000_000 / u128::from(rate)) as u64),
        };
        self.next_at = self.next_at.max(now) + takes;
    }

    /// Everything up to `upto` is acknowledged, and up to `sent` on its way.
    pub(super) fn acknowledged(&mut self, now: Timestamp, upto: u64, sent: u64) {
        if upto > self.round_ends {
            self.round = (self.round + 1) % ROUNDS;
            self.rates[self.round] = 0;
            self.round_ends = sent;
        }
        let ns = now.since(self.flight_at).as_ns();
        let rate = match ns {
            0 => UNLIMITED,
            _ => (u128::from(upto - self.flight_from) * 1_000_000_000 / u128::from(ns)) as u64,
        };
        let newest = &mut self.rates[self.round];
        *newest = rate.max(*newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pacing_begins_ten_round_trips_later() {
        let mut pace = Pace::new();
        let mut now = Timestamp::ZERO;
        let mut sent = 0;
        let mut first_wait = None;
        for trip in 1..=14 {
            pace.flight(now, sent);
            for packet in 0..3 {
                if pace.waits(now).is_some() {
                    assert!(packet > 0, "the first one of a flight leaves at once");
                    first_wait.get_or_insert(trip);
                }
                pace.left(now, 131_072);
                sent += 131_072;
            }
            now = now + Span::from_ms(4);
            pace.acknowledged(now, sent, sent);
            now = now + Span::from_ms(36);
        }
        assert_eq!(first_wait, Some(12));
        // 98 MB/s and a quarter more.
        pace.left(now, 131_072);
        let wait = pace.waits(now).expect("paced").since(now);
        assert_eq!(wait.as_us(), 1066);
    }
}
