//! The gthread worker (`workers/gthread.py`, 24.0 and later): a main thread that accepts, beats and closes, and `threads` pool threads
//! that serve.
//!
//! The main thread takes connections from the accept queue whether a thread is free or not, up to `worker_connections`: it hoards. It
//! beats while its threads are stuck, so `timeout` never ends a request; but it also lingers on every connection that is closed, and does
//! not beat meanwhile.
//!
//! The driver runs each task on a thread of its own and asks the machine one at a time, under one lock: the interpreter's.

mod dispatch;
mod main_thread;
mod pool;

pub use pool::FIRST_BYTE;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::base::{Base, Orders, Todo};
use super::{ConnId, Outcome, Step, TaskId};
use crate::time::Timestamp;
use dispatch::{Event, MainStage};
use pool::Thread;

/// A gthread worker, without hands.
#[derive(Debug)]
pub struct GthreadWorker {
    pub(super) base: Base,
    main: Todo,
    stage: MainStage,
    /// What the poller has found and the main thread has not yet looked at.
    events: VecDeque<Event>,
    /// When the drain ends; `None` before it begins.
    draining: Option<Timestamp>,
    pool: Vec<Thread>,
    /// The pool's queue, without a limit.
    jobs: VecDeque<Job>,
    /// What threads have handed back (`method_queue`).
    returned: VecDeque<Returned>,
    /// How many of the pool's threads an interpreter would have started.
    started: usize,
    /// Kept-alive connections, by the end of their time (`keepalived_conns`).
    kept: VecDeque<Idle>,
    /// New ones that had said nothing for a while (`pending_conns`).
    pending: VecDeque<Idle>,
    /// Connections that were accepted and not yet closed (`nr_conns`).
    nr_conns: u32,
    woken: VecDeque<TaskId>,
}

/// A connection for the pool.
#[derive(Clone, Debug)]
struct Job {
    conn: ConnId,
    accepted_at: Timestamp,
    /// Whether there is something to read (`data_ready` or `initialized`).
    ready: bool,
    /// Whether it has served a request.
    kept: bool,
    /// What came with that request and belongs to the next one.
    rest: Vec<u8>,
}

/// A connection that waits in the poller.
#[derive(Clone, Copy, Debug)]
struct Idle {
    conn: ConnId,
    accepted_at: Timestamp,
    until: Timestamp,
}

/// A connection that a thread is done with.
#[derive(Clone, Debug)]
struct Returned {
    job: Job,
    request_id: Option<u64>,
    how: How,
}

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    /// It said nothing for a while (`_DEFER`).
    Defer,
    Keep,
    Close,
}

impl GthreadWorker {
    /// A worker that was just forked.
    pub fn new(orders: Orders) -> GthreadWorker {
        let threads = orders.config.threads.max(1);
        GthreadWorker {
            base: Base::new(orders),
            main: Todo::default(),
            stage: MainStage::Boot,
            events: VecDeque::new(),
            draining: None,
            pool: (0..threads).map(Thread::new).collect(),
            started: 0,
            jobs: VecDeque::new(),
            returned: VecDeque::new(),
            kept: VecDeque::new(),
            pending: VecDeque::new(),
            nr_conns: 0,
            woken: VecDeque::new(),
        }
    }

    /// Goes on with what came of a task's last action ([`Outcome::Done`] the first time).
    pub fn resume(&mut self, task: TaskId, now: Timestamp, outcome: Outcome<'_>) -> Step {
        match task.0.checked_sub(1) {
            None => self.resume_main(now, outcome),
            Some(thread) => self.resume_thread(thread as usize, now, outcome),
        }
    }

    /// All tasks.
    pub fn tasks(&self) -> u32 {
        1 + u32::try_from(self.pool.len()).unwrap_or(u32::MAX - 1)
    }

    /// A task whose `Park` or `Poll` is over.
    pub fn woken(&mut self) -> Option<TaskId> {
        self.woken.pop_front()
    }

    /// SIGTERM: the main thread is woken and drains.
    pub fn terminate(&mut self) {
        self.base.alive = false;
        self.wake_main();
    }

    fn wake_main(&mut self) {
        if matches!(self.stage, MainStage::Polling | MainStage::Joining(_)) {
            self.woken.push_back(TaskId::MAIN);
        }
    }
}
