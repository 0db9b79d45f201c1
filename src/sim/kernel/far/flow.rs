//! The state of one direction, what its ends ask of it, and its clockwork.

use std::collections::{BTreeMap, VecDeque};

use crate::machine::farbuf;
use crate::machine::link::{INITIAL_CWND, Link, MSS};
use crate::machine::sockbuf::{KernelBuffers, tcp_writable};
use crate::seed::Stream;
use crate::time::Timestamp;

/// What socket options make of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim::kernel) struct Options {
    pub(in crate::sim::kernel) sndbuf: Option<u64>,
    pub(in crate::sim::kernel) rcvbuf: Option<u64>,
    pub(in crate::sim::kernel) mss: Option<u32>,
}

/// One direction.
#[derive(Clone, Debug)]
pub(in crate::sim::kernel) struct FarFlow {
    pub(super) link: Link,
    /// Whether the line's rate applies this way.
    pub(super) narrow: bool,
    pub(super) chance: Option<Stream>,
    /// Largest effective SO_SNDBUF, and the one now.
    pub(super) most_sndbuf: u64,
    pub(super) sndbuf: u64,
    pub(super) autotunes_window: bool,
    /// Payload of a segment, of a full skb; the window; what the receive queue takes in at most.
    pub(super) segment: u64,
    pub(super) skb: u64,
    pub(super) window: u64,
    pub(super) queue: u64,
    pub(super) lump: u64,
    /// Counters, in this order from the highest: handed over, sent, acknowledged; arrived, arrived without a gap, read, freed.
    pub(super) written: u64,
    pub(super) sent: u64,
    pub(super) acked: u64,
    pub(super) reached: u64,
    pub(super) delivered: u64,
    pub(super) read: u64,
    pub(super) returned: u64,
    /// Up to where the sender may send, as it knows; as last told.
    pub(super) edge: u64,
    pub(super) told_edge: u64,
    pub(super) cwnd: u64,
    pub(super) ssthresh: u64,
    /// Unacknowledged when it last had sent all that it might (`max_packets_out`).
    pub(super) flight: u64,
    pub(super) line_free_at: Timestamp,
    pub(super) flying: VecDeque<Piece>,
    pub(super) acks: VecDeque<Ack>,
    /// Lost, by their beginning: the end, and whether it is on its way again.
    pub(super) holes: BTreeMap<u64, (u64, bool)>,
    pub(super) duplicates: u64,
    pub(super) retry: Option<Retry>,
    pub(super) doublings: u32,
    /// The window is halved once for all that was sent before.
    pub(super) recover: u64,
    pub(super) fin: Mark,
    pub(super) reset: Mark,
    /// The SYN's answer, and the accepting side's part of the handshake (towards the listener only).
    pub(super) connected: Mark,
    pub(super) joined: Mark,
    /// Read up to there at that instant, for autotuning.
    pub(super) tuned: (u64, Timestamp),
    /// The most that was read in a round trip (`rcvq_space.space`).
    pub(super) most_copied: u64,
    pub(super) timer_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) at: Timestamp,
    pub(super) lost: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Ack {
    pub(super) at: Timestamp,
    pub(super) acked: u64,
    pub(super) edge: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    pub(super) at: Timestamp,
    pub(super) fast: bool,
}

/// A FIN or a RST.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    Unsent,
    Flies(Timestamp),
    Arrived,
}

/// What came of some time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::sim::kernel) struct News {
    /// Bytes can be read that could not before.
    pub(in crate::sim::kernel) arrived: bool,
    pub(in crate::sim::kernel) fin: bool,
    pub(in crate::sim::kernel) reset: bool,
    /// The connecting side is established.
    pub(in crate::sim::kernel) connected: bool,
    /// The connection joins the accept queue.
    pub(in crate::sim::kernel) joins: bool,
    /// The next timer, to be put into the queue.
    pub(in crate::sim::kernel) timer: Option<Timestamp>,
}

impl FarFlow {
    /// `narrow`: towards the client.
    pub(in crate::sim::kernel) fn new(
        kernel: &KernelBuffers,
        link: Link,
        narrow: bool,
        options: Options,
        chance: Option<Stream>,
    ) -> FarFlow {
        let rcvbuf = kernel.tcp_rcvbuf(options.rcvbuf);
        let mss = options
            .mss
            .map_or(MSS, |mss| u64::from(mss.saturating_sub(12)).clamp(1, MSS));
        let segment = farbuf::segment_payload(rcvbuf, mss);
        let queue = farbuf::queue(rcvbuf, segment);
        let window = match options.rcvbuf {
            // Its first window is that of one flight only.
            Some(_) => farbuf::learnt_window(rcvbuf, segment),
            None => farbuf::window(rcvbuf),
        };
        let skb = farbuf::skb_payload(rcvbuf, segment);
        let most_sndbuf = kernel.tcp_sndbuf(options.sndbuf);
        let cwnd = INITIAL_CWND * segment;
        let sndbuf = match options.sndbuf {
            Some(_) => most_sndbuf,
            None => link.sndbuf_for(INITIAL_CWND).min(most_sndbuf),
        };
        FarFlow {
            link,
            narrow,
            chance,
            most_sndbuf,
            sndbuf,
            autotunes_window: options.rcvbuf.is_none(),
            segment,
            skb,
            window,
            queue,
            lump: if rcvbuf < 100_000 { queue } else { skb },
            written: 0,
            sent: 0,
            acked: 0,
            reached: 0,
            delivered: 0,
            read: 0,
            returned: 0,
            edge: queue,
            told_edge: queue,
            cwnd,
            ssthresh: u64::MAX,
            flight: 0,
            line_free_at: Timestamp::ZERO,
            flying: VecDeque::new(),
            acks: VecDeque::new(),
            holes: BTreeMap::new(),
            duplicates: 0,
            retry: None,
            doublings: 0,
            recover: 0,
            fin: Mark::Unsent,
            reset: Mark::Unsent,
            connected: Mark::Unsent,
            joined: Mark::Unsent,
            tuned: (0, Timestamp::ZERO),
            // Kernel: so it is taken to begin (`tcp_init_buffer_space`).
            most_copied: INITIAL_CWND * segment,
            timer_at: None,
        }
    }

    /// The line.
    pub(in crate::sim::kernel) fn link(&self) -> &Link {
        &self.link
    }

    /// Whether the next segment is lost (a SYN, or a piece of data).
    pub(in crate::sim::kernel) fn loses(&mut self) -> bool {
        let loss = self.link.loss;
        self.chance
            .as_mut()
            .is_some_and(|chance| chance.uniform() < loss)
    }

    /// Into the send buffer; [`FarFlow::advance`] sends it.
    pub(in crate::sim::kernel) fn write(&mut self, n: u64) -> u64 {
        let tail =
            (self.written - self.sent).next_multiple_of(self.skb) - (self.written - self.sent);
        let free = self.sndbuf.saturating_sub(self.charged() + tail);
        let room = tail + free.div_ceil(self.skb + farbuf::SKB_OVERHEAD) * self.skb;
        let taken = n.min(room);
        self.written += taken;
        taken
    }

    pub(in crate::sim::kernel) fn read(&mut self, max: u64) -> u64 {
        let taken = max.min(self.unread());
        self.read += taken;
        self.returned += (self.read - self.returned) / self.lump * self.lump;
        if self.read == self.delivered {
            self.returned = self.read;
        }
        taken
    }

    pub(in crate::sim::kernel) fn unread(&self) -> u64 {
        self.delivered - self.read
    }

    /// Not yet where it can be read.
    pub(in crate::sim::kernel) fn unsent(&self) -> u64 {
        self.written - self.delivered
    }

    pub(in crate::sim::kernel) fn is_writable(&self) -> bool {
        tcp_writable(self.charged(), self.sndbuf)
    }

    /// What the sender is charged (`sk_wmem_queued`): full skbs wait, and each packet that was cut off one flies as an skb of its own (`tso_fragment`).
    fn charged(&self) -> u64 {
        let (waiting, flying) = (self.written - self.sent, self.sent - self.acked);
        let skbs = waiting.div_ceil(self.skb) + flying.div_ceil(self.packet());
        waiting + flying + farbuf::SKB_OVERHEAD * skbs
    }

    pub(in crate::sim::kernel) fn fin_arrived(&self) -> bool {
        self.fin == Mark::Arrived
    }

    /// A reset ends it: what had not arrived is lost.
    pub(in crate::sim::kernel) fn purge_unsent(&mut self) -> u64 {
        let lost = self.unsent();
        self.written = self.delivered;
        self.sent = self.delivered;
        self.acked = self.delivered;
        self.reached = self.delivered;
        self.flying.clear();
        self.acks.clear();
        self.holes.clear();
        self.retry = None;
        lost
    }

    /// A reset leaves for the other end; it overtakes nothing but waits for nothing either.
    pub(in crate::sim::kernel) fn send_reset(&mut self, now: Timestamp) {
        if self.reset == Mark::Unsent {
            self.reset = Mark::Flies(now + self.link.one_way());
        }
    }

    /// The SYN was answered: the connecting side hears of it at `connected_at`, and its own answer takes as long again.
    pub(in crate::sim::kernel) fn shake_hands(&mut self, connected_at: Timestamp) {
        self.connected = Mark::Flies(connected_at);
        self.joined = Mark::Flies(connected_at + self.link.one_way());
    }

    /// The accept queue was full.
    pub(in crate::sim::kernel) fn join_later(&mut self, at: Timestamp) {
        self.joined = Mark::Flies(at);
    }

    /// Lets everything happen that is due, and sends what may be sent. `fin`: the sender's side is shut.
    pub(in crate::sim::kernel) fn advance(&mut self, now: Timestamp, fin: bool) -> News {
        let before = self.delivered;
        if self.timer_at.is_some_and(|at| at <= now) {
            self.timer_at = None;
        }
        while let Some(piece) = self.flying.front().copied().filter(|piece| piece.at <= now) {
            self.flying.pop_front();
            self.arrive(now, piece);
        }
        self.tell(now, before < self.delivered);
        while let Some(ack) = self.acks.front().copied().filter(|ack| ack.at <= now) {
            self.acks.pop_front();
            self.acknowledge(ack);
        }
        if self.retry.is_some_and(|retry| retry.at <= now) {
            self.send_again(now);
        }
        self.transmit(now);
        let all_sent = self.sent == self.written && self.holes.is_empty();
        if fin && all_sent && self.fin == Mark::Unsent {
            self.fin = Mark::Flies(self.line_free_at.max(now) + self.link.one_way());
        }
        let whole = self.delivered == self.written;
        let fin = whole && land(&mut self.fin, now);
        let reset = land(&mut self.reset, now);
        debug_assert!(self.read <= self.delivered && self.delivered <= self.sent);
        debug_assert!(self.acked <= self.delivered && self.sent <= self.written);
        News {
            arrived: before < self.delivered,
            fin,
            reset,
            connected: land(&mut self.connected, now),
            joins: land(&mut self.joined, now),
            timer: self.next_timer(now),
        }
    }

    /// When something happens next; `None` if an entry of the queue is early enough, or nothing will.
    fn next_timer(&mut self, now: Timestamp) -> Option<Timestamp> {
        let flies = |mark: Mark| match mark {
            Mark::Flies(at) => Some(at),
            _ => None,
        };
        let next = [
            self.flying.front().map(|piece| piece.at),
            self.acks.front().map(|ack| ack.at),
            self.retry.map(|retry| retry.at),
            flies(self.fin).filter(|_| self.delivered == self.written),
            flies(self.reset),
            flies(self.connected),
            flies(self.joined),
        ];
        let next = next.into_iter().flatten().min()?.max(now);
        if self.timer_at.is_some_and(|at| at <= next) {
            return None;
        }
        self.timer_at = Some(next);
        Some(next)
    }
}

/// Whether it lands now.
fn land(mark: &mut Mark, now: Timestamp) -> bool {
    let lands = matches!(*mark, Mark::Flies(at) if at <= now);
    if lands {
        *mark = Mark::Arrived;
    }
    lands
}
