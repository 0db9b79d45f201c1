//! The main task of a loop: beats, notices that it is to end, and waits for what is in flight.

use super::super::base::Todo;
use super::super::{Action, Interrupt, Outcome, QUIT_SLEEP, Step, TaskId};
use super::{ACCEPTOR, FIRST_CONN, Flavour, HubWorker};
use crate::machine::arbiter::Level;
use crate::time::{Span, Timestamp};

/// `loop.create_server(sock=...)` listens again, with a backlog of its own: gunicorn's asgi worker does not pass `backlog` on (measured: `ss`
/// shows 100), uvicorn does.
const ASYNCIO_BACKLOG: u32 = 100;
/// How often asgi looks at connections that are to finish (`_shutdown`), and uvicorn at theirs.
const DRAIN_LOOK: Span = Span::from_ms(100);

/// The main task.
#[derive(Debug, Default)]
pub(super) struct Ticker {
    todo: Todo,
    stage: Stage,
    beat_at: Option<Timestamp>,
    /// SIGQUIT or SIGINT: connections are not waited for.
    quick: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stage {
    #[default]
    Boot,
    Importing,
    Top,
    CheckingParent,
    /// Connections may finish until then; `None` is for ever.
    Draining(Option<Timestamp>),
    Ended(i32),
}

impl Ticker {
    pub(super) fn is_up(&self) -> bool {
        !matches!(self.stage, Stage::Boot | Stage::Importing)
    }
}

impl HubWorker {
    pub(super) fn resume_ticker(&mut self, now: Timestamp, outcome: Outcome<'_>) -> Step {
        if let Outcome::Interrupted { by, .. } = outcome {
            self.ticker.todo.clear();
            self.interrupted(by);
        }
        while self.ticker.todo.is_empty() {
            self.advance_ticker(now, &outcome);
        }
        self.ticker.todo.next(now)
    }

    fn advance_ticker(&mut self, now: Timestamp, outcome: &Outcome<'_>) {
        match self.ticker.stage {
            Stage::Boot if self.base.boot(&mut self.ticker.todo, None) => {
                self.ticker.stage = Stage::Importing;
            }
            Stage::Boot | Stage::Importing => self.imported(),
            Stage::Top if !self.base.alive => self.begin_drain(now),
            Stage::Top => self.tick(now),
            Stage::CheckingParent => self.parent_checked(outcome),
            Stage::Draining(until) => self.drain(now, until),
            Stage::Ended(code) => self.ticker.todo.push(Action::Exit(code)),
        }
    }

    fn imported(&mut self) {
        if let Some(code) = self.base.imported(&mut self.ticker.todo, None) {
            self.ticker.stage = Stage::Ended(code);
            return;
        }
        if self.flavour == Flavour::Asgi {
            let backlog = ASYNCIO_BACKLOG;
            self.ticker.todo.push(Action::Listen { backlog });
        }
        self.ticker.stage = Stage::Top;
        self.woken.push_back(ACCEPTOR);
    }

    fn tick(&mut self, now: Timestamp) {
        if self.flavour == Flavour::Uvicorn {
            // `Server.on_tick` calls back every `timeout_notify`, which is half of gunicorn's `timeout`.
            let every = self.base.half_timeout();
            if self.ticker.beat_at.is_none_or(|at| now.since(at) > every) {
                self.ticker.beat_at = Some(now);
                self.ticker.todo.push(Action::Beat);
            }
            return self.ticker.todo.push(Action::Wait(self.flavour.tick()));
        }
        self.ticker.todo.push(Action::Beat);
        self.ticker.todo.push(Action::CheckParent);
        self.ticker.stage = Stage::CheckingParent;
    }

    fn parent_checked(&mut self, outcome: &Outcome<'_>) {
        if *outcome == Outcome::Orphaned {
            self.base.orphaned(&mut self.ticker.todo);
            return self.exit(0);
        }
        self.ticker.stage = Stage::Top;
        self.ticker.todo.push(Action::Wait(self.flavour.tick()));
    }

    /// No new connections; those in hand may finish.
    fn begin_drain(&mut self, now: Timestamp) {
        self.acceptor.stop();
        self.woken.push_back(ACCEPTOR);
        self.ticker.todo.push(Action::CloseListener);
        let limit = now + self.base.config().graceful_timeout;
        match self.flavour {
            Flavour::Gevent => {}
            Flavour::Asgi => {
                let text = "Worker shutting down...".to_owned();
                self.ticker.todo.log(Level::Info, text);
                let n = self.active();
                if n > 0 && !self.ticker.quick {
                    let text = format!("Waiting for {n} connections to finish...");
                    self.ticker.todo.log(Level::Info, text);
                }
            }
            Flavour::Uvicorn => {
                self.ticker
                    .todo
                    .log(Level::Info, "Shutting down".to_owned());
                self.close_idle();
            }
        }
        self.ticker.stage = Stage::Draining(match self.flavour {
            Flavour::Uvicorn => None,
            Flavour::Gevent | Flavour::Asgi => Some(limit),
        });
    }

    /// uvicorn closes connections that wait for a request (`HttpToolsProtocol.shutdown`).
    fn close_idle(&mut self) {
        let idle = self.conns.iter_mut().filter(|(_, conn)| conn.is_idle());
        let slots: Vec<u32> = idle
            .map(|(slot, conn)| {
                conn.hang_up();
                *slot
            })
            .collect();
        let tasks = slots.into_iter().map(|slot| TaskId(FIRST_CONN + slot));
        self.woken.extend(tasks);
    }

    fn drain(&mut self, now: Timestamp, until: Option<Timestamp>) {
        let n = self.active();
        let over = until.is_some_and(|until| now > until);
        if n == 0 || over || self.ticker.quick {
            if n > 0 && !self.ticker.quick {
                self.warn_of_force(n);
            }
            return self.exit(0);
        }
        if self.flavour == Flavour::Gevent {
            self.ticker.todo.push(Action::Beat);
            return self.ticker.todo.push(Action::Wait(self.flavour.tick()));
        }
        // Neither asgi nor uvicorn beats from here on.
        self.ticker.todo.push(Action::Wait(DRAIN_LOOK));
    }

    fn warn_of_force(&mut self, n: usize) {
        let text = match self.flavour {
            Flavour::Gevent => {
                let pid = self.base.orders.identity.pid;
                format!("Worker graceful timeout (pid:{pid})")
            }
            Flavour::Asgi | Flavour::Uvicorn => format!("Forcing close of {n} connections"),
        };
        self.ticker.todo.log(Level::Warning, text);
    }

    fn interrupted(&mut self, by: Interrupt) {
        self.base.alive = false;
        match (self.flavour, by) {
            // `SystemExit` in the hub, or out of a callback of the loop.
            (_, Interrupt::Abort) => self.exit(1),
            (Flavour::Gevent, Interrupt::Quit) => {
                self.ticker.todo.push(Action::Wait(QUIT_SLEEP));
                self.ticker.stage = Stage::Ended(0);
            }
            (Flavour::Asgi, Interrupt::Quit) => {
                self.ticker.quick = true;
                self.ticker.todo.push(Action::Wait(self.flavour.tick()));
            }
            // `handle_exit`: as TERM.
            (Flavour::Uvicorn, Interrupt::Quit) => {
                self.ticker.todo.push(Action::Wait(self.flavour.tick()));
            }
        }
    }

    fn exit(&mut self, code: i32) {
        self.base.exiting(&mut self.ticker.todo);
        self.ticker.stage = Stage::Ended(code);
    }
}
