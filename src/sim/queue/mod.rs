//! The event queue: what happens next, in a total order.
//!
//! Events are ordered by (instant, order of insertion), so that two of the same instant never depend on a hash or on
//! the shape of a heap. Two stores keep the pending ones: a binary heap, and for large worlds a timing wheel ([`Wheel`]). They yield the same events in the same order (a test runs both). Nothing is ever removed
//! from the middle: a cancelled timer is a stale generation, see [`super::alarm`].

mod heap;
#[cfg(test)]
mod tests;
mod wheel;

pub use heap::Heap;
pub use wheel::Wheel;

use crate::time::Timestamp;

/// Above this many pending events the wheel is the faster store (measured: equal near 10 000, five times faster at a million).
const WHEEL_FROM: usize = 20_000;

/// One pending event.
#[derive(Clone, Copy, Debug)]
pub struct Entry<E> {
    /// When.
    pub at: Timestamp,
    /// Which of those of the same instant: the order of insertion.
    pub sequence: u64,
    /// What.
    pub event: E,
}

impl<E> Entry<E> {
    /// Its place in the order. One number, since comparing it needs no branch, which a heap could only guess.
    #[inline]
    fn key(&self) -> u128 {
        u128::from(self.at.as_ns()) << 64 | u128::from(self.sequence)
    }
}

/// A store of pending events.
pub trait Pending<E> {
    /// Adds an event. Its instant is never before that of the last one taken out.
    fn push(&mut self, entry: Entry<E>);
    /// Takes out the first by (instant, sequence).
    fn pop(&mut self) -> Option<Entry<E>>;
    /// How many are pending.
    fn len(&self) -> usize;
    /// Whether nothing is pending.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Either store.
#[derive(Debug)]
enum AnyPending<E> {
    Heap(Box<Heap<E>>),
    Wheel(Box<Wheel<E>>),
}

/// The queue of a world, and with it the world's only clock.
#[derive(Debug)]
pub struct EventQueue<E> {
    now: Timestamp,
    pushed: u64,
    popped: u64,
    most_pending: usize,
    pending: AnyPending<E>,
}

impl<E: Copy> EventQueue<E> {
    /// A queue at the origin of time. `expected` is about how many events will be pending at once; it only chooses the store.
    pub fn new(expected: usize) -> EventQueue<E> {
        EventQueue {
            now: Timestamp::ZERO,
            pushed: 0,
            popped: 0,
            most_pending: 0,
            pending: if expected < WHEEL_FROM {
                AnyPending::Heap(Box::default())
            } else {
                AnyPending::Wheel(Box::default())
            },
        }
    }

    /// The instant of the last event taken out.
    #[inline]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Events taken out so far: the work done.
    pub fn popped(&self) -> u64 {
        self.popped
    }

    /// The most events that were pending at once.
    pub fn most_pending(&self) -> usize {
        self.most_pending
    }

    /// Adds an event.
    ///
    /// # Panics
    /// If `at` has passed: time never goes back.
    #[inline]
    pub fn push(&mut self, at: Timestamp, event: E) {
        assert!(at >= self.now, "an event at {at} was added at {}", self.now);
        let entry = Entry {
            at,
            sequence: self.pushed,
            event,
        };
        self.pushed += 1;
        let len = match &mut self.pending {
            AnyPending::Heap(heap) => {
                heap.push(entry);
                heap.len()
            }
            AnyPending::Wheel(wheel) => {
                wheel.push(entry);
                wheel.len()
            }
        };
        self.most_pending = self.most_pending.max(len);
    }

    /// Of a large world: what else is due within the tick (a tenth of a millisecond) whose first event was the last one taken out; nothing
    /// if that was another. It is a chance to fetch from memory, side by side, what these events concern.
    pub fn dawned(&self) -> impl Iterator<Item = &E> {
        let entries = match &self.pending {
            AnyPending::Heap(_) => &[],
            AnyPending::Wheel(wheel) => wheel.dawned(),
        };
        entries.iter().map(|entry| &entry.event)
    }

    /// Takes out the next event and moves time to it.
    #[inline]
    pub fn pop(&mut self) -> Option<(Timestamp, E)> {
        let entry = match &mut self.pending {
            AnyPending::Heap(heap) => heap.pop(),
            AnyPending::Wheel(wheel) => wheel.pop(),
        }?;
        assert!(entry.at >= self.now, "time went back to {}", entry.at);
        self.now = entry.at;
        self.popped += 1;
        Some((entry.at, entry.event))
    }
}
