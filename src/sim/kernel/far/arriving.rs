//! The receiving end: arrivals and gaps, acknowledgements, the window.

use super::flow::{Ack, FarFlow, Piece, Retry};
use crate::machine::link::HEADERS;
use crate::time::{Span, Timestamp};

/// Kernel: three duplicates tell of a loss (`tcp_reordering`).
const DUPLICATES: u64 = 3;
/// Kernel: `tcp_rmem[2]` halved, the widest window of autotuning.
pub(super) const WIDEST_WINDOW: u64 = 33_554_432 / 2;
/// Kernel: `TCP_DELACK_MIN` and `TCP_DELACK_MAX`: for segments that come close together, and far apart (measured: 40 and 200 ms).
const DELACK_MIN: Span = Span::from_ms(40);
const DELACK_MAX: Span = Span::from_ms(200);

impl FarFlow {
    /// A piece reaches the other end, or is missed there.
    pub(super) fn arrive(&mut self, now: Timestamp, piece: Piece) {
        let again = self.holes.contains_key(&piece.start);
        if piece.lost {
            self.holes.insert(piece.start, (piece.end, false));
            if self.retry.is_none() {
                let timeout = self.link.retransmission_timeout().as_ns() << self.doublings;
                let at =
                    piece.at + Span::from_ns(timeout.saturating_sub(self.link.one_way().as_ns()));
                self.retry = Some(Retry { at, fast: false });
            }
        } else if again {
            self.holes.remove(&piece.start);
        } else if !self.holes.is_empty() {
            self.duplicates += (piece.end - piece.start).div_ceil(self.segment);
            let waiting = self.holes.values().any(|(_, on_its_way)| !on_its_way);
            let slow = self.retry.is_some_and(|retry| !retry.fast) && self.doublings == 0;
            if self.duplicates >= DUPLICATES && waiting && slow {
                let at = now + self.link.one_way();
                self.retry = Some(Retry { at, fast: true });
            }
        }
        self.reached = self.reached.max(piece.end);
        let gap = self.holes.first_key_value().map(|(start, _)| *start);
        self.delivered = gap.unwrap_or(self.reached);
        if self.holes.is_empty() {
            (self.duplicates, self.retry) = (0, None);
        }
    }

    /// The reader's side acknowledges what arrived, and tells of a window at least doubled (`tcp_cleanup_rbuf`).
    pub(super) fn tell(&mut self, now: Timestamp, arrived: bool) {
        self.tune_window(now);
        let edge = (self.returned + self.queue).max(self.told_edge);
        let left = self.told_edge - self.delivered.min(self.told_edge);
        let opened = edge > self.told_edge && edge - self.delivered >= 2 * left;
        if !arrived && !opened {
            return;
        }
        self.told_edge = edge;
        let at = now + self.link.one_way() + self.delayed_ack();
        let at = self.acks.back().map_or(at, |last| at.max(last.at));
        let acked = self.delivered;
        self.acks.push_back(Ack { at, acked, edge });
    }

    /// A receiver that cannot offer the whole window again at once, because it holds hardly more than two segments, waits.
    pub(super) fn delayed_ack(&self) -> Span {
        let offers = self.window >= 4 * self.segment;
        let apart = self.link.line_time(self.segment + HEADERS);
        match (self.narrow && !offers, apart > DELACK_MIN) {
            (false, _) => Span::ZERO,
            (true, false) => DELACK_MIN,
            (true, true) => DELACK_MAX,
        }
    }

    /// `tcp_rcv_space_adjust` and `tcp_rcvbuf_grow`: where more was read in a round trip than in any before, a window of twice that, and of twice as much again
    /// as it is more.
    pub(super) fn tune_window(&mut self, now: Timestamp) {
        let (read, at) = self.tuned;
        if !self.autotunes_window || self.read == read || now < at + self.link.rtt {
            return;
        }
        let (copied, most) = (self.read - read, self.most_copied);
        if at > Timestamp::ZERO && copied > most {
            let twice = 2 * copied;
            let grown = twice.saturating_add(2 * (twice * (copied - most) / most));
            self.window = self.window.max(grown.min(WIDEST_WINDOW));
            self.queue = self.queue.max(self.window);
            self.most_copied = copied;
        }
        self.tuned = (self.read, now);
    }
}
