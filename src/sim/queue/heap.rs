//! Pending events in sorted lists and std's binary heap: the plain store, and the fastest for small worlds.
//!
//! Most events are the same few spans ahead of their cause: a wake-up, a request's CPU time, a reader's pause, a patience. Those of one such span are
//! added in the order in which they come out, so that a list of them is sorted by itself, and taking the first of a few lists is quicker than
//! letting a heap settle. The heap keeps what fits behind none of them.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use super::{Entry, Pending};
use crate::time::{Span, Timestamp};

/// Lists beside the heap. Of the events of sweeps of `worker-starvation` six leave 1.3 % to the heap, five 1.5 %, and four 2.5 %.
const LISTS: usize = 6;

/// What is further ahead than this is not for a list, in which all nearer ones that come after it would find no place. Without the limit, patience
/// and other long waits have the six lists for themselves, and leave 91 % to the heap.
const SOON: Span = Span::from_ms(50);

/// The key of what is not there: behind all others.
const NONE: u128 = u128::MAX;

/// Sorted lists beside a binary heap with the earliest entry on top.
#[derive(Debug)]
pub struct Heap<E> {
    /// The instant of the last entry taken out.
    now: Timestamp,
    /// The first one first; each was added behind all others of its list.
    lists: [VecDeque<Entry<E>>; LISTS],
    /// The key of the first entry of each.
    firsts: [u128; LISTS],
    /// The instant of the last entry of each; zero if there is none.
    lasts: [Timestamp; LISTS],
    others: BinaryHeap<Earliest<E>>,
    len: usize,
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
            lists: std::array::from_fn(|_| VecDeque::new()),
            firsts: [NONE; LISTS],
            lasts: [Timestamp::ZERO; LISTS],
            others: BinaryHeap::new(),
            len: 0,
        }
    }
}

impl<E> Heap<E> {
    /// The first entry, left in place.
    pub fn peek(&self) -> Option<&Entry<E>> {
        let (list, key) = self.first();
        match self.others.peek() {
            Some(Earliest(other)) if other.key() < key => Some(other),
            _ => self.lists[list].front(),
        }
    }

    /// The list with the first entry of all lists, and that entry's key.
    #[inline]
    fn first(&self) -> (usize, u128) {
        let mut best = (0, self.firsts[0]);
        for (list, key) in self.firsts.iter().enumerate().skip(1) {
            if *key < best.1 {
                best = (list, *key);
            }
        }
        best
    }

    /// The list whose last entry is the closest before `at`.
    #[inline]
    fn behind(&self, at: Timestamp) -> Option<usize> {
        let (mut best, mut latest) = (None, Timestamp::ZERO);
        for (list, last) in self.lasts.iter().enumerate() {
            if *last <= at && (best.is_none() || *last > latest) {
                (best, latest) = (Some(list), *last);
            }
        }
        best
    }

    /// Out of line: few come here, and who adds an event is to be short.
    #[inline(never)]
    fn push_other(&mut self, entry: Entry<E>) {
        self.others.push(Earliest(entry));
    }

    /// The first entry of a list.
    #[inline]
    fn take(&mut self, list: usize) -> Option<Entry<E>> {
        let entry = self.lists[list].pop_front()?;
        match self.lists[list].front() {
            Some(next) => self.firsts[list] = next.key(),
            None => (self.firsts[list], self.lasts[list]) = (NONE, Timestamp::ZERO),
        }
        Some(entry)
    }
}

impl<E> Pending<E> for Heap<E> {
    #[inline(always)]
    fn push(&mut self, entry: Entry<E>) {
        self.len += 1;
        let is_soon = entry.at.since(self.now) <= SOON;
        let Some(list) = is_soon.then(|| self.behind(entry.at)).flatten() else {
            return self.push_other(entry);
        };
        if self.lists[list].is_empty() {
            self.firsts[list] = entry.key();
        }
        self.lasts[list] = entry.at;
        self.lists[list].push_back(entry);
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<Entry<E>> {
        let (list, key) = self.first();
        let entry = match self.others.peek() {
            Some(other) if other.0.key() < key => self.others.pop()?.0,
            _ => self.take(list)?,
        };
        self.len -= 1;
        self.now = entry.at;
        Some(entry)
    }

    fn len(&self) -> usize {
        self.len
    }
}
