//! What bytes cost beside room in buffers: CPU time of whoever sends them, and time for those behind to pass them on.
//!
//! Measured on two cores, quick clients, nobody waiting: `sendall` of 96 MiB in pieces of 64 KiB held a gevent worker behind an unbuffering
//! proxy for 0.29 to 0.34 s (real gunicorn and lab); with 1 ms of CPU before each piece, during which others pass on, for 0.10 to 0.13 s
//! more than the CPU. 4 MiB in one piece held a worker for 8.5 to 9.4 ms.

use crate::time::{Span, Timestamp};

/// Ours: CPU time of a process for sending a KiB.
const SEND_KIB: Span = Span::from_ns(1_100);

/// Ours: time until a KiB is through the socket and with a client that reads at once.
const PASS_ON_KIB: Span = Span::from_ns(3_000);

/// Ours: a call that costs less than this is free; it is in what every request costs.
const LEAST_CPU: Span = Span::from_us(50);

/// Ours: whoever is ahead of those behind by less than this does not wait for them.
const LEAST_WAIT: Span = Span::from_ms(1);

/// What a task still owes for what it has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Passing {
    unpaid_bytes: u64,
    /// When everything sent so far is through.
    through: Timestamp,
}

impl Passing {
    /// The kernel has taken so many bytes.
    pub(super) fn sent(&mut self, now: Timestamp, bytes: u64) {
        self.unpaid_bytes += bytes;
        self.through = self.through.max(now) + times(PASS_ON_KIB, bytes);
    }

    /// It has to wait for room: the CPU time passes meanwhile.
    pub(super) fn blocked(&mut self) {
        self.unpaid_bytes = 0;
    }

    /// The call is at its end: the CPU time that it has used, if that is worth an event.
    pub(super) fn cpu(&mut self) -> Option<Span> {
        let cpu = times(SEND_KIB, std::mem::take(&mut self.unpaid_bytes));
        (cpu >= LEAST_CPU).then_some(cpu)
    }

    /// How far it is ahead of those behind, if it has to wait for them.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Span> {
        let ahead = self.through.since(now);
        (ahead >= LEAST_WAIT).then_some(ahead)
    }
}

fn times(each_kib: Span, bytes: u64) -> Span {
    Span::from_ns(each_kib.as_ns() * bytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    #[test]
    fn pages_are_free_and_large_pieces_are_not() {
        let mut passing = Passing::default();
        for page in 0..100 {
            let now = Timestamp::ZERO + Span::from_ms(10 * page);
            passing.sent(now, 2 * KIB);
            assert_eq!(passing.wait(now), None, "others are through long before");
            assert_eq!(passing.cpu(), None);
        }
        passing.sent(Timestamp::ZERO, 64 * KIB);
        assert_eq!(passing.cpu(), Some(times(SEND_KIB, 64 * KIB)));
        assert_eq!(passing.cpu(), None, "once");
    }

    #[test]
    fn whoever_sends_quickly_waits_for_those_behind_and_whoever_sends_slowly_does_not() {
        let mut passing = Passing::default();
        passing.sent(Timestamp::ZERO, 4096 * KIB);
        let wait = passing.wait(Timestamp::ZERO);
        assert_eq!(wait, Some(times(PASS_ON_KIB, 4096 * KIB)));
        // A second of nothing later all of that is forgotten.
        let later = Timestamp::ZERO + Span::from_secs(1);
        passing.sent(later, 64 * KIB);
        assert_eq!(passing.wait(later), None);
    }
}
