//! What a request costs a process beside its handler, by whether the process has slept before it.
//!
//! Whoever wakes up finds its caches cold and its core in a deep sleep; whoever goes from one request to the next does not. Measured on gunicorn 27 (`instants.jsonl`
//! of its reference runs; two virtual cores): a gevent worker took 0.33 to 0.43 ms to read a head and call the application, and as much from there to the end of the response,
//! for one request now and then. For the forty-eight that had waited for it to be done with a computation it took 0.19 to 0.28 ms in all, for sixty behind a long
//! response 0.11 to 0.19 (in a slower hour of the same host 0.17 to 0.26), of which the lab's worker needs 0.06 for itself. An asgi worker, which does each step for all of them before the next, took 0.10 ms for each
//! of seventy-nine, beside 0.03 to 0.06 before their tasks began, where one alone took 0.5. The lab's worker does the same with its own code, but what it burns for
//! CPython's is a number and has to know.
//!
//! The first request of a process finds more missing: modules that are imported when they are needed, and memory that is still its master's. Of 14 gunicorn
//! workers the first one's head took 0.87 to 2.3 ms until the application was called, that of later ones 0.28 to 0.55, and the rest 0.1 to 0.3 ms more
//! than later; the lab's own code knows no such thing.

use super::{Action, TaskId};
use crate::machine::backend_config::WorkerClass;
use crate::time::{Span, Timestamp};

/// Ours: between two steps of a process that does not sleep there is less than that.
const A_NAP: Span = Span::from_us(100);

/// How much a request costs of that, in hundredths, if the process has not slept since the last one.
pub(super) fn warm_share(class: WorkerClass) -> u64 {
    match class {
        WorkerClass::Sync | WorkerClass::Gthread => 33,
        WorkerClass::Gevent => 26,
        // The loop takes each step for all that wait before it takes the next.
        WorkerClass::Asgi | WorkerClass::Uvicorn => 20,
    }
}

/// What the first request of a Python process costs more.
const FIRST: Span = Span::from_us(1_200);

/// Whether a process has slept.
#[derive(Debug, Default)]
pub(super) struct Warmth {
    /// When its last step was handed out.
    issued_at: Timestamp,
    /// The task that computes since then.
    computes: Option<TaskId>,
    /// It has slept, and nothing was charged since.
    is_cold: bool,
    /// It has served somebody.
    has_served: bool,
}

impl Warmth {
    /// A task goes on.
    pub(super) fn resumes(&mut self, now: Timestamp, task: TaskId) {
        let computed = self.computes.is_some();
        self.is_cold |= !computed && now.since(self.issued_at) >= A_NAP;
        if self.computes == Some(task) {
            self.computes = None;
        }
    }

    /// And this is what it does next.
    pub(super) fn does(&mut self, now: Timestamp, task: TaskId, action: &Action) {
        self.issued_at = now;
        if matches!(action, Action::Burn(_) | Action::BurnLocked(_)) {
            self.computes = Some(task);
        }
    }

    /// What costs so much in a process that has slept, and so many hundredths of it in one that has not, costs now. `is_python`: it stands for one of CPython's.
    pub(super) fn charge(&mut self, (cold, warm): (Span, u64), is_python: bool) -> Span {
        let cpu = match std::mem::take(&mut self.is_cold) {
            true => cold,
            false => Span::from_ns(cold.as_ns() * warm / 100),
        };
        match std::mem::replace(&mut self.has_served, true) || !is_python {
            true => cpu,
            false => cpu.saturating_add(FIRST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, FIRST, Span, TaskId, Timestamp, Warmth};

    const MS: Span = Span::from_ms(1);
    const A: TaskId = TaskId(2);
    const B: TaskId = TaskId(3);
    const COSTS: (Span, u64) = (MS, 28);
    const WARM: Span = Span::from_us(280);

    fn at(us: u64) -> Timestamp {
        Timestamp::from_us(us)
    }

    #[test]
    fn the_first_request_after_a_sleep_is_dear_and_those_behind_it_are_not() {
        let mut warmth = Warmth::default();
        warmth.resumes(at(5000), A);
        assert_eq!(warmth.charge(COSTS, false), MS);
        warmth.does(at(5000), A, &Action::Burn(MS));
        warmth.resumes(at(6000), A);
        warmth.does(at(6000), A, &Action::Wait(MS));
        warmth.resumes(at(6010), B);
        assert_eq!(warmth.charge(COSTS, false), WARM);
        warmth.does(at(6010), B, &Action::Wait(MS));
        warmth.resumes(at(7000), A);
        assert_eq!(warmth.charge(COSTS, false), MS, "it has slept");
    }

    #[test]
    fn the_first_request_of_a_python_process_is_dearer_still() {
        let mut python = Warmth::default();
        python.resumes(at(5000), A);
        assert_eq!(python.charge(COSTS, true), MS.saturating_add(FIRST));
        assert_eq!(python.charge(COSTS, true), WARM);
        let mut other = Warmth::default();
        other.resumes(at(5000), A);
        assert_eq!(other.charge(COSTS, false), MS);
    }

    #[test]
    fn computing_is_no_sleep_and_neither_is_another_thread_that_computes() {
        let mut warmth = Warmth::default();
        warmth.does(at(0), A, &Action::Burn(MS));
        warmth.resumes(at(700), B);
        assert_eq!(warmth.charge(COSTS, false), WARM);
        warmth.does(at(700), B, &Action::Wait(MS));
        warmth.resumes(at(1000), A);
        assert_eq!(warmth.charge(COSTS, false), WARM);
    }
}
