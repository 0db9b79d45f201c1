//! Workers that serve all their connections in one thread: gevent (`workers/ggevent.py`), gunicorn's own asgi (`workers/gasgi.py`) and
//! uvicorn (`uvicorn_worker`).
//!
//! A loop runs one task at a time, until that task waits. A slow client holds up nobody but itself; a handler that computes, or that
//! blocks in a call which does not yield, holds up everybody, the heartbeat included.
//!
//! Not here: what asyncio's loop does between two tasks, uvloop, lifespan, HTTP/2, websockets.

mod acceptor;
mod conn;
#[cfg(test)]
mod tests;
mod ticker;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::base::{Base, Orders};
use super::manners::Manners;
use super::{ConnId, Outcome, Step, TaskId};
use crate::machine::backend_config::WorkerClass;
use crate::time::{Span, Timestamp};
use acceptor::Acceptor;
use conn::Conn;
use ticker::Ticker;

/// The task that accepts.
const ACCEPTOR: TaskId = TaskId(1);
/// The first task of a connection.
const FIRST_CONN: u32 = 2;

/// A worker with a loop, without hands.
#[derive(Debug)]
pub struct HubWorker {
    pub(super) base: Base,
    flavour: Flavour,
    ticker: Ticker,
    acceptor: Acceptor,
    /// By slot.
    conns: BTreeMap<u32, Conn>,
    /// Slots below the highest that was ever given which are free.
    free: BTreeSet<u32>,
    highest: u32,
    woken: VecDeque<TaskId>,
}

/// What tells the three apart, beside their manners.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flavour {
    Gevent,
    Asgi,
    Uvicorn,
}

impl Flavour {
    /// The pause of the main task.
    fn tick(self) -> Span {
        match self {
            // `gevent.sleep(1.0)`, `asyncio.sleep(1.0)`.
            Flavour::Gevent | Flavour::Asgi => Span::from_secs(1),
            // `Server.main_loop`.
            Flavour::Uvicorn => Span::from_ms(100),
        }
    }

    /// How long nobody is accepted after a call that failed, given the rest before it. gevent's `BaseServer._do_accept`: from `min_delay`, doubled,
    /// to `max_delay`; asyncio's `ACCEPT_RETRY_DELAY`, for want of resources, which is what fails here.
    fn rest(self, last: Option<Span>) -> Span {
        let longest = Span::from_secs(1);
        match (self, last) {
            (Flavour::Gevent, None) => Span::from_ms(10),
            (Flavour::Gevent, Some(last)) => last.saturating_add(last).min(longest),
            (Flavour::Asgi | Flavour::Uvicorn, _) => longest,
        }
    }

    /// Connections that are taken up at once when the listener is readable.
    fn most_accepts(self, workers: u32) -> u32 {
        match self {
            // `server.max_accept = 1` beside siblings, else gevent's default.
            Flavour::Gevent if workers > 1 => 1,
            Flavour::Gevent => 100,
            // asyncio's `_accept_connection(backlog=100)`; uvicorn passes gunicorn's backlog, which no burst here reaches.
            Flavour::Asgi | Flavour::Uvicorn => 100,
        }
    }
}

impl HubWorker {
    /// A worker that was just forked.
    pub fn new(orders: Orders) -> HubWorker {
        let flavour = match orders.config.class() {
            WorkerClass::Asgi => Flavour::Asgi,
            WorkerClass::Uvicorn => Flavour::Uvicorn,
            // The others have no loop, and are never asked for here.
            WorkerClass::Gevent | WorkerClass::Sync | WorkerClass::Gthread => Flavour::Gevent,
        };
        HubWorker {
            base: Base::new(orders),
            flavour,
            ticker: Ticker::default(),
            acceptor: Acceptor::default(),
            conns: BTreeMap::new(),
            free: BTreeSet::new(),
            highest: 0,
            woken: VecDeque::new(),
        }
    }

    /// Goes on with what came of a task's last action ([`Outcome::Done`] the first time).
    pub fn resume(&mut self, task: TaskId, now: Timestamp, outcome: Outcome<'_>) -> Step {
        match task {
            TaskId::MAIN => self.resume_ticker(now, outcome),
            ACCEPTOR => self.resume_acceptor(now, &outcome),
            TaskId(task) => self.resume_conn(task - FIRST_CONN, now, outcome),
        }
    }

    /// A task that is new, or is to be resumed whatever it waits for.
    pub fn woken(&mut self) -> Option<TaskId> {
        self.woken.pop_front()
    }

    /// SIGTERM: the main task sees it at its next tick.
    pub fn terminate(&mut self) {
        self.base.alive = false;
    }

    /// Connections in hand.
    fn active(&self) -> usize {
        self.conns.len()
    }

    /// Whether another connection may be taken up: only gevent has a pool.
    fn has_room(&self) -> bool {
        let most = self.base.config().worker_connections as usize;
        self.flavour != Flavour::Gevent || self.active() < most
    }

    /// A task for a connection, in the lowest free slot.
    fn spawn(&mut self, conn: ConnId, now: Timestamp) {
        let slot = self.free.pop_first().unwrap_or_else(|| {
            self.highest += 1;
            self.highest - 1
        });
        let manners = Manners::of(self.base.config(), self.base.orders.own_cpu);
        self.conns
            .insert(slot, Conn::new(conn, (manners, slot), now));
        self.woken.push_back(TaskId(FIRST_CONN + slot));
    }

    /// A connection's task is over.
    fn release(&mut self, slot: u32) {
        self.conns.remove(&slot);
        self.free.insert(slot);
        if self.acceptor.waits_for_room() {
            self.woken.push_back(ACCEPTOR);
        }
    }
}
