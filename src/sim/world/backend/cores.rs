//! The cores on which handlers burn: first come, first served, to the end.

use std::collections::VecDeque;

/// So many cores, and who waits for one.
#[derive(Debug)]
pub(super) struct Cores {
    /// Cores that nobody burns on.
    free: u32,
    waiting: VecDeque<u32>,
}

impl Cores {
    pub(super) fn new(cores: u32) -> Cores {
        Cores {
            free: cores.max(1),
            waiting: VecDeque::new(),
        }
    }

    /// Takes a core for a worker, or puts it at the end of those that wait for one; whether it may burn now.
    pub(super) fn take(&mut self, worker: u32) -> bool {
        let Some(free) = self.free.checked_sub(1) else {
            self.waiting.push_back(worker);
            return false;
        };
        self.free = free;
        true
    }

    /// Gives a core back: to whoever waits longest, who burns from now on.
    pub(super) fn release(&mut self) -> Option<u32> {
        let next = self.waiting.pop_front();
        self.free += u32::from(next.is_none());
        next
    }

    /// A worker does not wait for a core any more.
    pub(super) fn give_up(&mut self, worker: u32) {
        self.waiting.retain(|other| *other != worker);
    }
}
