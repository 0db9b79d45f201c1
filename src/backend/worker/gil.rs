//! The interpreter's lock: one thread of a process computes at a time, and those that want it take turns.
//!
//! Python's GIL gives a thread that waits its turn after `sys.getswitchinterval()`, 5 ms. Here the turn is strictly the next one's, by
//! ticket; CPython leaves that to the kernel's scheduler.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A value behind a fair lock.
#[derive(Debug)]
pub(super) struct Gil<T> {
    turns: Mutex<Turns>,
    changed: Condvar,
    value: Mutex<T>,
}

#[derive(Debug, Default)]
struct Turns {
    /// The next ticket to be drawn, and the one whose turn it is.
    next: u64,
    now: u64,
}

/// The lock, held.
pub(super) struct Held<'a, T> {
    value: MutexGuard<'a, T>,
    /// Dropped after the value, so that the next one finds it free.
    _turn: Turn<'a, T>,
}

/// One's turn, which ends when this is dropped.
struct Turn<'a, T>(&'a Gil<T>);

impl<T> Gil<T> {
    pub(super) fn new(value: T) -> Gil<T> {
        Gil {
            turns: Mutex::default(),
            changed: Condvar::new(),
            value: Mutex::new(value),
        }
    }

    /// Waits for its turn.
    pub(super) fn take(&self) -> Held<'_, T> {
        let mut turns = lock(&self.turns);
        let ticket = turns.next;
        turns.next += 1;
        let turns = self
            .changed
            .wait_while(turns, |turns| turns.now != ticket)
            .unwrap_or_else(PoisonError::into_inner);
        drop(turns);
        Held {
            value: lock(&self.value),
            _turn: Turn(self),
        }
    }

    /// Whether another thread waits for its turn.
    pub(super) fn is_wanted(&self) -> bool {
        let turns = lock(&self.turns);
        turns.next > turns.now + 1
    }
}

/// A thread that panicked has left plain data behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> std::ops::Deref for Held<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> std::ops::DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        lock(&self.0.turns).now += 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_taken_in_the_order_in_which_they_were_asked_for() {
        let gil = Gil::new(Vec::new());
        std::thread::scope(|scope| {
            let held = gil.take();
            let mut started = Vec::new();
            for number in 0..8 {
                let gil = &gil;
                started.push(scope.spawn(move || gil.take().push(number)));
                // The next one draws its ticket only after this one has.
                while lock(&gil.turns).next < number + 2 {
                    std::thread::yield_now();
                }
            }
            assert!(gil.is_wanted());
            drop(held);
            for thread in started {
                thread.join().unwrap();
            }
        });
        assert_eq!(*gil.take(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(!gil.is_wanted());
    }
}
