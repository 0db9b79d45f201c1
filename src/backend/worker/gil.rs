//! The interpreter's lock, as CPython's (`take_gil` and `drop_gil` in `Python/ceval_gil.c`): one thread of a process computes at a time.
//!
//! Whoever waits is woken when the lock is free, and finds it taken again if its holder came back sooner, as it does from a `send` that never
//! blocked. Only one that was not even woken for `sys.getswitchinterval()`, 5 ms, asks for a turn, and then the holder waits until another has had
//! the lock. So nobody starves, and everybody waits longer than in a queue.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::machine::worker::SWITCH_INTERVAL;

/// A value behind the lock.
#[derive(Debug)]
pub(super) struct Gil<T> {
    state: Mutex<State>,
    /// `gil->cond`: it is free.
    freed: Condvar,
    /// `gil->switch_cond`: another thread has it.
    switched: Condvar,
    /// `gil_drop_request`: its holder is to let another thread have it.
    wanted: AtomicBool,
    value: Mutex<T>,
}

#[derive(Debug, Default)]
struct State {
    held: bool,
    /// Who has it, or had it last.
    holder: Option<ThreadId>,
    /// How often that changed.
    switches: u64,
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
            state: Mutex::default(),
            freed: Condvar::new(),
            switched: Condvar::new(),
            wanted: AtomicBool::new(false),
            value: Mutex::new(value),
        }
    }

    /// Waits until it has it.
    pub(super) fn take(&self) -> Held<'_, T> {
        let mut state = lock(&self.state);
        while state.held {
            let switches = state.switches;
            let waited = self
                .freed
                .wait_timeout(state, SWITCH_INTERVAL.to_duration());
            let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = again;
            if timeout.timed_out() && state.held && state.switches == switches {
                self.wanted.store(true, Ordering::Relaxed);
            }
        }
        state.held = true;
        let me = thread::current().id();
        if state.holder != Some(me) {
            state.holder = Some(me);
            state.switches += 1;
        }
        self.wanted.store(false, Ordering::Relaxed);
        self.switched.notify_all();
        drop(state);
        Held {
            value: lock(&self.value),
            _turn: Turn(self),
        }
    }

    /// Whether its holder is to let another thread have it.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    fn release(&self) {
        let mut state = lock(&self.state);
        state.held = false;
        self.freed.notify_one();
        if self.wanted.swap(false, Ordering::Relaxed) {
            let switches = state.switches;
            // Whoever asked for it is waiting, and takes it.
            let waited = self
                .switched
                .wait_while(state, |state| state.switches == switches);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
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
        self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_that_goes_on_and_on_is_asked_for_a_turn_and_lets_all_others_have_one() {
        let gil = Gil::new(Vec::new());
        std::thread::scope(|scope| {
            let held = gil.take();
            for number in 0..4 {
                let gil = &gil;
                scope.spawn(move || gil.take().push(number));
            }
            // As a computing thread does: it looks whether it is wanted, and takes the lock again at once.
            let mut held = Some(held);
            while held.as_ref().is_some_and(|held| held.len() < 4) {
                if gil.is_wanted() {
                    held = None;
                }
                held = held.or_else(|| Some(gil.take()));
            }
        });
        let mut had_it = gil.take().clone();
        had_it.sort_unstable();
        assert_eq!(had_it, [0, 1, 2, 3]);
        assert!(!gil.is_wanted());
    }

    #[test]
    fn a_lock_that_nobody_has_is_taken_at_once_and_wanted_by_nobody() {
        let gil = Gil::new(0);
        for _ in 0..1000 {
            *gil.take() += 1;
        }
        assert_eq!(*gil.take(), 1000);
        assert!(!gil.is_wanted());
    }
}
