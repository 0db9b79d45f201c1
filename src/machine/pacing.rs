//! Pacing: a token bucket as a pure function of elapsed time and progress.
//!
//! Quota that could not be used (nothing was readable, the timer was late) is carried over. A reader that dropped it would
//! miss its rate by up to three quarters, because a small receive window reopens only when the queue behind it is empty:
//! rate * A / (q * ceil(A/q)) for a queue of A bytes and reads of q bytes (measured on Linux 6.18). With the quota carried and
//! q below A/2 the measured rates are within 0.4 % of what was asked for. The carry is bounded, so that a client that was
//! starved for a while does not then read at full speed.

use super::behavior::Appetite;
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

/// Ours: a slow client reads about this many bytes at a time, which keeps thousands of them cheap.
const GRAIN_BYTES: u64 = 2048;
/// Ours: two reads a second are smooth enough for the slowest clients. Nearly all that a held client costs is its reads: with four of
/// them a second, 5 000 clients take 16 to 20 % of a core.
const LONGEST_TICK: Span = Span::from_ms(500);
/// Ours: timers round up by about a millisecond, so finer ticks would cost CPU and not become finer.
const SHORTEST_TICK: Span = Span::from_ms(20);
/// Ours: beyond this a tick is shortened, so that one read fits any buffer that a driver would own.
const LARGEST_QUANTUM_BYTES: u64 = 32 * 1024;
/// Four ticks may be carried over: enough for every window and timer that was measured.
const CARRIED_TICKS: u64 = 4;
/// When ticks are short, a read may come at least this late without loss: a busy machine wakes a sleeper tens of milliseconds late.
const SHORTEST_CARRY: Span = Span::from_ms(100);
/// The kernel's floor: SO_RCVBUF below 1152 is granted 2304, which queues at least 1152 bytes.
const LEAST_QUEUE_BYTES: u64 = 1152;

const NS_PER_SEC: u64 = 1_000_000_000;

/// Reads at a rate, carrying unused quota.
#[derive(Clone, Debug)]
pub struct Pacer {
    rate: u64,
    /// Nothing is read before this much may be.
    quantum_bytes: u64,
    /// In bytes times nanoseconds per second, as is `most_credit`: a rate times a span without rounding, hence no drift.
    credit: u64,
    most_credit: u64,
    asked_at: Timestamp,
    received: u64,
}

impl Pacer {
    /// A pacer whose time begins now. `rcvbuf` is what will be asked for as SO_RCVBUF, if anything: reads are then kept below
    /// half of what such a socket can queue.
    pub fn new(rate: ByteRate, rcvbuf: Option<Bytes>, now: Timestamp) -> Pacer {
        let rate = rate.0;
        let quantum_bytes = quantum_bytes(rate, rcvbuf);
        let carry_bytes = (quantum_bytes * CARRIED_TICKS)
            .max(quantum_bytes.saturating_add(bytes_in(rate, SHORTEST_CARRY)));
        Pacer {
            rate,
            quantum_bytes,
            credit: 0,
            most_credit: carry_bytes.saturating_mul(NS_PER_SEC),
            asked_at: now,
            received: 0,
        }
    }

    /// What may be read now, `received` bytes having been read since the start. A rate of zero reads nothing, ever.
    pub fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite {
        if self.rate == 0 {
            return Appetite::Never;
        }
        let used = received.saturating_sub(self.received);
        let earned = self.rate.saturating_mul(now.since(self.asked_at).as_ns());
        self.credit = self
            .credit
            .saturating_sub(used.saturating_mul(NS_PER_SEC))
            .saturating_add(earned)
            .min(self.most_credit);
        self.asked_at = self.asked_at.max(now);
        self.received = self.received.max(received);

        let due = self.quantum_bytes * NS_PER_SEC;
        if self.credit >= due {
            let bytes = self.credit / NS_PER_SEC;
            return Appetite::Read(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        let missing_ns = (due - self.credit).div_ceil(self.rate);
        Appetite::Wait(self.asked_at + Span::from_ns(missing_ns))
    }

    /// The least that is read at once, in bytes.
    pub fn quantum_bytes(&self) -> u64 {
        self.quantum_bytes
    }

    /// The most that may be read at once after a pause, in bytes.
    pub fn carry_bytes(&self) -> u64 {
        self.most_credit / NS_PER_SEC
    }
}

fn quantum_bytes(rate: u64, rcvbuf: Option<Bytes>) -> u64 {
    let tick_ns =
        (GRAIN_BYTES * NS_PER_SEC / rate.max(1)).clamp(SHORTEST_TICK.as_ns(), LONGEST_TICK.as_ns());
    let half_queue = rcvbuf.map_or(LARGEST_QUANTUM_BYTES, |rcvbuf| {
        (rcvbuf.0.max(LEAST_QUEUE_BYTES) - 1) / 2
    });
    bytes_in(rate, Span::from_ns(tick_ns))
        .min(half_queue)
        .clamp(1, LARGEST_QUANTUM_BYTES)
}

fn bytes_in(rate: u64, span: Span) -> u64 {
    rate.saturating_mul(span.as_ns()) / NS_PER_SEC
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pacer(rate: u64) -> Pacer {
        Pacer::new(ByteRate(rate), None, Timestamp::ZERO)
    }

    /// Asks until the pacer wants to wait, reading all that it allows. Returns the total and the next instant.
    fn read_all(pacer: &mut Pacer, now: Timestamp, mut received: u64) -> (u64, Timestamp) {
        loop {
            match pacer.appetite(now, received) {
                Appetite::Read(n) => received += n as u64,
                Appetite::Wait(until) => return (received, until),
                Appetite::Never => panic!("a positive rate never gives up"),
            }
        }
    }

    #[test]
    fn ticks_are_coarse_for_slow_clients_and_fine_for_fast_ones() {
        let cases = [
            (1, None, 1),
            (1024, None, 512),
            (4096, None, 2048),
            (10_240, None, 2048),
            (102_400, None, 2048),
            (1 << 20, None, 20_971),
            (1 << 30, None, 32_768),
            (1 << 20, Some(4096), 2047),
            (1 << 20, Some(2304), 1151),
            (1 << 20, Some(1), 575),
            (1024, Some(4096), 512),
        ];
        for (rate, rcvbuf, quantum) in cases {
            let pacer = Pacer::new(ByteRate(rate), rcvbuf.map(Bytes), Timestamp::ZERO);
            assert_eq!(
                pacer.quantum_bytes(),
                quantum,
                "{rate} B/s, rcvbuf {rcvbuf:?}"
            );
            assert!(pacer.carry_bytes() >= 4 * quantum, "{rate} B/s");
        }
    }

    #[test]
    fn nothing_is_due_at_once_and_the_wait_is_exact() {
        let mut pacer = pacer(1024);
        let due = Timestamp::from_us(500_000);
        assert_eq!(pacer.appetite(Timestamp::ZERO, 0), Appetite::Wait(due));
        let just_before = due - Span::from_ns(1);
        assert_eq!(pacer.appetite(just_before, 0), Appetite::Wait(due));
        assert_eq!(pacer.appetite(due, 0), Appetite::Read(512));
    }

    #[test]
    fn quota_that_found_nothing_to_read_is_kept() {
        let mut pacer = pacer(1024);
        assert_eq!(
            pacer.appetite(Timestamp::from_us(500_000), 0),
            Appetite::Read(512)
        );
        // 56 bytes were there; the other 456 stay due and make the next read larger.
        assert_eq!(
            pacer.appetite(Timestamp::from_us(1_000_000), 56),
            Appetite::Read(968)
        );
    }

    #[test]
    fn a_starved_client_catches_up_by_the_carry_and_no_more() {
        let mut pacer = pacer(1024);
        let late = Timestamp::from_us(60_000_000);
        assert_eq!(pacer.appetite(late, 0), Appetite::Read(2048));
        assert!(matches!(pacer.appetite(late, 2048), Appetite::Wait(_)));
    }

    #[test]
    fn a_rate_of_zero_reads_nothing() {
        assert_eq!(pacer(0).appetite(Timestamp::MAX, 0), Appetite::Never);
    }

    #[test]
    fn no_drift_in_an_hour_of_odd_rates() {
        for rate in [1, 3, 7, 999, 1_000_003, 123_456_789] {
            let mut pacer = pacer(rate);
            let (mut now, mut received) = (Timestamp::ZERO, 0);
            let hour = Timestamp::from_us(3_600_000_000);
            let mut asks = 0;
            while now < hour && asks < 200_000 {
                let (total, until) = read_all(&mut pacer, now, received);
                assert!(until > now, "time must pass at {rate} B/s");
                (now, received) = (until, total);
                asks += 1;
            }
            let (received, _) = read_all(&mut pacer, now, received);
            let ideal = u128::from(rate) * u128::from(now.as_ns()) / u128::from(NS_PER_SEC);
            assert!(
                u128::from(received).abs_diff(ideal) <= 1,
                "{rate} B/s: {received} of {ideal}"
            );
        }
    }

    proptest! {
        /// However irregular the asks, as long as none is later than the carry allows, the total is the rate times the time.
        #[test]
        fn the_rate_holds_to_the_byte(
            rate in 1_u64..200_000_000,
            rcvbuf in prop::option::of(1_u64..1_000_000),
            gaps_us in prop::collection::vec(1_u64..90_000, 1..200),
        ) {
            let mut pacer = Pacer::new(ByteRate(rate), rcvbuf.map(Bytes), Timestamp::ZERO);
            let (mut now, mut received) = (Timestamp::ZERO, 0);
            for gap in gaps_us {
                now = now + Span::from_us(gap);
                let (total, until) = read_all(&mut pacer, now, received);
                prop_assert!(until > now);
                received = total;
                let ideal = rate * now.as_us() / 1_000_000;
                prop_assert!(received <= ideal, "{received} > {ideal}");
                prop_assert!(ideal - received <= pacer.quantum_bytes(), "{received} of {ideal}");
                let (at_tick, _) = read_all(&mut pacer.clone(), until, received);
                let ideal = u128::from(rate) * u128::from(until.as_ns()) / u128::from(NS_PER_SEC);
                prop_assert!(ideal - u128::from(at_tick) <= 1, "{at_tick} of {ideal}");
            }
        }

        /// Any schedule of asks and any server: never above the rate, never more at once than the carry.
        #[test]
        fn the_caps_hold(
            rate in 1_u64..1_000_000_000_000,
            asks in prop::collection::vec((0_u64..10_000_000_000, 0.0_f64..1.0), 1..100),
        ) {
            let mut pacer = pacer(rate);
            let (mut now, mut received) = (Timestamp::ZERO, 0_u64);
            for (gap_ns, share) in asks {
                now = now + Span::from_ns(gap_ns);
                match pacer.appetite(now, received) {
                    Appetite::Read(n) => {
                        prop_assert!(n as u64 >= pacer.quantum_bytes());
                        prop_assert!(n as u64 <= pacer.carry_bytes());
                        received += (n as f64 * share) as u64;
                    }
                    Appetite::Wait(until) => prop_assert!(until > now),
                    Appetite::Never => prop_assert!(false),
                }
                let ideal = u128::from(rate) * u128::from(now.as_ns()) / u128::from(NS_PER_SEC);
                prop_assert!(u128::from(received) <= ideal);
            }
        }
    }
}
