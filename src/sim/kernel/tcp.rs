//! TCP on loopback: a send buffer of skbs, a receive queue whose memory comes back in lumps, and the acknowledgements between.
//!
//! How long a sender stays blocked is decided by whole skbs and by who acknowledges when, so the rules of Linux are followed
//! one by one (functions of 6.18 in parentheses), as arithmetic on a few counters, so that a million connections fit:
//!
//! * An skb carries half of the largest window that was ever offered (`tcp_bound_to_half_wnd`), at most 65 483 bytes, and its sender
//!   is charged 832 more. A write goes on while less than SO_SNDBUF is charged; the last skb may overshoot (`sk_stream_memory_free`).
//! * Only what was acknowledged is given back, and a sender that came up short is woken when a third is free (`sk_stream_write_space`).
//!   A buffer that nobody pinned grows only then (`tcp_new_space`): the first time, it is smaller.
//! * skbs in the receive queue are merged, up to about five of full size (`skb_try_coalesce`, 17 page fragments), and their
//!   memory is freed together.
//! * A reader acknowledges when more than one segment is outstanding, when it has emptied its queue, or when the window would at least
//!   double (`tcp_cleanup_rbuf`): what arrives during a read is acknowledged by the *next* one, or after 40 ms.
//! * A window that would be smaller than a segment is not offered, and without window scaling it comes in whole segments
//!   (`__tcp_select_window`). Nothing is sent that is less than a segment, unless it is all there is (`tcp_snd_wnd_test`); from
//!   there on up to two segments fill the window (`tcp_grow_skb`).

use std::rc::Rc;

use super::shape::Shape;
use crate::machine::sockbuf::{MERGED_SKBS, tcp_writable};
use crate::time::Timestamp;

/// Of the first fill, what is merged in a receive queue, where each write of 64 KiB ends an skb: four of them and the head of a response.
const FIRST_LUMP: u32 = 4 * 65_536 + 256;
/// Measured: what arrives while a first write goes on, before pacing holds it up.
const FIRST_FLIGHT: u32 = 8 * 65_536;

/// One direction.
#[derive(Clone, Debug)]
pub(super) struct TcpFlow {
    /// Shared by all flows of the same options: a million of them are read one after another, and each cache line counts.
    shape: Rc<Shape>,
    /// Bytes in the send buffer that were never sent.
    unsent: u32,
    /// Bytes that the sender is still charged for although they have arrived.
    unacked: u32,
    /// What the newest skb of the send buffer still has room for.
    tail_room: u32,
    /// Bytes in the send buffer that are in skbs of the first size.
    early: u32,
    /// Bytes in the receive queue.
    unread: u32,
    /// Bytes that were read of the first skb in the queue, whose memory is not free yet.
    stale: u32,
    /// Bytes in the queue that arrived before anything was read.
    opening: u32,
    /// What may still be sent, and what could be when the reader last told.
    window: u32,
    told: u32,
    /// A write came up short: the send buffer may grow with the next acknowledgement.
    wanted: bool,
    grown: bool,
    /// When what arrived is acknowledged at the latest, if a blocked sender waits for that; whether a timer is running for it.
    late_at: Timestamp,
    waits: bool,
    timed: bool,
    /// Its reader is gone: nothing arrives or is acknowledged, and `late_at` is when its sender gives up.
    frozen: bool,
    /// Nothing has been read yet.
    unopened: bool,
    /// The reader emptied its queue.
    emptied: bool,
    /// Acknowledgements are sent at once: from the beginning until the queue is half full.
    quick: bool,
}

impl TcpFlow {
    pub(super) fn new(shape: Rc<Shape>) -> TcpFlow {
        let mut flow = TcpFlow {
            shape,
            unsent: 0,
            unacked: 0,
            tail_room: 0,
            early: 0,
            unread: 0,
            stale: 0,
            opening: 0,
            window: 0,
            told: 0,
            wanted: false,
            grown: false,
            late_at: Timestamp::ZERO,
            waits: false,
            timed: false,
            frozen: false,
            unopened: true,
            emptied: false,
            quick: true,
        };
        flow.acknowledge();
        flow
    }

    pub(super) fn write(&mut self, n: u64) -> u64 {
        let mut left = n;
        loop {
            let taken = left.min(u64::from(self.room()));
            self.append(taken as u32);
            left -= taken;
            self.transmit(1);
            if taken == 0 || left == 0 {
                break;
            }
        }
        if left > 0 {
            self.wanted = true;
            self.transmit(2);
        }
        n - left
    }

    pub(super) fn read(&mut self, max: u64) -> u64 {
        let taken = max.min(u64::from(self.unread)) as u32;
        if taken == 0 {
            return 0;
        }
        self.unopened = false;
        self.unread -= taken;
        self.stale += taken;
        while self.stale >= self.lump() {
            let freed = self.lump();
            self.stale -= freed;
            self.opening = self.opening.saturating_sub(freed);
        }
        if self.unread == 0 {
            self.empty();
        }
        if self.reader_tells() {
            self.acknowledge();
            self.transmit(2);
        }
        u64::from(taken)
    }

    /// If a blocked sender would be woken by an acknowledgement that its reader puts off, it comes at `at`, at the latest. Whether a
    /// timer is to be set for that.
    pub(super) fn put_off(&mut self, at: Timestamp) -> bool {
        let in_vain = self.waits || self.unacked == 0 || self.frozen;
        let sndbuf = u64::from(self.shape.sndbuf);
        if in_vain || !tcp_writable(self.charged(self.unsent), sndbuf) {
            return false;
        }
        (self.waits, self.late_at) = (true, at);
        !std::mem::replace(&mut self.timed, true)
    }

    /// The timer: what arrived is acknowledged although nothing was read. Returns when it is to come again instead.
    pub(super) fn acknowledge_late(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.waits && now < self.late_at {
            return Some(self.late_at);
        }
        self.timed = false;
        if self.waits {
            self.acknowledge();
            self.transmit(2);
        }
        None
    }

    /// The reader is gone.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
        self.window = 0;
        self.timed = false;
    }

    /// If there is something that nobody will acknowledge, its sender gives up at `at`. Whether a timer is to be set for that.
    pub(super) fn give_up_at(&mut self, at: Timestamp) -> bool {
        let in_vain = self.frozen && self.unsent + self.unacked > 0;
        if in_vain && !self.timed {
            (self.timed, self.late_at) = (true, at);
            return true;
        }
        false
    }

    /// Whether its sender has given up by `now`.
    pub(super) fn has_given_up(&self, now: Timestamp) -> bool {
        self.frozen && self.timed && now >= self.late_at
    }

    /// As time goes by: all that arrived is acknowledged.
    #[cfg(test)]
    pub(super) fn settle(&mut self) {
        self.acknowledge();
        self.transmit(2);
    }

    fn append(&mut self, bytes: u32) {
        self.unsent += bytes;
        let (skb, beyond) = (self.segment(), bytes.saturating_sub(self.tail_room));
        self.tail_room = match beyond {
            0 => self.tail_room - bytes,
            _ => (skb - beyond % skb) % skb,
        };
    }

    /// The queue is empty: all of its memory is free, and from now on skbs are as large as the window has become.
    fn empty(&mut self) {
        (self.stale, self.opening) = (0, 0);
        if !self.emptied {
            self.emptied = true;
            self.early = self.unsent + self.unacked;
            if self.unsent > 0 {
                self.tail_room += self.shape.skb - self.shape.first_skb;
            }
        }
    }

    /// Whether a read is followed by an acknowledgement.
    fn reader_tells(&self) -> bool {
        if self.unacked > self.segment() || (self.unread == 0 && self.unacked > 0) {
            return true;
        }
        if !self.shape.is_tight(self.window) {
            return false;
        }
        let offered = self.offered();
        offered > 0 && offered >= self.window.saturating_mul(2)
    }

    fn acknowledge(&mut self) {
        if self.frozen {
            return;
        }
        self.early = self.early.saturating_sub(self.unacked);
        self.unacked = 0;
        self.waits = false;
        self.window = self.window.max(self.offered());
        self.told = self.window;
        self.grown |= self.wanted;
    }

    /// Sends what the window lets through, up to so many segments at once.
    fn transmit(&mut self, segments: u32) {
        let most = self.segment() * segments;
        while self.unsent > 0 && self.window >= self.unsent.min(self.segment()) {
            if self.unopened && segments == 1 && self.unread >= FIRST_FLIGHT {
                break;
            }
            let sent = self.unsent.min(self.window).min(most);
            self.unsent -= sent;
            self.window -= sent;
            self.unacked += sent;
            self.unread += sent;
            if self.unopened {
                self.opening += sent;
            }
            let worth_it = self.unacked > self.segment() && self.offered() >= self.told;
            if self.quick || worth_it {
                self.acknowledge();
                self.quick &= self.unopened && !self.shape.is_tight(self.free());
            }
        }
        if self.unsent == 0 {
            self.tail_room = 0;
        }
    }

    /// Payload of an skb that is written now.
    fn segment(&self) -> u32 {
        match self.emptied {
            true => self.shape.skb,
            false => self.shape.first_skb,
        }
    }

    /// Bytes at the head of the receive queue that are freed together.
    fn lump(&self) -> u32 {
        match self.opening {
            0 => self.shape.skb * MERGED_SKBS as u32,
            _ => FIRST_LUMP,
        }
    }

    fn free(&self) -> u32 {
        let held = self.unread + self.stale;
        self.shape
            .free(held + self.shape.overhead * held.div_ceil(self.lump()))
    }

    /// The window that the reader has to offer; an empty queue takes at least a segment.
    fn offered(&self) -> u32 {
        let segment = self.segment();
        let least = if self.unread == 0 { segment } else { 0 };
        self.shape.offers(self.free(), segment).max(least)
    }

    fn sndbuf(&self) -> u32 {
        match self.grown {
            true => self.shape.sndbuf,
            false => self.shape.first_sndbuf,
        }
    }

    /// What the sender is charged for so many of its bytes.
    fn charged(&self, bytes: u32) -> u64 {
        let early = self.early.min(bytes);
        let others = bytes - early;
        let skbs = early.div_ceil(self.shape.first_skb) + others.div_ceil(self.segment());
        u64::from(bytes) + u64::from(self.shape.overhead) * u64::from(skbs)
    }

    /// What a write would be let in: all that fits the newest skb, and new ones while not all of the buffer is charged.
    fn room(&self) -> u32 {
        let full = self.charged(self.unsent + self.unacked + self.tail_room);
        let skb = self.segment();
        let skbs = u64::from(self.sndbuf())
            .saturating_sub(full)
            .div_ceil(u64::from(skb + self.shape.overhead));
        self.tail_room + skbs as u32 * skb
    }

    pub(super) fn unread(&self) -> u64 {
        u64::from(self.unread)
    }

    pub(super) fn unsent(&self) -> u64 {
        u64::from(self.unsent)
    }

    pub(super) fn is_writable(&self) -> bool {
        let charged = self.charged(self.unsent + self.unacked);
        tcp_writable(charged, u64::from(self.sndbuf()))
    }

    pub(super) fn purge_unsent(&mut self) -> u64 {
        self.tail_room = 0;
        u64::from(std::mem::take(&mut self.unsent))
    }
}
