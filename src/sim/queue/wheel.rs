//! Pending events in a timing wheel, for worlds with a hundred thousand timers or more.
//!
//! A bucket holds the events of one tick (131 us) unsorted, in chunks; the 65 536 buckets cover 8.6 s. When a tick's turn
//! comes its bucket is sorted, which gives the total order; what is added to a tick after it has begun waits in a small heap. What lies
//! beyond the wheel waits in another heap and moves in as the wheel turns. A push costs O(1) for all but far events, whatever the number
//! of pending ones.

use std::cmp::Reverse;

use super::{Entry, Heap, Pending};
use crate::time::Timestamp;

/// A tick is 2^17 ns.
const TICK_BITS: u32 = 17;
const BUCKETS: usize = 65_536;
const NONE: u32 = u32::MAX;
/// Entries that lie side by side: a bucket is then read in a few pieces of memory, not in as many as it has events.
const CHUNK: usize = 16;

/// A wheel of buckets, a list and a heap for the tick of now and a heap for what is far.
#[derive(Debug)]
pub struct Wheel<E> {
    /// The tick whose events are in `due` and `late`; the wheel covers this one and the next `BUCKETS - 1`.
    tick: u64,
    /// What was there when the tick began, the first one last.
    due: Vec<Entry<E>>,
    /// What has been added since.
    late: Heap<E>,
    /// Whether the tick began with the last pop.
    dawned: bool,
    far: Heap<E>,
    /// The bucket's chunk that is being filled, and how full it is; the chunks behind it are full.
    heads: Vec<(u32, u32)>,
    /// One bit per bucket that is not empty.
    occupied: Vec<u64>,
    /// Chunks of [`CHUNK`] entries each.
    entries: Vec<Entry<E>>,
    /// By chunk: the next one of its bucket, or the next free one.
    next: Vec<u32>,
    free: u32,
    in_buckets: usize,
}

impl<E> Default for Wheel<E> {
    fn default() -> Wheel<E> {
        Wheel {
            tick: 0,
            due: Vec::new(),
            late: Heap::default(),
            dawned: false,
            far: Heap::default(),
            heads: vec![(NONE, 0); BUCKETS],
            occupied: vec![0; BUCKETS / 64],
            entries: Vec::new(),
            next: Vec::new(),
            free: NONE,
            in_buckets: 0,
        }
    }
}

impl<E: Copy> Pending<E> for Wheel<E> {
    fn push(&mut self, entry: Entry<E>) {
        let tick = tick_of(entry.at);
        if tick <= self.tick {
            self.late.push(entry);
        } else if tick - self.tick < BUCKETS as u64 {
            self.put(tick, entry);
        } else {
            self.far.push(entry);
        }
    }

    fn pop(&mut self) -> Option<Entry<E>> {
        self.dawned = self.due.is_empty() && self.late.is_empty();
        if self.dawned {
            self.turn();
        }
        match (self.due.last(), self.late.peek()) {
            (Some(due), Some(late)) if late.key() < due.key() => self.late.pop(),
            (Some(_), _) => self.due.pop(),
            (None, _) => self.late.pop(),
        }
    }

    fn len(&self) -> usize {
        self.due.len() + self.late.len() + self.in_buckets + self.far.len()
    }
}

impl<E: Copy> Wheel<E> {
    /// What else is due in the tick that began with the last pop; nothing if none did.
    pub fn dawned(&self) -> &[Entry<E>] {
        if self.dawned { &self.due } else { &[] }
    }

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
        let (mut chunk, mut filled) = self.heads[bucket];
        if chunk == NONE || filled as usize == CHUNK {
            chunk = self.chunk(chunk, entry);
            filled = 0;
        }
        self.entries[chunk as usize * CHUNK + filled as usize] = entry;
        self.heads[bucket] = (chunk, filled + 1);
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
        self.in_buckets += 1;
    }

    /// A chunk to fill, before `next`.
    fn chunk(&mut self, next: u32, filler: Entry<E>) -> u32 {
        if self.free == NONE {
            self.next.push(next);
            self.entries.resize(self.next.len() * CHUNK, filler);
            return u32::try_from(self.next.len() - 1).expect("fewer than 2^32 chunks");
        }
        let chunk = self.free;
        self.free = std::mem::replace(&mut self.next[chunk as usize], next);
        chunk
    }

    /// Empties the bucket of `tick` into the list of due events.
    fn pour(&mut self, tick: u64) {
        let bucket = bucket_of(tick);
        let (mut chunk, filled) = std::mem::replace(&mut self.heads[bucket], (NONE, 0));
        self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        let mut filled = filled as usize;
        while chunk != NONE {
            let first = chunk as usize * CHUNK;
            self.due
                .extend_from_slice(&self.entries[first..first + filled]);
            self.in_buckets -= filled;
            let next = std::mem::replace(&mut self.next[chunk as usize], self.free);
            self.free = chunk;
            (chunk, filled) = (next, CHUNK);
        }
        self.due.sort_unstable_by_key(|entry| Reverse(entry.key()));
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
