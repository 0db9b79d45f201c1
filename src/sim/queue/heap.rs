//! Pending events in std's binary heap: the plain store, and the fastest for small worlds.
//!
//! Most events are wake-ups, all of them the same short while ahead, so they are added in the order in which they come out. Such need no
//! heap but a list that is always sorted; the heap keeps the others.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use super::{Entry, Pending};
use crate::time::{Span, Timestamp};

/// What is further ahead than this is not for the list: all that comes after it would have to wait in the heap.
const SOON: Span = Span::from_us(50);

/// A binary heap with the earliest entry on top, beside a sorted list.
#[derive(Debug)]
pub struct Heap<E> {
    /// The instant of the last entry taken out.
    now: Timestamp,
    /// The first one first; each was added behind all others.
    soon: VecDeque<Entry<E>>,
    later: BinaryHeap<Earliest<E>>,
}

/// Orders entries so that the earliest is the greatest: std's heap is a max-heap.
#[derive(Debug)]
struct Earliest<E>(Entry<E>);

impl<E> Ord for Earliest<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.key().cmp(&self.0.key())
    }
}

impl<E> PartialOrd for Earliest<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Earliest<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl<E> Eq for Earliest<E> {}

impl<E> Default for Heap<E> {
    fn default() -> Heap<E> {
        Heap {
            now: Timestamp::ZERO,
            soon: VecDeque::new(),
            later: BinaryHeap::new(),
        }
    }
}

impl<E> Heap<E> {
    /// The first entry, left in place.
    pub fn peek(&self) -> Option<&Entry<E>> {
        match self.is_soon() {
            true => self.soon.front(),
            false => self.later.peek().map(|earliest| &earliest.0),
        }
    }

    /// Whether the first entry is the list's.
    #[inline]
    fn is_soon(&self) -> bool {
        match (self.soon.front(), self.later.peek()) {
            (Some(soon), Some(Earliest(later))) => soon.key() < later.key(),
            (soon, _) => soon.is_some(),
        }
    }
}

impl<E> Pending<E> for Heap<E> {
    #[inline]
    fn push(&mut self, entry: Entry<E>) {
        let last = self.soon.back().map_or(self.now, |last| last.at);
        if entry.at >= last && entry.at.since(self.now) <= SOON {
            self.soon.push_back(entry);
        } else {
            self.later.push(Earliest(entry));
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<Entry<E>> {
        let entry = match self.is_soon() {
            true => self.soon.pop_front(),
            false => self.later.pop().map(|earliest| earliest.0),
        }?;
        self.now = entry.at;
        Some(entry)
    }

    fn len(&self) -> usize {
        self.soon.len() + self.later.len()
    }
}
