//! The receiver's half: its queue, what that is charged, and when and how much window it tells of.

use std::collections::VecDeque;

use super::{MOST_FRAGS, OVERHEAD, SEGMENT, Told};
use crate::time::{Span, Timestamp};

/// Kernel: share of payload that is expected before anything arrived, in 256ths (`TCP_DEFAULT_SCALING_RATIO`).
const FIRST_RATIO: u64 = 128;
/// Kernel: the segment that is expected then (`TCP_MSS_DEFAULT`).
const FIRST_SEGMENT: u64 = 536;
/// Kernel: what a segment may carry that both ends agree on at first, before timestamps.
const ADVERTISED: u64 = 65_495;
/// Kernel: acknowledgements at once at the beginning (`TCP_MAX_QUICKACKS`), and after a pause longer than a retransmission's.
const QUICK: u64 = 16;
const PAUSE: Span = Span::from_ms(204);
/// Kernel: how long an acknowledgement is put off (`TCP_DELACK_MIN`).
const DELAY: Span = Span::from_ms(40);
/// Kernel: a segment up to this goes into the head of its skb when it is put aside (`skb_condense`), and is charged nothing then.
const FITS_HEAD: u64 = 64;
/// Kernel: shorter ones do not widen the window (`tcp_event_data_recv`).
const WIDENS_FROM: u64 = 128;

/// A segment that arrives, or some that were merged while they waited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) frags: u32,
    /// It is a clone of the sender's own skb.
    pub(super) clone: bool,
    /// Its first payload is in its head: it can be merged with none before it, and that is not charged.
    in_head: bool,
    /// What its payload is charged.
    charged: u64,
}

impl Arrival {
    /// As it comes from the wire.
    pub(super) fn new(from: u64, to: u64, frags: u32, clone: bool) -> Arrival {
        Arrival {
            from,
            to,
            frags,
            clone,
            in_head: false,
            charged: to - from,
        }
    }
}

/// An skb of the queue.
#[derive(Clone, Copy, Debug)]
struct Queued {
    to: u64,
    charged: u64,
    frags: u32,
    /// It is a clone of the skb that ends there.
    clone_of: Option<u64>,
}

/// One end that receives.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    rcvbuf: u64,
    /// Windows are told in units of two to the power of this.
    scale: u32,
    /// Payload in 256ths of memory.
    ratio: u64,
    clamp: u64,
    /// How wide a window may be so far (`rcv_ssthresh`).
    threshold: u64,
    /// What was told last, and up to where everything had arrived then.
    window: u64,
    told_at: u64,
    /// The next byte to arrive, and the next to be read.
    next: u64,
    copied: u64,
    queue: VecDeque<Queued>,
    /// What the queue is charged (`sk_rmem_alloc`).
    charged: u64,
    /// The largest segment that came (`rcv_mss`).
    segment: u64,
    quick: u64,
    heard_at: Option<Timestamp>,
    /// Something arrived that was not acknowledged; at this instant at the latest it is.
    owes: Option<Timestamp>,
    /// The reader is in a call: what arrives is put aside until its end, as is an acknowledgement.
    pub(super) busy: bool,
    aside: Vec<Arrival>,
    aside_charged: u64,
    deferred: bool,
}

impl Receiver {
    pub(super) fn new(rcvbuf: u64) -> Receiver {
        let full = rcvbuf * FIRST_RATIO / 256;
        let scale = full.max(1).ilog2().saturating_sub(15).min(14);
        let mut receiver = Receiver {
            rcvbuf,
            scale,
            ratio: FIRST_RATIO,
            clamp: full,
            threshold: 0,
            window: 0,
            told_at: 0,
            next: 0,
            copied: 0,
            queue: VecDeque::new(),
            charged: 0,
            segment: FIRST_SEGMENT,
            quick: 0,
            heard_at: None,
            owes: None,
            busy: false,
            aside: Vec::new(),
            aside_charged: 0,
            deferred: false,
        };
        if full > 2 * SEGMENT {
            // A segment is kept back for the application (`tcp_init_buffer_space`).
            receiver.clamp = (full - SEGMENT).max(2 * SEGMENT);
        }
        receiver.window = receiver.scaled(full / ADVERTISED * ADVERTISED);
        receiver.threshold = receiver.window.min(receiver.clamp);
        receiver
    }

    pub(super) fn window(&self) -> u64 {
        self.window
    }

    pub(super) fn unread(&self) -> u64 {
        self.next - self.copied
    }

    pub(super) fn copied(&self) -> u64 {
        self.copied
    }

    /// What an acknowledgement is put off until.
    pub(super) fn owes(&self) -> Option<Timestamp> {
        self.owes
    }

    /// Puts a segment aside (`tcp_add_backlog`): merged with the one before it, unless that is a clone.
    pub(super) fn put_aside(&mut self, mut arrival: Arrival) {
        arrival.in_head = !arrival.clone && arrival.to - arrival.from <= FITS_HEAD;
        if arrival.in_head {
            (arrival.frags, arrival.charged) = (0, 0);
        }
        self.aside_charged += arrival.charged;
        if let Some(last) = self.aside.last_mut()
            && !last.clone
            && !arrival.in_head
            && last.frags + arrival.frags <= MOST_FRAGS
        {
            last.to = arrival.to;
            last.frags += arrival.frags;
            last.charged += arrival.charged;
            return;
        }
        self.aside_charged += OVERHEAD;
        self.aside.push(arrival);
    }

    /// What was put aside; it still counts as memory in use until [`Receiver::cleared`].
    pub(super) fn take_aside(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.aside)
    }

    /// Everything that was put aside has been queued. Whether an acknowledgement waited for that.
    pub(super) fn cleared(&mut self) -> bool {
        self.aside_charged = 0;
        self.busy = false;
        std::mem::take(&mut self.deferred) && self.owes.is_some()
    }

    /// Queues what arrives (`tcp_queue_rcv`); whether it is acknowledged at once (`__tcp_ack_snd_check`). `cloned` says of the end of an skb whether
    /// the sender still has it.
    pub(super) fn queue(
        &mut self,
        now: Timestamp,
        arrival: Arrival,
        cloned: impl Fn(u64) -> bool,
    ) -> bool {
        let payload = arrival.charged;
        let fits = |tail: &&mut Queued| {
            let own = tail.clone_of.is_none_or(|to| !cloned(to));
            own && !arrival.in_head && tail.frags + arrival.frags <= MOST_FRAGS
        };
        match self.queue.back_mut().filter(fits) {
            Some(tail) => {
                tail.to = arrival.to;
                tail.charged += payload;
                tail.frags += arrival.frags;
                self.charged += payload;
            }
            None => {
                self.queue.push_back(Queued {
                    to: arrival.to,
                    charged: payload + OVERHEAD,
                    frags: arrival.frags,
                    clone_of: arrival.clone.then_some(arrival.to),
                });
                self.charged += payload + OVERHEAD;
            }
        }
        self.next = arrival.to;
        self.learn(now, arrival.to - arrival.from);
        let enough = self.next - self.told_at > self.segment && self.select() >= self.window;
        let at_once = enough || self.quick > 0;
        if self.owes.is_none() {
            self.owes = Some(now + DELAY);
        }
        self.deferred |= at_once && self.busy;
        at_once && !self.busy
    }

    /// What a receiver learns of a segment (`tcp_event_data_recv`).
    fn learn(&mut self, now: Timestamp, payload: u64) {
        let segment = payload.min(SEGMENT);
        if segment > self.segment {
            // Also what was merged aside is full segments, and its share is theirs.
            self.ratio = (segment * 256 / (segment + OVERHEAD)).max(1);
            self.clamp = self.rcvbuf * self.ratio / 256;
            self.threshold = self.threshold.max(self.window.min(self.clamp));
        }
        self.segment = self.segment.max(segment);
        let quick = (self.window / (2 * self.segment)).clamp(2, QUICK);
        match self.heard_at {
            Some(heard_at) if now.since(heard_at) <= PAUSE => {}
            _ => self.quick = self.quick.max(quick),
        }
        self.heard_at = Some(now);
        let room = self.clamp.min(self.space());
        if payload >= WIDENS_FROM && room > self.threshold {
            // `tcp_grow_window`: its overhead is gone, once merged.
            self.threshold += (room - self.threshold).min(2 * payload.max(SEGMENT));
            self.quick |= 1;
        }
    }

    /// Takes up to `max` bytes (`tcp_recvmsg_locked`); how many there were.
    pub(super) fn take(&mut self, max: u64) -> u64 {
        let taken = max.min(self.unread());
        self.copied += taken;
        while let Some(skb) = self.queue.front().filter(|skb| skb.to <= self.copied) {
            self.charged -= skb.charged;
            self.queue.pop_front();
        }
        taken
    }

    /// Whether a read that took something is followed by an acknowledgement (`__tcp_cleanup_rbuf`).
    pub(super) fn tells(&mut self) -> bool {
        let due = self.next - self.told_at > self.segment || self.charged == 0;
        if self.owes.is_some() && due {
            return true;
        }
        let left = self.left();
        if 2 * left > self.clamp {
            return false;
        }
        let window = self.select();
        window > 0 && window >= 2 * left
    }

    /// Acknowledges (`tcp_select_window`).
    pub(super) fn tell(&mut self) -> Told {
        let (left, window) = (self.left(), self.select());
        self.window = match window < left {
            true => self.scaled(left),
            false => window,
        };
        self.told_at = self.next;
        if self.owes.take().is_some() {
            self.quick = self.quick.saturating_sub(1);
        }
        Told {
            upto: self.next,
            window: self.window,
        }
    }

    /// What may still arrive of what was told (`tcp_receive_window`).
    fn left(&self) -> u64 {
        (self.told_at + self.window).saturating_sub(self.next)
    }

    /// Payload that there is memory for (`tcp_space`).
    fn space(&self) -> u64 {
        let free = self
            .rcvbuf
            .saturating_sub(self.charged + self.aside_charged);
        free * self.ratio / 256
    }

    /// The window that there is to tell (`__tcp_select_window`).
    fn select(&mut self) -> u64 {
        let mut free = self.space();
        let allowed = self.rcvbuf * self.ratio / 256;
        let full = self.clamp.min(allowed);
        if free < full / 2 {
            self.quick = 0;
            free = free >> self.scale << self.scale;
            if free < allowed / 16 || free < self.segment.min(full) {
                return 0;
            }
        }
        self.scaled(free.min(self.threshold))
    }

    fn scaled(&self, window: u64) -> u64 {
        window.next_multiple_of(1 << self.scale)
    }
}
