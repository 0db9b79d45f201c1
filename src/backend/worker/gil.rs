//! The interpreter's lock between threads that really wait: [`machine::worker::Gil`] decides, condition variables wake.
//!
//! [`machine::worker::Gil`]: crate::machine::worker::Gil

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::machine::worker::{Gil as Policy, Take, TaskId};
use crate::time::{Clock, Timestamp};

/// A value behind the lock.
#[derive(Debug)]
pub(super) struct Gil<T> {
    policy: Mutex<Policy>,
    clock: Clock,
    /// One for each thread, at which it waits for the lock.
    doors: Vec<Condvar>,
    /// Whether the holder is to let another thread have it, for one that computes and looks often.
    wanted: AtomicBool,
    value: Mutex<T>,
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
    pub(super) fn new(value: T, clock: Clock, threads: u32) -> Gil<T> {
        Gil {
            policy: Mutex::default(),
            clock,
            doors: (0..threads).map(|_| Condvar::new()).collect(),
            wanted: AtomicBool::new(false),
            value: Mutex::new(value),
        }
    }

    /// Waits until this thread has it.
    pub(super) fn take(&self, me: TaskId) -> Held<'_, T> {
        let mut policy = lock(&self.policy);
        loop {
            let take = policy.take(self.clock.now(), me);
            self.wanted.store(policy.is_wanted(), Ordering::Relaxed);
            policy = match take {
                Take::Has { resumes } => {
                    resumes.into_iter().for_each(|task| self.ring(task));
                    break;
                }
                Take::Waits { until } => self.wait(me, policy, Some(until)),
                Take::Yields => self.wait(me, policy, None),
            };
        }
        drop(policy);
        Held {
            value: lock(&self.value),
            _turn: Turn(self),
        }
    }

    /// Until it is woken, or then. Whoever yields is woken by the one that wanted the lock.
    fn wait<'a>(
        &self,
        me: TaskId,
        policy: MutexGuard<'a, Policy>,
        until: Option<Timestamp>,
    ) -> MutexGuard<'a, Policy> {
        let door = &self.doors[me.0 as usize];
        match until {
            Some(until) => {
                let left = until.since(self.clock.now()).to_duration();
                let waited = door.wait_timeout(policy, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => door.wait(policy).unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Whether its holder is to let another thread have it.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    fn release(&self) {
        let mut policy = lock(&self.policy);
        let woken = policy.release();
        self.wanted.store(false, Ordering::Relaxed);
        woken.into_iter().for_each(|task| self.ring(task));
    }

    fn ring(&self, task: TaskId) {
        self.doors[task.0 as usize].notify_one();
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
        let gil = Gil::new(Vec::new(), Clock::start(), 5);
        std::thread::scope(|scope| {
            let held = gil.take(TaskId::MAIN);
            for number in 1..5 {
                let gil = &gil;
                scope.spawn(move || gil.take(TaskId(number)).push(number));
            }
            // As a computing thread does: it looks whether it is wanted, and takes the lock again at once.
            let mut held = Some(held);
            while held.as_ref().is_some_and(|held| held.len() < 4) {
                if gil.is_wanted() {
                    held = None;
                }
                held = held.or_else(|| Some(gil.take(TaskId::MAIN)));
            }
        });
        let mut had_it = gil.take(TaskId::MAIN).clone();
        had_it.sort_unstable();
        assert_eq!(had_it, [1, 2, 3, 4]);
        assert!(!gil.is_wanted());
    }

    #[test]
    fn a_lock_that_nobody_has_is_taken_at_once() {
        let gil = Gil::new(0, Clock::start(), 1);
        for _ in 0..1000 {
            *gil.take(TaskId::MAIN) += 1;
        }
        assert_eq!(*gil.take(TaskId::MAIN), 1000);
        assert!(!gil.is_wanted());
    }
}
