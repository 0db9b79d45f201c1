//! Pending events in std's binary heap: the plain store, and the fastest for small worlds.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Entry, Pending};

/// A binary heap with the earliest entry on top.
#[derive(Debug)]
pub struct Heap<E>(BinaryHeap<Earliest<E>>);

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
        Heap(BinaryHeap::new())
    }
}

impl<E> Heap<E> {
    /// The first entry, left in place.
    pub fn peek(&self) -> Option<&Entry<E>> {
        self.0.peek().map(|earliest| &earliest.0)
    }
}

impl<E> Pending<E> for Heap<E> {
    fn push(&mut self, entry: Entry<E>) {
        self.0.push(Earliest(entry));
    }

    fn pop(&mut self) -> Option<Entry<E>> {
        self.0.pop().map(|earliest| earliest.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}
