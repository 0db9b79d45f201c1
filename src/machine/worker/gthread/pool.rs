//! A pool thread (`handle` in `workers/gthread.py`): takes a connection, serves one request, hands the connection back.

use super::super::base::{Todo, Turn};
use super::super::handling::{End, Handling};
use super::super::manners::{Manners, is_python};
use super::super::serving::Serving;
use super::super::{Action, Outcome, State, Step, TaskId};
use super::{GthreadWorker, How, Job, Returned};
use crate::time::{Span, Timestamp};

/// How long a thread waits for a new connection's first byte (`DEFAULT_WORKER_DATA_TIMEOUT`, 25.3 and later).
pub const FIRST_BYTE: Span = Span::from_secs(5);

/// Calls that let go of the interpreter's lock on the way (gunicorn 27): a selector is made and told of the socket (`wait_for_data`);
const WATCH: u32 = 2;
/// and closed;
const UNWATCH: u32 = 1;
/// `setblocking` of `handle` and of `TConn.init`.
const BEGIN: u32 = 2;

/// What it costs the main thread to start one of the pool's: measured in CPython 3.11, 79 to 407 us for each of the first four jobs, 5 to 15 for later ones.
const START: Span = Span::from_us(190);

/// One of the pool's threads.
#[derive(Debug)]
pub(super) struct Thread {
    slot: u32,
    todo: Todo,
    stage: Stage,
    /// Whether it has been told of a job and has not yet looked.
    told: bool,
}

#[derive(Debug)]
enum Stage {
    /// It has no job: it asks for one when it is resumed, after its last reports are handed out.
    Free,
    AwaitingFirstByte(Job, Handling),
    Handling(Job, Handling),
}

impl Thread {
    pub(super) fn new(slot: u32) -> Thread {
        Thread {
            slot,
            todo: Todo::default(),
            stage: Stage::Free,
            told: false,
        }
    }

    pub(super) fn is_free(&self) -> bool {
        matches!(self.stage, Stage::Free)
    }
}

impl GthreadWorker {
    /// What the next job costs the main thread beyond its own: an interpreter starts a thread whenever none of those that it has is idle
    /// (`ThreadPoolExecutor._adjust_thread_count`). The lab's own are there from the beginning.
    pub(super) fn starting_a_thread(&mut self) -> Span {
        let mut started = self.pool.iter().take(self.started);
        let is_enough = started.any(|thread| thread.is_free() && !thread.told);
        if !is_python(self.base.config()) || is_enough || self.started == self.pool.len() {
            return Span::ZERO;
        }
        self.started += 1;
        START
    }

    /// `tpool.submit`.
    pub(super) fn submit(&mut self, job: Job) {
        self.jobs.push_back(job);
        let free = self
            .pool
            .iter_mut()
            .find(|thread| thread.is_free() && !thread.told);
        if let Some(thread) = free {
            thread.told = true;
            self.woken.push_back(TaskId(thread.slot + 1));
        }
    }

    pub(super) fn resume_thread(
        &mut self,
        index: usize,
        now: Timestamp,
        outcome: Outcome<'_>,
    ) -> Step {
        if self.pool[index].todo.is_empty() {
            self.advance_thread(index, now, outcome);
        }
        self.pool[index].todo.next(now)
    }

    fn advance_thread(&mut self, index: usize, now: Timestamp, outcome: Outcome<'_>) {
        let thread = &mut self.pool[index];
        match std::mem::replace(&mut thread.stage, Stage::Free) {
            Stage::Free => self.next_job(index, now),
            Stage::AwaitingFirstByte(job, handling) => match outcome {
                Outcome::TimedOut => self.give_back(index, job, (How::Defer, None)),
                _ => self.handle(index, now, (job, handling)),
            },
            Stage::Handling(job, handling) => self.handled(index, now, (job, handling), outcome),
        }
    }

    fn next_job(&mut self, index: usize, now: Timestamp) {
        let job = self.jobs.pop_front();
        let (base, thread) = (&mut self.base, &mut self.pool[index]);
        thread.told = false;
        let Some(job) = job else {
            thread.todo.push(Action::Park);
            return;
        };
        thread.todo.conn = Some(job.conn);
        let manners = Manners::of(base.config(), base.orders.own_cpu);
        let handling = Handling::new(manners, thread.slot, Some(job.accepted_at));
        let mut turn = Turn {
            base,
            todo: &mut thread.todo,
            now,
        };
        handling.report_taken(&mut turn);
        if job.ready {
            return self.handle(index, now, (job, handling));
        }
        let until = now + FIRST_BYTE;
        thread.todo.push(Action::Brief(WATCH));
        thread.todo.push(Action::AwaitReadable { until });
        thread.stage = Stage::AwaitingFirstByte(job, handling);
    }

    fn handle(&mut self, index: usize, now: Timestamp, (mut job, mut handling): (Job, Handling)) {
        handling.rest = std::mem::take(&mut job.rest);
        let (base, thread) = (&mut self.base, &mut self.pool[index]);
        thread.todo.push(Action::Brief(match job.ready {
            true => BEGIN,
            false => UNWATCH + BEGIN,
        }));
        let mut turn = Turn {
            base,
            todo: &mut thread.todo,
            now,
        };
        handling.read(&mut turn, !job.kept);
        thread.stage = Stage::Handling(job, handling);
    }

    fn handled(
        &mut self,
        index: usize,
        now: Timestamp,
        (mut job, mut handling): (Job, Handling),
        outcome: Outcome<'_>,
    ) {
        handling.manners.keeps &= self.kept.len() < self.most_kept();
        let thread = &mut self.pool[index];
        let mut turn = Turn {
            base: &mut self.base,
            todo: &mut thread.todo,
            now,
        };
        match handling.resume(&mut turn, outcome) {
            None => thread.stage = Stage::Handling(job, handling),
            Some(End::Kept(serving)) => {
                job.rest = std::mem::take(&mut handling.rest);
                self.give_back(index, job, (How::Keep, Some(&serving)));
            }
            Some(End::Close(serving) | End::Drop(serving)) => {
                self.give_back(index, job, (How::Close, serving.as_deref()));
            }
        }
    }

    /// The thread is free; the main thread does the rest (`finish_request`).
    fn give_back(&mut self, index: usize, job: Job, (how, serving): (How, Option<&Serving>)) {
        let thread = &mut self.pool[index];
        if let Some(serving) = serving {
            let report = serving.report(State::Send);
            thread.todo.push(Action::Report(report));
        }
        thread.todo.state(Some(thread.slot), State::Idle);
        thread.todo.conn = None;
        self.returned.push_back(Returned {
            job,
            request_id: serving.and_then(Serving::request_id),
            how,
        });
        self.wake_main();
        // `write` to the method queue.
        self.pool[index].todo.push(Action::Brief(1));
    }

    /// `max_keepalived`.
    fn most_kept(&self) -> usize {
        let config = self.base.config();
        config.worker_connections.saturating_sub(config.threads) as usize
    }
}
