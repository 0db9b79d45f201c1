//! What workers of every class have (gunicorn's `workers/base.py`), and what a task has to do next.

use std::collections::VecDeque;
use std::sync::Arc;

use super::illness::Illness;
use super::warmth::Warmth;
use super::{Action, ConnId, Failure, Interrupt, QUIT_SLEEP, Report, SELECT_FLOOR, State, Step};
use crate::machine::arbiter::Level;
use crate::machine::backend_config::BackendConfig;
use crate::machine::boot::Failed;
use crate::seed::Seed;
use crate::time::{Span, Timestamp};

/// Who the worker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// gunicorn's `age`: 1 for the first worker ever.
    pub age: u32,
    /// Its process id.
    pub pid: u32,
}

/// Everything that a worker is told when it is forked.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Who it is.
    pub identity: Identity,
    /// The configuration that holds for it.
    pub config: Arc<BackendConfig>,
    /// From which the application's chance is drawn.
    pub seed: Seed,
    /// Requests after which it ends; the arbiter's draw.
    pub max_requests: Option<u32>,
    /// What a request costs the worker's own code, where that takes no time by itself.
    pub own_cpu: Span,
}

/// `workers/base.py:Worker`.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) orders: Orders,
    /// Requests handled.
    pub(super) nr: u32,
    /// Whether it takes more of them.
    pub(super) alive: bool,
    /// How it is.
    pub(super) illness: Illness,
    /// Whether it has slept.
    pub(super) warmth: Warmth,
}

/// What one task has to do, in order. The last action is the one whose outcome decides what follows.
#[derive(Debug, Default)]
pub(super) struct Todo {
    steps: VecDeque<Step>,
    /// The connection in hand: what is added is about it.
    pub(super) conn: Option<ConnId>,
    /// When the last action was handed out: what a call took is counted from there.
    pub(super) issued_at: Timestamp,
}

/// One turn of a task: whose worker it is, what it adds to, and when.
pub(super) struct Turn<'a> {
    pub(super) base: &'a mut Base,
    pub(super) todo: &'a mut Todo,
    pub(super) now: Timestamp,
}

impl Turn<'_> {
    /// How long the call took whose outcome has come.
    pub(super) fn took(&self) -> Span {
        self.now.since(self.todo.issued_at)
    }
}

impl Base {
    pub(super) fn new(orders: Orders) -> Base {
        Base {
            orders,
            nr: 0,
            alive: true,
            illness: Illness::default(),
            warmth: Warmth::default(),
        }
    }

    pub(super) fn config(&self) -> &BackendConfig {
        &self.orders.config
    }

    /// `init_process`, up to the import of the application; whether that takes any time.
    pub(super) fn boot(&self, todo: &mut Todo, slot: Option<u32>) -> bool {
        let text = format!("Booting worker with pid: {}", self.orders.identity.pid);
        todo.log(Level::Info, text);
        todo.state(slot, State::Booting);
        let time = self.config().boot.time;
        if !time.is_zero() {
            todo.push(Action::Wait(time));
        }
        !time.is_zero()
    }

    /// The application is imported, and the worker serves; or it is not, and the worker ends with this code.
    pub(super) fn imported(&self, todo: &mut Todo, slot: Option<u32>) -> Option<i32> {
        let Some(fault) = self.config().boot.fault else {
            todo.state(slot, State::Idle);
            return None;
        };
        let failed = Failed::from(fault);
        if let Some((level, text)) = failed.word {
            todo.log(level, text.to_owned());
        }
        if !failed.goes_quietly {
            self.exiting(todo);
        }
        todo.push(Action::Exit(failed.code));
        Some(failed.code)
    }

    /// Half of `timeout`, within which gunicorn wants a beat.
    pub(super) fn half_timeout(&self) -> Span {
        let half = Span::from_ns(self.config().timeout.as_ns() / 2);
        if half.is_zero() { SELECT_FLOOR } else { half }
    }

    /// SIGABRT or SIGQUIT unwinds the main thread: its handler runs, and the process is to end with this code.
    pub(super) fn unwound(&mut self, todo: &mut Todo, by: Interrupt) -> i32 {
        self.alive = false;
        match by {
            Interrupt::Abort => 1,
            Interrupt::Quit => {
                todo.push(Action::HandlerSleep(QUIT_SLEEP));
                0
            }
        }
    }

    pub(super) fn orphaned(&self, todo: &mut Todo) {
        let pid = self.orders.identity.pid;
        let text = format!("Parent changed, shutting down: <Worker {pid}>");
        todo.log(Level::Info, text);
    }

    /// `Arbiter.spawn_worker` after `run` has returned.
    pub(super) fn exiting(&self, todo: &mut Todo) {
        let text = format!("Worker exiting (pid: {})", self.orders.identity.pid);
        todo.log(Level::Info, text);
    }

    /// A request has begun: it is counted, and may be the last.
    pub(super) fn count_request(&mut self, todo: &mut Todo) {
        self.nr += 1;
        if self
            .orders
            .max_requests
            .is_some_and(|limit| self.nr >= limit)
            && self.alive
        {
            let text = "Autorestarting worker after current request.".to_owned();
            todo.log(Level::Info, text);
            self.alive = false;
        }
    }
}

impl Todo {
    /// Of a task that has this connection for all its life.
    pub(super) fn with(conn: ConnId) -> Todo {
        Todo {
            conn: Some(conn),
            ..Todo::default()
        }
    }

    pub(super) fn push(&mut self, action: Action) {
        let conn = self.conn;
        self.steps.push_back(Step { conn, action });
    }

    /// Uses CPU for so long, if that is any time at all.
    pub(super) fn burn(&mut self, cpu: Span) {
        if !cpu.is_zero() {
            self.push(Action::Burn(cpu));
        }
    }

    pub(super) fn log(&mut self, level: Level, text: String) {
        self.push(Action::Log(level, text));
    }

    pub(super) fn accept_failed(&mut self, failure: &Failure) {
        let text = format!("Exception in worker process: accept: {failure:?}");
        self.log(Level::Error, text);
    }

    /// A state that belongs to no request.
    pub(super) fn state(&mut self, slot: Option<u32>, state: State) {
        self.push(Action::Report(Report::plain(slot, state)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// A signal unwinds whatever was still to be done.
    pub(super) fn clear(&mut self) {
        self.steps.clear();
    }

    /// The action that was added last.
    pub(super) fn last(&self) -> Option<&Action> {
        self.steps.back().map(|step| &step.action)
    }

    /// Puts a report before the action that was added last.
    pub(super) fn report_before_last(&mut self, report: Report) {
        if let Some(last) = self.steps.pop_back() {
            self.push(Action::Report(report));
            self.steps.push_back(last);
        }
    }

    /// Hands out the next action.
    ///
    /// # Panics
    /// If a stage has left none behind: a bug.
    pub(super) fn next(&mut self, now: Timestamp) -> Step {
        self.issued_at = now;
        self.steps
            .pop_front()
            .expect("every stage leaves an action behind")
    }
}

impl Report {
    /// A report of a state that belongs to no request.
    pub(super) fn plain(slot: Option<u32>, state: State) -> Report {
        Report {
            state,
            slot,
            request_id: None,
            accepted_at: None,
            sent_bytes: 0,
            recv_blocked: Span::ZERO,
            send_blocked: Span::ZERO,
            buffered_bytes: 0,
        }
    }
}
