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
//!   memory is freed together. Of the first fill only its head is merged; measured on receive buffers from 256 KiB (SIOCOUTQ beside each read).
//! * A reader acknowledges when more than one segment is outstanding, when it has emptied its queue, or when the window would at least
//!   double (`tcp_cleanup_rbuf`): what arrives during a read is acknowledged by the *next* one, or after 40 ms.
//! * A window that would be smaller than a segment is not offered, and without window scaling it comes in whole segments
//!   (`__tcp_select_window`). Nothing is sent that is less than a segment, unless it is all there is (`tcp_snd_wnd_test`); from
//!   there on up to two segments fill the window (`tcp_grow_skb`).

use std::rc::Rc;

use super::divisor::Divisor;
use super::shape::{LOOSE, Shape, Skb, WRITTEN};
use crate::machine::sockbuf::tcp_writable;
use crate::time::Timestamp;

/// Kernel: so much is acknowledged at once (`TCP_MAX_QUICKACKS` is 16 segments, two for each write), and as much is then in flight before anything
/// is read, whose congestion window is 16. Measured: 1 048 736 bytes arrive, 524 341 of them unacknowledged.
const FIRST_FLIGHT: u32 = 8 * WRITTEN;

/// One direction. In 48 bytes, so that what a slow reader's reads touch of a connection is one cache line (see `table`).
#[derive(Clone, Debug)]
pub(super) struct TcpFlow {
    /// Shared by all flows of the same options: a million of them are read one after another, and each cache line counts.
    shape: Rc<Shape>,
    /// When what arrived is acknowledged at the latest, if a blocked sender waits for that.
    late_at: Option<Timestamp>,
    /// Bytes in the send buffer that were never sent.
    unsent: u32,
    /// Bytes that the sender is still charged for although they have arrived.
    unacked: u32,
    /// What the newest skb of the send buffer still has room for.
    tail_room: u32,
    /// Until the reader has emptied its queue: bytes in it that arrived before anything was read, and once its head is read those behind them
    /// that are merged loosely. From then on: bytes in the send buffer that are in skbs of the first size.
    first: u32,
    /// Bytes in the receive queue.
    unread: u32,
    /// Bytes that were read of the first skb in the queue, whose memory is not free yet.
    stale: u32,
    /// What may still be sent.
    window: u32,
    buffer: SendBuffer,
    queue: ReceiveQueue,
    /// A timer is running for an acknowledgement.
    timed: bool,
    /// Acknowledgements are sent at once: from the beginning until the queue is half full.
    quick: bool,
}

const _: () = assert!(size_of::<TcpFlow>() == 48);

/// How large a send buffer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SendBuffer {
    /// As it was made.
    First,
    /// The same, but a write came up short: it may grow with the next acknowledgement.
    Wanted,
    Grown,
}

/// What the reader has done with its queue so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ReceiveQueue {
    /// Nothing has been read yet.
    Unopened,
    Opened,
    /// What was merged at its head is read.
    Parted,
    /// It was empty once.
    Emptied,
    /// The reader is gone: nothing arrives or is acknowledged any more, and `late_at` is when the sender gives up.
    Gone,
}

impl TcpFlow {
    pub(super) fn new(shape: Rc<Shape>) -> TcpFlow {
        let mut flow = TcpFlow {
            shape,
            late_at: None,
            unsent: 0,
            unacked: 0,
            tail_room: 0,
            first: 0,
            unread: 0,
            stale: 0,
            window: 0,
            buffer: SendBuffer::First,
            queue: ReceiveQueue::Unopened,
            timed: false,
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
            if self.buffer == SendBuffer::First {
                self.buffer = SendBuffer::Wanted;
            }
            self.transmit(2);
        }
        n - left
    }

    pub(super) fn read(&mut self, max: u64) -> u64 {
        let taken = max.min(u64::from(self.unread)) as u32;
        if taken == 0 {
            return 0;
        }
        if self.queue == ReceiveQueue::Unopened {
            self.queue = ReceiveQueue::Opened;
        }
        self.unread -= taken;
        self.stale += taken;
        while self.stale >= self.lump().get() {
            let freed = self.lump().get();
            self.stale -= freed;
            if !self.emptied() {
                self.part(freed);
            }
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
        let in_vain = self.late_at.is_some() || self.unacked == 0 || self.is_frozen();
        if in_vain || !self.leaves_room(self.unsent, u64::from(self.shape.sndbuf)) {
            return false;
        }
        self.late_at = Some(at);
        !std::mem::replace(&mut self.timed, true)
    }

    /// The timer: what arrived is acknowledged although nothing was read. Returns when it is to come again instead.
    pub(super) fn acknowledge_late(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.late_at.is_some_and(|late_at| now < late_at) {
            return self.late_at;
        }
        self.timed = false;
        if self.late_at.is_some() {
            self.acknowledge();
            self.transmit(2);
        }
        None
    }

    /// The reader is gone.
    pub(super) fn freeze(&mut self) {
        if !self.emptied() {
            self.empty();
        }
        self.queue = ReceiveQueue::Gone;
        (self.window, self.late_at, self.timed) = (0, None, false);
    }

    fn is_frozen(&self) -> bool {
        self.queue == ReceiveQueue::Gone
    }

    /// If there is something that nobody will acknowledge, its sender gives up at `at`. Whether a timer is to be set for that.
    pub(super) fn give_up_at(&mut self, at: Timestamp) -> bool {
        let in_vain = self.is_frozen() && self.unsent + self.unacked > 0;
        if in_vain && !self.timed {
            (self.timed, self.late_at) = (true, Some(at));
            return true;
        }
        false
    }

    /// Whether its sender has given up by `now`.
    pub(super) fn has_given_up(&self, now: Timestamp) -> bool {
        let late = self.late_at.is_some_and(|late_at| now >= late_at);
        self.is_frozen() && late
    }

    /// As time goes by: all that arrived is acknowledged.
    #[cfg(test)]
    pub(super) fn settle(&mut self) {
        self.acknowledge();
        self.transmit(2);
    }

    fn append(&mut self, bytes: u32) {
        self.unsent += bytes;
        let beyond = bytes.saturating_sub(self.tail_room);
        self.tail_room = match beyond {
            0 => self.tail_room - bytes,
            _ => self.skb().payload.ceil(beyond) * self.segment() - beyond,
        };
    }

    /// Memory of so many bytes is free in a queue that was never empty.
    fn part(&mut self, freed: u32) {
        self.first = self.first.saturating_sub(freed);
        if self.queue == ReceiveQueue::Opened && self.first > 0 {
            self.first += self.loose();
        }
        self.queue = ReceiveQueue::Parted;
    }

    /// The queue is empty: all of its memory is free, and from now on skbs are as large as the window has become.
    fn empty(&mut self) {
        self.stale = 0;
        if !self.emptied() {
            self.queue = ReceiveQueue::Emptied;
            self.first = self.unsent + self.unacked;
            if self.unsent > 0 {
                self.tail_room += self.shape.skb.payload.get() - self.shape.first_skb.payload.get();
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
        if self.is_frozen() {
            return;
        }
        if self.emptied() {
            self.first = self.first.saturating_sub(self.unacked);
        }
        self.unacked = 0;
        self.late_at = None;
        self.window = self.window.max(self.offered());
        if self.buffer == SendBuffer::Wanted {
            self.buffer = SendBuffer::Grown;
        }
    }

    /// Sends what the window lets through, up to so many segments at once.
    fn transmit(&mut self, segments: u32) {
        let most = self.segment() * segments;
        while self.unsent > 0 && self.window >= self.unsent.min(self.segment()) {
            if self.unopened() && self.unacked >= FIRST_FLIGHT {
                break;
            }
            let sent = self.unsent.min(self.window).min(most);
            self.unsent -= sent;
            self.window -= sent;
            self.unacked += sent;
            self.unread += sent;
            if self.unopened() {
                self.first += sent;
            }
            let worth_it = self.unacked > self.segment() && self.offered() >= self.told();
            if self.quick || worth_it {
                self.acknowledge();
                self.quick &= self.unopened()
                    && self.unread < FIRST_FLIGHT
                    && !self.shape.is_tight(self.free());
            }
        }
        if self.unsent == 0 {
            self.tail_room = 0;
        }
    }

    fn unopened(&self) -> bool {
        self.queue == ReceiveQueue::Unopened
    }

    fn emptied(&self) -> bool {
        matches!(self.queue, ReceiveQueue::Emptied | ReceiveQueue::Gone)
    }

    /// What could be sent when the reader last told.
    fn told(&self) -> u32 {
        self.window + self.unacked
    }

    /// Payload of an skb that is written now.
    fn segment(&self) -> u32 {
        self.skb().payload.get()
    }

    /// An skb that is written now.
    fn skb(&self) -> &Skb {
        match self.emptied() {
            true => &self.shape.skb,
            false => &self.shape.first_skb,
        }
    }

    /// Bytes at the head of the receive queue that are freed together.
    fn lump(&self) -> Divisor {
        let lumps = &self.shape.lumps;
        match self.queue {
            ReceiveQueue::Unopened | ReceiveQueue::Opened if self.first > 0 => lumps.first,
            ReceiveQueue::Parted if self.first > self.loose() => lumps.written,
            ReceiveQueue::Parted if self.first > 0 => lumps.loose,
            _ => lumps.merged,
        }
    }

    fn loose(&self) -> u32 {
        self.shape.lumps.loose.get() * LOOSE
    }

    fn free(&self) -> u32 {
        let held = self.unread + self.stale;
        self.shape
            .free(held + self.shape.overhead * self.lump().ceil(held))
    }

    /// The window that the reader has to offer; an empty queue takes at least a segment.
    fn offered(&self) -> u32 {
        let segment = self.skb().payload;
        let least = if self.unread == 0 { segment.get() } else { 0 };
        self.shape.offers(self.free(), segment).max(least)
    }

    fn sndbuf(&self) -> u32 {
        match self.buffer {
            SendBuffer::Grown => self.shape.sndbuf,
            SendBuffer::First | SendBuffer::Wanted => self.shape.first_sndbuf,
        }
    }

    /// What the sender is charged for so many of its bytes.
    fn charged(&self, bytes: u32) -> u64 {
        let early = match self.emptied() {
            true => self.first.min(bytes),
            false => 0,
        };
        let skbs =
            self.shape.first_skb.payload.ceil(early) + self.skb().payload.ceil(bytes - early);
        u64::from(bytes) + u64::from(self.shape.overhead) * u64::from(skbs)
    }

    /// What a write would be let in: all that fits the newest skb, and new ones while not all of the buffer is charged.
    fn room(&self) -> u32 {
        let full = self.charged(self.unsent + self.unacked + self.tail_room);
        let left = u64::from(self.sndbuf()).saturating_sub(full) as u32;
        let skbs = self.skb().charged.ceil(left);
        self.tail_room + skbs * self.segment()
    }

    pub(super) fn unread(&self) -> u64 {
        u64::from(self.unread)
    }

    pub(super) fn unsent(&self) -> u64 {
        u64::from(self.unsent)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.leaves_room(self.unsent + self.unacked, u64::from(self.sndbuf()))
    }

    /// Whether a send buffer with so many bytes would let its sender be woken. Where a reader is slow they are mostly too many by
    /// themselves, and what is charged beyond them need not be counted.
    fn leaves_room(&self, bytes: u32, sndbuf: u64) -> bool {
        tcp_writable(u64::from(bytes), sndbuf) && tcp_writable(self.charged(bytes), sndbuf)
    }

    pub(super) fn purge_unsent(&mut self) -> u64 {
        self.tail_room = 0;
        u64::from(std::mem::take(&mut self.unsent))
    }
}
