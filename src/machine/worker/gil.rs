//! The interpreter's lock as CPython's, without a lock: who has it, who waits for it and who is asked to let others have it (`take_gil` and
//! `drop_gil` in `Python/ceval_gil.c` of 3.11). One thread of a process computes at a time.
//!
//! Whoever waits is woken when the lock is free, longest waiting first, and finds it taken again if somebody was quicker: it waits anew then, and at
//! the end. Only one that has waited for [`SWITCH_INTERVAL`] while the lock did not change hands asks for a turn, and whoever lets go of the
//! lock then does not get it back before another has had it. So nobody starves, and everybody waits longer than in a queue.
//!
//! Times and wake-ups are the drivers': threads that sleep on condition variables (lab), or tasks with alarms (sim). Not here: what becomes of the
//! lock while the interpreter ends.

use std::collections::VecDeque;

use super::TaskId;
use crate::time::{Span, Timestamp};

/// How long a thread waits for the lock before it asks for a turn (`sys.getswitchinterval()`).
pub const SWITCH_INTERVAL: Span = Span::from_ms(5);

/// The lock of a process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gil {
    holder: Option<TaskId>,
    /// Who has it, or had it last (`last_holder`).
    last: Option<TaskId>,
    /// How often that changed (`switch_number`).
    switches: u64,
    /// Its holder is to let another thread have it (`gil_drop_request`).
    wanted: bool,
    /// Who let go of it because it was wanted.
    yielder: Option<Yielder>,
    /// Those that wait for it to be free (`gil->cond`), longest first.
    waiters: VecDeque<Waiter>,
}

/// A thread in its wait for the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Waiter {
    task: TaskId,
    /// The switches that there had been when this wait began.
    since: u64,
    /// When it asks for a turn.
    until: Timestamp,
    /// It has been told that the lock is free, and has not yet looked.
    woken: bool,
}

/// A thread that is not to have the lock before another has had it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Yielder {
    task: TaskId,
    /// Whether it waits for that (`switch_cond`).
    waits: bool,
}

/// What came of trying to take the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// It has it.
    Has {
        /// Who yielded, and is to try again: from now on it waits as others do.
        resumes: Option<TaskId>,
    },
    /// It waits: it is to try again when it is woken, or then.
    Waits {
        /// When it asks for a turn.
        until: Timestamp,
    },
    /// It waits until another thread has had the lock, and is told.
    Yields,
}

impl Gil {
    /// A thread wants the lock, or looks again, since it was woken or its time is up.
    pub fn take(&mut self, now: Timestamp, task: TaskId) -> Take {
        assert_ne!(self.holder, Some(task), "nobody takes it twice");
        if let Some(yielder) = self.yielder.as_mut().filter(|other| other.task == task) {
            yielder.waits = true;
            return Take::Yields;
        }
        let place = self.place_of(task);
        if self.holder.is_none() {
            place.and_then(|place| self.waiters.remove(place));
            return self.taken_by(task);
        }
        if let Some(waiter) = place.map(|place| self.waiters[place]) {
            if !waiter.woken && now < waiter.until {
                return Take::Waits {
                    until: waiter.until,
                };
            }
            if now >= waiter.until && waiter.since == self.switches {
                self.wanted = true;
            }
        }
        Take::Waits {
            until: self.waits_anew(now, task),
        }
    }

    fn taken_by(&mut self, task: TaskId) -> Take {
        self.holder = Some(task);
        if self.last.replace(task) != Some(task) {
            self.switches += 1;
        }
        self.wanted = false;
        let yielder = self.yielder.take().filter(|yielder| yielder.waits);
        Take::Has {
            resumes: yielder.map(|yielder| yielder.task),
        }
    }

    fn waits_anew(&mut self, now: Timestamp, task: TaskId) -> Timestamp {
        self.waiters.retain(|waiter| waiter.task != task);
        let until = now + SWITCH_INTERVAL;
        self.waiters.push_back(Waiter {
            task,
            since: self.switches,
            until,
            woken: false,
        });
        until
    }

    /// The holder lets go of the lock: who is to be woken. If it was wanted, the holder yields: its next [`Gil::take`] waits for a switch.
    pub fn release(&mut self) -> Option<TaskId> {
        let task = self.holder.take();
        assert!(task.is_some(), "somebody has it");
        if std::mem::take(&mut self.wanted) {
            self.yielder = task.map(|task| Yielder { task, waits: false });
        }
        let next = self.waiters.iter_mut().find(|waiter| !waiter.woken)?;
        next.woken = true;
        Some(next.task)
    }

    /// Who has it.
    pub fn holder(&self) -> Option<TaskId> {
        self.holder
    }

    /// Whether its holder is to let another thread have it.
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Whether anybody waits for it to be free.
    pub fn is_waited_for(&self) -> bool {
        !self.waiters.is_empty()
    }

    /// Whether this one does.
    pub fn waits(&self, task: TaskId) -> bool {
        let yields = |yielder: &Yielder| yielder.task == task && yielder.waits;
        self.place_of(task).is_some() || self.yielder.as_ref().is_some_and(yields)
    }

    /// Who asks for a turn next, and when.
    pub fn next_to_ask(&self) -> Option<(Timestamp, TaskId)> {
        let all = self.waiters.iter();
        all.map(|waiter| (waiter.until, waiter.task)).min()
    }

    fn place_of(&self, task: TaskId) -> Option<usize> {
        self.waiters.iter().position(|waiter| waiter.task == task)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: TaskId = TaskId(1);
    const B: TaskId = TaskId(2);
    const C: TaskId = TaskId(3);
    const HAS: Take = Take::Has { resumes: None };

    fn at(ms: u64) -> Timestamp {
        Timestamp::ZERO + Span::from_ms(ms)
    }

    fn until(ms: u64) -> Take {
        Take::Waits { until: at(ms) }
    }

    #[test]
    fn a_lock_that_nobody_has_is_taken_at_once_and_wanted_by_nobody() {
        let mut gil = Gil::default();
        for ms in 0..100 {
            assert_eq!(gil.take(at(ms), A), HAS);
            assert_eq!(gil.release(), None);
        }
        assert!(!gil.is_wanted() && !gil.is_waited_for());
    }

    #[test]
    fn whoever_waited_for_five_milliseconds_asks_and_the_holder_waits_until_it_has_had_it() {
        let mut gil = Gil::default();
        assert_eq!(gil.take(at(0), A), HAS);
        assert_eq!(gil.take(at(1), B), until(6));
        assert!(!gil.is_wanted());
        assert_eq!(gil.take(at(6), B), until(11));
        assert!(gil.is_wanted());
        assert_eq!(gil.release(), Some(B));
        assert_eq!(gil.take(at(6), A), Take::Yields, "although it is free");
        assert_eq!(gil.take(at(7), B), Take::Has { resumes: Some(A) });
        assert_eq!(gil.take(at(7), A), until(12));
    }

    #[test]
    fn a_holder_that_comes_back_first_has_it_and_the_one_that_was_woken_waits_anew() {
        let mut gil = Gil::default();
        gil.take(at(0), A);
        gil.take(at(1), B);
        assert_eq!(gil.release(), Some(B));
        assert_eq!(gil.take(at(4), A), HAS, "nobody had asked for a turn");
        assert_eq!(gil.take(at(4), B), until(9));
        assert!(!gil.is_wanted());
    }

    #[test]
    fn whoever_saw_the_lock_change_hands_waits_twice_before_it_asks() {
        let mut gil = Gil::default();
        gil.take(at(0), A);
        gil.take(at(1), B);
        gil.take(at(2), C);
        assert_eq!(gil.release(), Some(B));
        gil.take(at(3), B);
        assert_eq!(gil.take(at(7), C), until(12));
        assert!(!gil.is_wanted(), "another one has had it meanwhile");
        assert_eq!(gil.take(at(12), C), until(17));
        assert!(gil.is_wanted());
    }

    #[test]
    fn who_looks_for_no_reason_goes_on_waiting() {
        let mut gil = Gil::default();
        gil.take(at(0), A);
        gil.take(at(1), B);
        assert_eq!(gil.take(at(3), B), until(6));
        assert_eq!(gil.next_to_ask(), Some((at(6), B)));
        assert_eq!(gil.release(), Some(B));
    }

    /// Threads that obey: whoever is woken or out of time looks, and a holder that is wanted lets go.
    #[derive(Debug, Default)]
    struct Obedient {
        gil: Gil,
        now: Timestamp,
        /// Since when the same thread has had it while others waited.
        kept_since: Option<(TaskId, Timestamp)>,
    }

    impl Obedient {
        fn look(&mut self, task: TaskId) {
            if let Take::Has {
                resumes: Some(yielded),
            } = self.gil.take(self.now, task)
            {
                self.look(yielded);
            }
        }

        fn let_go(&mut self) {
            if let Some(woken) = self.gil.release() {
                self.look(woken);
            }
        }

        fn go_on_until(&mut self, until: Timestamp) {
            while let Some((due, task)) = self.gil.next_to_ask().filter(|(due, _)| *due <= until) {
                self.now = due;
                self.look(task);
                if self.gil.is_wanted() {
                    self.let_go();
                }
                self.note();
            }
            self.now = until;
        }

        /// How long the holder has had it beside somebody who waits.
        fn note(&mut self) -> Span {
            let waited_for = self.gil.holder().filter(|_| self.gil.is_waited_for());
            self.kept_since = waited_for.map(|holder| match self.kept_since {
                Some((same, since)) if same == holder => (same, since),
                _ => (holder, self.now),
            });
            let kept = self.kept_since.map(|(_, since)| self.now.since(since));
            kept.unwrap_or(Span::ZERO)
        }
    }

    proptest! {
        /// Whatever chance lets six threads do: ask, or let go and be back at once, or not.
        #[test]
        fn nobody_keeps_it_from_others_for_longer_than_two_intervals(
            happenings in prop::collection::vec((0_u32..6, 0_u64..4_000), 1..300)
        ) {
            let mut threads = Obedient::default();
            for (number, later_us) in happenings {
                let until = threads.now + Span::from_us(later_us);
                threads.go_on_until(until);
                match threads.gil.holder() == Some(TaskId(number)) {
                    true => threads.let_go(),
                    false => threads.look(TaskId(number)),
                }
                prop_assert!(threads.note() <= SWITCH_INTERVAL.saturating_add(SWITCH_INTERVAL));
                let idle = threads.gil.holder().is_none();
                prop_assert!(!(idle && threads.gil.is_waited_for()), "somebody waits for a free lock");
            }
        }
    }
}
