//! The sending end: congestion window, retransmissions, and the line.

use super::arriving::WIDEST_WINDOW;
use super::flow::{Ack, FarFlow, Piece};
use crate::machine::link::{Congestion, HEADERS, INITIAL_CWND};
use crate::time::Timestamp;

/// Ours: a piece of a flight keeps the line busy for a 32nd of a round trip at most, and is no larger than a 32nd of a window (what arrives together
/// narrows the next window together) or 64 KiB.
const PIECES_PER_RTT: u64 = 32;
const PIECES_PER_WINDOW: u64 = 32;
const LARGEST_PIECE: u64 = 45;
/// Kernel: `tcp_retries2` and `TCP_RTO_MAX` end the doubling; ours: 120 s is reached after ten.
const MOST_DOUBLINGS: u32 = 10;
/// Kernel: `tcp_min_tso_segs`, and how much of a second's bytes a packet has (`sk_pacing_shift`: a 1024th).
const LEAST_PACKET: u64 = 2;
const PACKETS_PER_SECOND: u64 = 1024;

impl FarFlow {
    pub(super) fn acknowledge(&mut self, ack: Ack) {
        self.edge = self.edge.max(ack.edge);
        let news = ack.acked.saturating_sub(self.acked);
        if news == 0 {
            return;
        }
        self.acked = ack.acked;
        self.doublings = 0;
        self.cwnd += self.widening(news);
        if self.narrow {
            let wire = self.link.bdp() + self.link.queue();
            let most = wire / (self.segment + HEADERS) * self.segment;
            self.cwnd = self.cwnd.min(most.max(INITIAL_CWND * self.segment));
        }
        self.cwnd = self.cwnd.min(2 * WIDEST_WINDOW);
        self.sndbuf = self
            .sndbuf
            .max(self.link.sndbuf_for(self.cwnd / self.segment))
            .min(self.most_sndbuf);
    }

    /// How much wider `news` acknowledged bytes make the congestion window: it grows only as far as it is what holds the sender back
    /// (`tcp_is_cwnd_limited`), in slow start up to twice what is under way.
    fn widening(&self, news: u64) -> u64 {
        let slow_start = self.cwnd < self.ssthresh;
        let limited = match slow_start {
            true => self.cwnd < 2 * self.flight,
            false => self.cwnd <= self.flight + self.segment,
        };
        match (limited, slow_start) {
            (false, _) => 0,
            (true, true) => news,
            (true, false) => (self.segment * news / self.cwnd).max(1),
        }
    }

    /// Everything that is known to be missing goes again.
    pub(super) fn send_again(&mut self, now: Timestamp) {
        let Some(retry) = self.retry.take() else {
            return;
        };
        if self.acked >= self.recover {
            self.ssthresh = (self.cwnd / 2).max(2 * self.segment);
            self.cwnd = self.ssthresh;
            self.recover = self.sent;
        }
        if !retry.fast {
            self.cwnd = self.segment;
            self.doublings = (self.doublings + 1).min(MOST_DOUBLINGS);
        }
        let waiting: Vec<(u64, u64)> = self
            .holes
            .iter_mut()
            .filter(|(_, (_, on_its_way))| !*on_its_way)
            .map(|(start, (end, on_its_way))| {
                *on_its_way = true;
                (*start, *end)
            })
            .collect();
        for (start, end) in waiting {
            let lost = self.loses();
            self.put(now, start, end, lost);
        }
        self.duplicates = 0;
    }

    /// Sends while windows allow, in whole segments: less only if that is all there is (silly window avoidance).
    pub(super) fn transmit(&mut self, now: Timestamp) {
        let most = self.piece();
        while self.sent < self.written {
            let limit = self.edge.min(self.acked + self.window.min(self.cwnd));
            let unsent = self.written - self.sent;
            let mut len = limit.saturating_sub(self.sent).min(unsent).min(most);
            if len < unsent {
                len -= len % self.segment;
            }
            if len == 0 {
                break;
            }
            self.send_piece(now, len);
        }
        self.flight = self.sent - self.acked;
    }

    /// Cut where segments are lost.
    pub(super) fn send_piece(&mut self, now: Timestamp, len: u64) {
        let end = self.sent + len;
        let mut start = self.sent;
        let mut at = start;
        while self.chance.is_some() && at < end {
            let next = (at + self.segment).min(end);
            if self.loses() {
                self.put(now, start, at, false);
                self.put(now, at, next, true);
                start = next;
            }
            at = next;
        }
        self.put(now, start, end, false);
        self.sent = end;
    }

    /// Through the line; nothing for nothing.
    pub(super) fn put(&mut self, now: Timestamp, start: u64, end: u64, lost: bool) {
        if start == end {
            return;
        }
        let len = end - start;
        let wire = len + HEADERS * len.div_ceil(self.segment);
        self.line_free_at = self.line_free_at.max(now);
        if self.narrow {
            self.line_free_at = self.line_free_at + self.link.line_time(wire);
        }
        let at = self.line_free_at + self.link.one_way();
        let piece = Piece {
            start,
            end,
            at,
            lost,
        };
        self.flying.push_back(piece);
    }

    /// Payload of a packet: what a sender paces out in a millisecond (`tcp_tso_autosize`), at the rate that `tcp_update_pacing_rate` has from the congestion
    /// window, or bbr from what was delivered in a round trip.
    pub(super) fn packet(&self) -> u64 {
        let (window, percent) = match self.link.congestion {
            Some(Congestion::Reno | Congestion::Cubic) if self.cwnd < self.ssthresh / 2 => {
                (self.cwnd, 200)
            }
            Some(Congestion::Reno | Congestion::Cubic) => (self.cwnd, 120),
            Some(Congestion::Bbr) | None => (self.flight, 125),
        };
        let rate = window * percent * 10_000 / self.link.rtt.as_us().max(1);
        let bytes = rate / PACKETS_PER_SECOND;
        let packet = (bytes / self.segment).clamp(LEAST_PACKET, LARGEST_PIECE) * self.segment;
        packet.min(self.skb)
    }

    /// Bytes that travel as one event.
    pub(super) fn piece(&self) -> u64 {
        let segments = if self.narrow {
            self.link.bdp() / PIECES_PER_RTT / (self.segment + HEADERS)
        } else {
            LARGEST_PIECE
        };
        let segments = segments.min(self.window / PIECES_PER_WINDOW / self.segment);
        segments.clamp(1, LARGEST_PIECE) * self.segment
    }
}
