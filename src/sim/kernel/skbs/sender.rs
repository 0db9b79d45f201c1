//! The sender's half: what is written and not sent, what is sent and not acknowledged, and what both are charged.

use std::collections::VecDeque;

use super::pace::{IN_FLIGHT, Pace};
use super::pages::Pages;
use super::{MOST_FRAGS, OVERHEAD, SEGMENT, Skb, Told};
use crate::machine::sockbuf::tcp_writable;
use crate::time::Timestamp;

/// Kernel: what a sender that nobody pinned has before it was ever blocked (see `shape`).
const FIRST_SNDBUF: u64 = 3_939_840;
/// Kernel: segments of one packet, if both are there (`tcp_min_tso_segs`; a rate says more only where packets are small).
const TOGETHER: u64 = 2;

/// One end that sends.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    sndbuf: u64,
    /// It is as it was made, and will be `sndbuf` when a write has come up short (`tcp_new_space`).
    first: bool,
    short: bool,
    pages: Pages,
    unsent: VecDeque<Skb>,
    sent: VecDeque<Skb>,
    /// What all skbs are charged (`sk_wmem_queued`).
    charged: u64,
    written: u64,
    sent_to: u64,
    acked: u64,
    /// Segments in flight.
    flying: u64,
    /// The right edge of the window, and the widest that was ever offered.
    edge: u64,
    widest: u64,
    /// Up to here was pushed.
    pushed: u64,
    pace: Pace,
}

impl Sender {
    pub(super) fn new(sndbuf: u64, pinned: bool, window: u64) -> Sender {
        Sender {
            sndbuf,
            first: !pinned && FIRST_SNDBUF < sndbuf,
            short: false,
            pages: Pages::new(),
            unsent: VecDeque::new(),
            sent: VecDeque::new(),
            charged: 0,
            written: 0,
            sent_to: 0,
            acked: 0,
            flying: 0,
            edge: window,
            widest: window,
            pushed: 0,
            pace: Pace::new(),
        }
    }

    /// Copies up to `bytes` to the newest skb, or to a new one while not all of the buffer is charged (`tcp_sendmsg_locked`); how many.
    pub(super) fn copy(&mut self, bytes: u64) -> u64 {
        let open = self.unsent.back().is_some_and(|skb| {
            let frags = self.pages.frags(skb.from, skb.to);
            skb.len() < SEGMENT && frags < MOST_FRAGS
        });
        if !open {
            if self.charged >= self.limit() {
                self.short = true;
                return 0;
            }
            self.charged += OVERHEAD;
            self.unsent.push_back(Skb {
                from: self.written,
                to: self.written,
            });
        }
        let skb = self.unsent.back_mut().expect("just looked at or made");
        let taken = self.pages.copy(bytes.min(SEGMENT - skb.len()));
        skb.to += taken;
        self.charged += taken;
        self.written += taken;
        taken
    }

    /// In the middle of a write: a full skb is sent if it is the only one, all are if half a window was written since the last push.
    pub(super) fn push_early(&mut self, now: Timestamp, packets: &mut Vec<Skb>) {
        let full = self.unsent.back().is_some_and(|skb| skb.len() >= SEGMENT);
        if full && self.written > self.pushed + self.widest / 2 {
            self.push(now, packets);
        } else if full && self.unsent.len() == 1 {
            self.transmit(now, true, packets);
        }
    }

    /// At the end of a write.
    pub(super) fn push(&mut self, now: Timestamp, packets: &mut Vec<Skb>) {
        self.pushed = self.written;
        self.transmit(now, false, packets);
    }

    /// Sends what windows let through (`tcp_write_xmit`).
    pub(super) fn transmit(&mut self, now: Timestamp, one: bool, packets: &mut Vec<Skb>) {
        while !self.unsent.is_empty() && self.pace.waits(now).is_none() {
            let quota = TOGETHER.min(IN_FLIGHT.saturating_sub(self.flying));
            if quota == 0 {
                break;
            }
            self.grow(quota);
            let skb = self.unsent[0];
            if skb.from + skb.len().min(SEGMENT) > self.edge {
                break;
            }
            if skb.len() > SEGMENT {
                self.split(skb.len().min(self.edge - skb.from).min(quota * SEGMENT));
            }
            let skb = self.unsent.pop_front().expect("looked at");
            if self.sent.is_empty() {
                self.pace.flight(now, self.acked);
            }
            self.sent.push_back(skb);
            self.sent_to = skb.to;
            self.flying += skb.segments();
            self.pace.left(now, skb.len());
            packets.push(skb);
            if one {
                break;
            }
        }
    }

    /// The first skb takes bytes of the second, up to so many segments (`tcp_grow_skb`).
    fn grow(&mut self, segments: u64) {
        let [first, second] = [0, 1].map(|at| self.unsent.get(at).copied());
        let (Some(first), Some(second)) = (first, second) else {
            return;
        };
        let bytes = (segments * SEGMENT)
            .saturating_sub(first.len())
            .min(second.len());
        let frags = self.pages.frags(first.from, first.to + bytes);
        if bytes == 0 || frags > MOST_FRAGS {
            return;
        }
        self.unsent[0].to += bytes;
        self.unsent[1].from += bytes;
        if bytes == second.len() {
            self.unsent.remove(1);
            self.charged -= OVERHEAD;
        }
    }

    /// Leaves so much in the first skb, and the rest in another (`tso_fragment`).
    fn split(&mut self, bytes: u64) {
        let skb = self.unsent[0];
        if bytes < skb.len() {
            let at = skb.from + bytes;
            self.unsent[0].to = at;
            self.unsent.insert(
                1,
                Skb {
                    from: at,
                    to: skb.to,
                },
            );
            self.charged += OVERHEAD;
        }
    }

    /// An acknowledgement (`tcp_ack`); then what the window lets through is sent, and a buffer that was short grows (`tcp_check_space`).
    pub(super) fn hear(&mut self, now: Timestamp, told: Told, packets: &mut Vec<Skb>) {
        if told.upto > self.acked {
            self.pace.acknowledged(now, told.upto, self.sent_to);
            self.acked = told.upto;
        }
        while self.sent.front().is_some_and(|skb| skb.to <= told.upto) {
            let skb = self.sent.pop_front().expect("looked at");
            self.charged -= skb.len() + OVERHEAD;
            self.flying -= skb.segments();
        }
        if let Some(skb) = self.sent.front_mut().filter(|skb| skb.from < told.upto) {
            self.flying -= skb.segments();
            self.charged -= told.upto - skb.from;
            skb.from = told.upto;
            self.flying += skb.segments();
        }
        self.widest = self.widest.max(told.window);
        self.edge = self.edge.max(told.upto + told.window);
        self.transmit(now, false, packets);
        if self.short {
            self.first = false;
        }
    }

    /// Page fragments of bytes of the stream.
    pub(super) fn frags(&self, from: u64, to: u64) -> u32 {
        self.pages.frags(from, to)
    }

    /// Whether the skb that ends here is still kept, so that what arrived of it is a clone (`skb_cloned`).
    pub(super) fn keeps(&self, to: u64) -> bool {
        to > self.acked
    }

    /// The reader has taken everything before `upto`.
    pub(super) fn forget(&mut self, upto: u64) {
        self.pages.forget(upto.min(self.acked));
    }

    pub(super) fn is_writable(&self) -> bool {
        tcp_writable(self.charged, self.limit())
    }

    /// When something may leave that is held back.
    pub(super) fn waits(&self, now: Timestamp) -> Option<Timestamp> {
        let first = self.unsent.front()?;
        let fits = first.from + first.len().min(SEGMENT) <= self.edge && self.flying < IN_FLIGHT;
        self.pace.waits(now).filter(|_| fits)
    }

    pub(super) fn unsent(&self) -> u64 {
        self.written - self.sent_to
    }

    /// Bytes that nobody has acknowledged.
    pub(super) fn unheard(&self) -> u64 {
        self.written - self.acked
    }

    /// What was never sent is gone.
    pub(super) fn purge(&mut self) -> u64 {
        let bytes = self.unsent();
        let skbs = self.unsent.len() as u64;
        self.unsent.clear();
        self.charged -= bytes + skbs * OVERHEAD;
        self.written = self.sent_to;
        bytes
    }

    fn limit(&self) -> u64 {
        match self.first {
            true => FIRST_SNDBUF,
            false => self.sndbuf,
        }
    }
}
