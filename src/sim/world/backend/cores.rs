//! The cores on which handlers burn: first come, first served.

use std::collections::VecDeque;

use super::task::TaskAt;

/// So many cores, and who waits for one.
#[derive(Debug)]
pub(super) struct Cores {
    all: u32,
    /// Cores that nobody burns on.
    free: u32,
    waiting: VecDeque<TaskAt>,
}

impl Cores {
    pub(super) fn new(cores: u32) -> Cores {
        let all = cores.max(1);
        Cores {
            all,
            free: all,
            waiting: VecDeque::new(),
        }
    }

    /// How many there are.
    pub(super) fn all(&self) -> u32 {
        self.all
    }

    /// Takes a core for a task, or puts it at the end of those that wait for one; whether it may burn now.
    pub(super) fn take(&mut self, at: TaskAt) -> bool {
        let Some(free) = self.free.checked_sub(1) else {
            self.waiting.push_back(at);
            return false;
        };
        self.free = free;
        true
    }

    /// Gives a core back: to whoever waits longest, who burns from now on.
    pub(super) fn release(&mut self) -> Option<TaskAt> {
        let next = self.waiting.pop_front();
        self.free += u32::from(next.is_none());
        next
    }

    /// A task does not wait for a core any more; whether it did.
    pub(super) fn give_up(&mut self, at: TaskAt) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|other| *other != at);
        self.waiting.len() < before
    }
}
