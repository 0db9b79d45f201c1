//! What the main thread does about what the poller found: accepts, takes back, lingers, closes.

use std::collections::VecDeque;

use super::super::linger::Linger;
use super::super::manners::main_thread_cpu;
use super::super::{Action, ConnId, Outcome, Report, State};
use super::{GthreadWorker, How, Idle, Job, Returned};
use crate::time::{Span, Timestamp};

/// Wake-up bytes that are read at once, and callbacks beyond them (`run_callbacks`).
const CALLBACKS: usize = 50;
const MORE_CALLBACKS: usize = 10;
/// How long a stopping worker keeps idle connections (`STOP_KEEPALIVE_LINGER`).
const STOP_KEEPALIVE_LINGER: Span = Span::from_secs(2);

/// Calls that let go of the interpreter's lock on the way (gunicorn 27): `accept4`;
const ACCEPT: u32 = 1;
/// `setblocking` of `accept` and of `TConn`, and `getsockname`;
const TAKE_UP: u32 = 3;
/// `read` of the method queue, and `setblocking`, `shutdown` and `settimeout` of `close_graceful`;
const FINISH: u32 = 4;
/// `close`.
const CLOSE: u32 = 1;

/// How much of what the main thread does for a connection it does before a thread has it, in hundredths: 55 of 85 us until `tpool.submit`, measured in gunicorn 27.
const TAKING_UP: u64 = 65;

/// Something that the poller found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// The method queue is readable: so many callbacks at most are run.
    Callbacks(usize),
    /// The listener is readable: one accept.
    Listener,
    /// An idle connection is.
    Readable(ConnId),
}

/// Where the main thread waits for an outcome.
#[derive(Debug)]
pub(super) enum MainStage {
    Boot,
    Importing,
    Top,
    Polling,
    Accepting,
    /// Has a connection, and makes of it what a thread can take.
    TakingUp(ConnId, Timestamp),
    Lingering(Linger, Option<u64>),
    Closing,
    CheckingParent,
    /// The interpreter waits for its threads before the process ends.
    Joining(i32),
    Ended(i32),
}

impl GthreadWorker {
    pub(super) fn polled(&mut self, now: Timestamp, outcome: &Outcome<'_>) {
        if !self.returned.is_empty() {
            let budget = self.returned.len().min(CALLBACKS) + MORE_CALLBACKS;
            self.events.push_back(Event::Callbacks(budget));
        }
        if let Outcome::Polled { listener, conns } = outcome {
            if *listener {
                self.events.push_back(Event::Listener);
            }
            self.events
                .extend(conns.iter().copied().map(Event::Readable));
        }
        self.dispatch(now);
    }

    /// Looks at what was found, one thing after another, until one of them waits.
    pub(super) fn dispatch(&mut self, now: Timestamp) {
        self.main.conn = None;
        while let Some(event) = self.events.pop_front() {
            match event {
                Event::Listener => {
                    self.main.push(Action::Accept);
                    self.stage = MainStage::Accepting;
                    return;
                }
                Event::Readable(conn) => self.readable(conn),
                Event::Callbacks(budget) => {
                    let Some(returned) = self.returned.pop_front() else {
                        continue;
                    };
                    if budget > 1 {
                        self.events.push_front(Event::Callbacks(budget - 1));
                    }
                    if self.finish_request(now, returned) {
                        return;
                    }
                }
            }
        }
        self.dispatched(now);
    }

    fn readable(&mut self, conn: ConnId) {
        let take = |list: &mut VecDeque<Idle>| {
            let found = list.iter().position(|idle| idle.conn == conn);
            found.and_then(|index| list.remove(index))
        };
        let kept = take(&mut self.kept);
        let was_kept = kept.is_some();
        if let Some(idle) = kept.or_else(|| take(&mut self.pending)) {
            self.submit(Job {
                conn,
                accepted_at: idle.accepted_at,
                ready: true,
                kept: was_kept,
                rest: Vec::new(),
            });
        }
    }

    pub(super) fn accepted(&mut self, now: Timestamp, outcome: &Outcome<'_>) {
        match outcome {
            Outcome::Accepted(conn) => {
                self.nr_conns += 1;
                self.main.push(Action::Brief(ACCEPT));
                let start = self.starting_a_thread();
                self.main
                    .burn(self.own_cpu(TAKING_UP).saturating_add(start));
                self.main.push(Action::Brief(TAKE_UP));
                self.stage = MainStage::TakingUp(*conn, now);
                return;
            }
            Outcome::Failed { failure, .. } => {
                self.main.accept_failed(failure);
                return self.exit(255);
            }
            _ => {}
        }
        self.dispatch(now);
    }

    pub(super) fn taken_up(&mut self, (conn, accepted_at): (ConnId, Timestamp)) {
        self.submit(Job {
            conn,
            accepted_at,
            ready: false,
            kept: false,
            rest: Vec::new(),
        });
        // The thread that has got it is awake by the time that the main thread waits again.
        self.main.burn(self.own_cpu(100 - TAKING_UP));
        self.stage = MainStage::Closing;
    }

    /// So many hundredths of what the main thread does for a connection.
    fn own_cpu(&self, hundredths: u64) -> Span {
        let all = main_thread_cpu(self.base.config());
        Span::from_ns(all.as_ns() * hundredths / 100)
    }

    /// `finish_request`; whether the main thread now waits for something.
    fn finish_request(&mut self, now: Timestamp, returned: Returned) -> bool {
        let Job {
            conn,
            accepted_at,
            rest,
            ..
        } = returned.job;
        let keepalive = self.base.config().keepalive;
        let idle = |until| Idle {
            conn,
            accepted_at,
            until,
        };
        match returned.how {
            How::Defer if self.base.alive => {
                self.pending.push_back(idle(now + keepalive));
                false
            }
            How::Keep if !rest.is_empty() => {
                // Bytes that were read ahead do not make the socket readable any more.
                self.submit(Job {
                    conn,
                    accepted_at,
                    ready: true,
                    kept: true,
                    rest,
                });
                false
            }
            How::Keep => {
                let most = match self.base.alive {
                    true => keepalive,
                    false => keepalive.min(STOP_KEEPALIVE_LINGER),
                };
                self.kept.push_back(idle(now + most));
                false
            }
            How::Close if !self.base.config().linger.is_zero() => {
                self.main.conn = Some(conn);
                self.main.push(Action::Brief(FINISH));
                self.main.push(Action::Report(Report {
                    request_id: returned.request_id,
                    ..Report::plain(None, State::Linger)
                }));
                let linger = Linger::begin(&mut self.main);
                self.stage = MainStage::Lingering(linger, returned.request_id);
                true
            }
            How::Defer | How::Close => {
                self.close(conn);
                false
            }
        }
    }

    pub(super) fn linger(
        &mut self,
        now: Timestamp,
        (linger, request_id): (Linger, Option<u64>),
        outcome: &Outcome<'_>,
    ) {
        let limit = self.base.config().linger;
        if let Some(linger) = linger.resume(now, limit, outcome, &mut self.main) {
            self.stage = MainStage::Lingering(linger, request_id);
            return;
        }
        if let Some(conn) = self.main.conn {
            self.close(conn);
        }
        self.main.state(None, State::Idle);
        self.stage = MainStage::Closing;
    }

    /// A plain close, without waiting for anything.
    pub(super) fn close(&mut self, conn: ConnId) {
        let before = self.main.conn.replace(conn);
        self.main.push(Action::Brief(CLOSE));
        self.main.push(Action::Close);
        self.main.conn = before;
        self.nr_conns -= 1;
    }

    /// `_cap_keepalive`.
    pub(super) fn cap_kept(&mut self, now: Timestamp) {
        let latest = now + STOP_KEEPALIVE_LINGER;
        self.kept
            .iter_mut()
            .for_each(|idle| idle.until = idle.until.min(latest));
    }

    /// `murder_keepalived` and `murder_pending`.
    pub(super) fn murder_idle(&mut self, now: Timestamp, force: bool) {
        let expired = |list: &mut VecDeque<Idle>, force: bool| {
            let over = list.iter().take_while(|idle| force || idle.until <= now);
            let count = over.count();
            list.drain(..count).map(|idle| idle.conn).collect()
        };
        let mut conns: Vec<ConnId> = expired(&mut self.kept, force);
        conns.extend(expired(&mut self.pending, false));
        conns.into_iter().for_each(|conn| self.close(conn));
    }
}
