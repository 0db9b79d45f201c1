//! Pending events in a timing wheel, for worlds with a hundred thousand timers or more.
//!
//! A bucket holds the events of one tick (131 us) in an unsorted list; the 65 536 buckets cover 8.6 s. When a tick's turn
//! comes its bucket is poured into a small heap, which gives the total order. What lies beyond the wheel waits in another
//! heap and moves in as the wheel turns. A push costs O(1) for all but far events, whatever the number of pending ones.

use super::{Entry, Heap, Pending};
use crate::time::Timestamp;

/// A tick is 2^17 ns.
const TICK_BITS: u32 = 17;
const BUCKETS: usize = 65_536;
const NONE: u32 = u32::MAX;

/// A wheel of buckets, a heap for the tick of now and a heap for what is far.
#[derive(Debug)]
pub struct Wheel<E> {
    /// The tick whose events are in `due`; the wheel covers this one and the next `BUCKETS - 1`.
    tick: u64,
    due: Heap<E>,
    far: Heap<E>,
    /// Heads of the buckets' lists, as indices into `nodes`.
    heads: Vec<u32>,
    /// One bit per bucket that is not empty.
    occupied: Vec<u64>,
    nodes: Vec<Node<E>>,
    free: u32,
    in_buckets: usize,
}

#[derive(Debug)]
struct Node<E> {
    entry: Entry<E>,
    next: u32,
}

impl<E> Default for Wheel<E> {
    fn default() -> Wheel<E> {
        Wheel {
            tick: 0,
            due: Heap::default(),
            far: Heap::default(),
            heads: vec![NONE; BUCKETS],
            occupied: vec![0; BUCKETS / 64],
            nodes: Vec::new(),
            free: NONE,
            in_buckets: 0,
        }
    }
}

impl<E: Copy> Pending<E> for Wheel<E> {
    fn push(&mut self, entry: Entry<E>) {
        let tick = tick_of(entry.at);
        if tick <= self.tick {
            self.due.push(entry);
        } else if tick - self.tick < BUCKETS as u64 {
            self.put(tick, entry);
        } else {
            self.far.push(entry);
        }
    }

    fn pop(&mut self) -> Option<Entry<E>> {
        if self.due.is_empty() {
            self.turn();
        }
        self.due.pop()
    }

    fn len(&self) -> usize {
        self.due.len() + self.in_buckets + self.far.len()
    }
}

impl<E: Copy> Wheel<E> {
    /// Moves on to the next tick that has events, if there is one.
    fn turn(&mut self) {
        let near = self.next_occupied();
        let far = self.far.peek().map(|entry| tick_of(entry.at));
        let Some(tick) = [near, far].into_iter().flatten().min() else {
            return;
        };
        assert!(tick > self.tick, "the wheel turned backwards");
        self.tick = tick;
        self.pour(tick);
        while let Some(entry) = self.far.peek() {
            if tick_of(entry.at) - tick >= BUCKETS as u64 {
                break;
            }
            let entry = self.far.pop().expect("it was just peeked at");
            self.push(entry);
        }
    }

    fn put(&mut self, tick: u64, entry: Entry<E>) {
        let bucket = bucket_of(tick);
        let next = self.heads[bucket];
        let node = Node { entry, next };
        let index = if self.free == NONE {
            self.nodes.push(node);
            u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 pending events")
        } else {
            let index = self.free;
            self.free = self.nodes[index as usize].next;
            self.nodes[index as usize] = node;
            index
        };
        self.heads[bucket] = index;
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
        self.in_buckets += 1;
    }

    /// Empties the bucket of `tick` into the heap of due events.
    fn pour(&mut self, tick: u64) {
        let bucket = bucket_of(tick);
        let mut index = std::mem::replace(&mut self.heads[bucket], NONE);
        self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        while index != NONE {
            let node = &mut self.nodes[index as usize];
            self.due.push(node.entry);
            let next = std::mem::replace(&mut node.next, self.free);
            self.free = index;
            self.in_buckets -= 1;
            index = next;
        }
    }

    /// The first tick after this one whose bucket is not empty.
    fn next_occupied(&self) -> Option<u64> {
        if self.in_buckets == 0 {
            return None;
        }
        let start = bucket_of(self.tick + 1);
        let words = self.occupied.len();
        let first = self.occupied[start / 64] & (u64::MAX << (start % 64));
        let bucket = if first != 0 {
            (start / 64) * 64 + first.trailing_zeros() as usize
        } else {
            // The last round looks at the first word again, now at the bits before `start`.
            (1..=words)
                .map(|step| (start / 64 + step) % words)
                .find(|word| self.occupied[*word] != 0)
                .map(|word| word * 64 + self.occupied[word].trailing_zeros() as usize)?
        };
        let ahead = (bucket + BUCKETS - start) % BUCKETS;
        Some(self.tick + 1 + ahead as u64)
    }
}

fn tick_of(at: Timestamp) -> u64 {
    at.as_ns() >> TICK_BITS
}

fn bucket_of(tick: u64) -> usize {
    tick as usize % BUCKETS
}
