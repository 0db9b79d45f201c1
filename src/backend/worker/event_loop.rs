//! gevent, asgi, uvicorn: one thread that runs one task until it waits, then another. A handler that computes or blocks does so here, and
//! everybody waits.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags};

use super::super::poll::{WakePipe, poll_for};
use super::body::bytes_of;
use super::hands::{Hands, not_connected, pending};
use super::socket::{Connection, Got, burn, wait};
use super::transport::Transport;
use crate::machine::backend_config::WorkerClass;
use crate::machine::worker::{
    Action, Delivery, Interrupt, Outcome, RECV_SIZE, Step, TaskId, Worker,
};
use crate::time::{Span, Timestamp};

/// Longest wait of a loop that has nothing to wait for.
const IDLE: Span = Span::from_secs(60);

/// The loop and the tasks that wait in it.
struct EventLoop<'a> {
    hands: Hands<'a>,
    wake: &'a WakePipe,
    waiting: BTreeMap<TaskId, Waiting>,
    runnable: VecDeque<(TaskId, Due)>,
    /// What a connection's task has written and the kernel not taken.
    transports: BTreeMap<TaskId, Transport>,
    received: Vec<u8>,
}

/// What a task waits for.
#[derive(Debug)]
enum Waiting {
    Acceptable,
    Readable {
        conn: Arc<Connection>,
        until: Option<Timestamp>,
    },
    /// The rest of a `sendall`.
    Room {
        conn: Arc<Connection>,
        bytes: Vec<u8>,
        sent: usize,
    },
    /// A transport that is to send more.
    Transport(Arc<Connection>),
    Timer(Timestamp),
    Parked,
}

/// Why a task can go on.
#[derive(Debug)]
enum Due {
    With(Outcome<'static>),
    /// There is something to receive; the buffer is shared, so it is received when the task runs.
    ToReceive,
}

/// What came of running a task.
enum Ran {
    Waits,
    Exit(i32),
}

/// Runs the worker to its end; its exit code.
pub(super) fn run<'a>(hands: Hands<'a>, wake: &'a WakePipe) -> i32 {
    let mut event_loop = EventLoop {
        hands,
        wake,
        waiting: BTreeMap::new(),
        runnable: VecDeque::from([(TaskId::MAIN, Due::With(Outcome::Done))]),
        transports: BTreeMap::new(),
        received: vec![0; RECV_SIZE],
    };
    loop {
        while let Some((task, due)) = event_loop.runnable.pop_front() {
            if let Ran::Exit(code) = event_loop.wake_task(task, due) {
                return code;
            }
        }
        event_loop.hear();
        if event_loop.runnable.is_empty() {
            event_loop.poll();
        }
    }
}

impl EventLoop<'_> {
    /// Signals that the loop itself hears.
    fn hear(&mut self) {
        self.hands.hear();
        if let Some(by) = pending(self.hands.class) {
            let outcome = Outcome::Interrupted { by, sent: 0 };
            self.runnable.push_back((TaskId::MAIN, Due::With(outcome)));
        }
    }

    /// A task goes on, unless there is nothing to receive after all.
    fn wake_task(&mut self, task: TaskId, due: Due) -> Ran {
        let waited = self.waiting.remove(&task);
        match (due, waited) {
            (Due::With(outcome), _) => self.run_task(task, Got::Nothing(outcome)),
            (Due::ToReceive, Some(Waiting::Readable { conn, until })) => {
                match conn.try_recv(&mut self.received) {
                    Some(got) => self.run_task(task, got),
                    None => {
                        self.waiting.insert(task, Waiting::Readable { conn, until });
                        Ran::Waits
                    }
                }
            }
            (Due::ToReceive, _) => Ran::Waits,
        }
    }

    /// Lets a task run until it waits.
    fn run_task(&mut self, task: TaskId, mut got: Got) -> Ran {
        loop {
            let outcome = got.outcome(&self.received);
            let step = self.hands.advance(task, outcome);
            while let Some(woken) = self.hands.machine.woken() {
                self.runnable.push_back((woken, Due::With(Outcome::Done)));
            }
            match step.action {
                Action::Exit(code) => return Ran::Exit(code),
                Action::Finished => {
                    // The connection is closed; whatever its transport kept is gone with it.
                    self.transports.remove(&task);
                    return Ran::Waits;
                }
                _ => {}
            }
            match self.call(task, step) {
                Some(now) => got = now,
                None => return Ran::Waits,
            }
        }
    }

    /// Makes a call; nothing if the task waits for it.
    fn call(&mut self, task: TaskId, step: Step) -> Option<Got> {
        let Step { conn, action } = step;
        let class = self.hands.class;
        let unwinds = Worker::unwinds(class, &action);
        let signal = || unwinds.then(|| unwinds_the_running(class)).flatten();
        let done = |outcome| Some(Got::Nothing(outcome));
        let waiting = match action {
            Action::Burn(span) | Action::BurnLocked(span) => {
                return done(burn(span, signal));
            }
            Action::Suffer(sickness) => return done(self.hands.suffer(sickness)),
            Action::Block(span) => return done(wait(self.wake, self.hands.clock, span, signal)),
            Action::Wait(span) => Waiting::Timer(self.hands.clock.now() + span),
            Action::HandlerSleep(span) => {
                return done(wait(self.wake, self.hands.clock, span, || None));
            }
            Action::Yield => {
                self.runnable.push_back((task, Due::With(Outcome::Done)));
                return None;
            }
            Action::Park => Waiting::Parked,
            Action::AwaitAcceptable => Waiting::Acceptable,
            action => {
                let Some(connection) = self.hands.connections.get(conn) else {
                    return done(not_connected());
                };
                return self.call_on(task, connection, action);
            }
        };
        self.waiting.insert(task, waiting);
        None
    }

    /// A call on a connection.
    fn call_on(
        &mut self,
        task: TaskId,
        connection: Arc<Connection>,
        action: Action,
    ) -> Option<Got> {
        let waiting = match action {
            Action::Recv { until, .. } => match connection.try_recv(&mut self.received) {
                Some(got) => return Some(got),
                None => Waiting::Readable {
                    conn: connection,
                    until,
                },
            },
            Action::Send(payload) => {
                let bytes = bytes_of(self.hands.body, &payload);
                match send_some(&connection, &bytes, 0) {
                    Ok(sent) if sent < bytes.len() => Waiting::Room {
                        conn: connection,
                        bytes: bytes.into_owned(),
                        sent,
                    },
                    Ok(_) => return Some(Got::Nothing(Outcome::Sent)),
                    Err(outcome) => return Some(Got::Nothing(outcome)),
                }
            }
            Action::Write(payload) => {
                let object = bytes_of(self.hands.body, &payload).into_owned();
                let keeps = self.hands.keeps_the_object;
                let transport = self.transports.entry(task).or_default();
                return Some(Got::Nothing(transport.write(&connection, object, keeps)));
            }
            Action::Drain => Waiting::Transport(connection),
            _ => return Some(Got::Nothing(Outcome::Done)),
        };
        self.waiting.insert(task, waiting);
        None
    }

    /// Waits until a task can go on, and makes it runnable.
    fn poll(&mut self) {
        let now = self.hands.clock.now();
        let deadlines = self.waiting.values().filter_map(Waiting::deadline);
        let timeout = deadlines.min().map_or(IDLE, |at| at.since(now));
        let listener = self.hands.listener.clone();
        let watched: Vec<(TaskId, BorrowedFd<'_>, PollFlags)> = self
            .waiting
            .iter()
            .filter_map(|(task, waiting)| {
                let (fd, flags) = waiting.watches(listener.as_ref().map(|fd| fd.as_fd()))?;
                Some((*task, fd, flags))
            })
            .collect();
        let mut polled = vec![PollFd::from_borrowed_fd(self.wake.reader(), PollFlags::IN)];
        polled.extend(
            watched
                .iter()
                .map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)),
        );
        let ready = poll_for(&mut polled, timeout);
        self.wake.drain();
        let ready: Vec<TaskId> = watched
            .iter()
            .zip(&ready[1..])
            .filter(|(_, ready)| **ready)
            .map(|((task, ..), _)| *task)
            .collect();
        self.ring_timers();
        for task in ready {
            self.try_again(task);
        }
    }

    fn ring_timers(&mut self) {
        let now = self.hands.clock.now();
        for (task, waiting) in &self.waiting {
            if waiting.deadline().is_some_and(|at| at <= now) {
                let outcome = match waiting {
                    Waiting::Timer(_) => Outcome::Done,
                    _ => Outcome::TimedOut,
                };
                self.runnable.push_back((*task, Due::With(outcome)));
            }
        }
    }

    /// A task's descriptor is ready.
    fn try_again(&mut self, task: TaskId) {
        if self.runnable.iter().any(|(other, _)| *other == task) {
            return;
        }
        let outcome = match self.waiting.get_mut(&task) {
            Some(Waiting::Readable { .. }) => {
                return self.runnable.push_back((task, Due::ToReceive));
            }
            Some(Waiting::Acceptable) => Outcome::Done,
            Some(Waiting::Room { conn, bytes, sent }) => match send_some(conn, bytes, *sent) {
                Ok(n) if n < bytes.len() => {
                    *sent = n;
                    return;
                }
                Ok(_) => Outcome::Sent,
                Err(outcome) => outcome,
            },
            Some(Waiting::Transport(conn)) => match self.transports.get_mut(&task) {
                Some(transport) => transport.flush(conn),
                None => Outcome::Written { left: 0 },
            },
            _ => return,
        };
        self.runnable.push_back((task, Due::With(outcome)));
    }
}

impl Waiting {
    fn deadline(&self) -> Option<Timestamp> {
        match self {
            Waiting::Timer(at) => Some(*at),
            Waiting::Readable { until, .. } => *until,
            _ => None,
        }
    }

    fn watches<'a>(
        &'a self,
        listener: Option<BorrowedFd<'a>>,
    ) -> Option<(BorrowedFd<'a>, PollFlags)> {
        match self {
            Waiting::Acceptable => Some((listener?, PollFlags::IN)),
            Waiting::Readable { conn, .. } => Some((conn.as_fd(), PollFlags::IN)),
            Waiting::Room { conn, .. } | Waiting::Transport(conn) => {
                Some((conn.as_fd(), PollFlags::OUT))
            }
            Waiting::Timer(_) | Waiting::Parked => None,
        }
    }
}

/// Sends until the kernel takes no more; how many bytes it has in all.
fn send_some(
    connection: &Connection,
    bytes: &[u8],
    mut sent: usize,
) -> Result<usize, Outcome<'static>> {
    while sent < bytes.len() {
        match connection.try_send(&bytes[sent..]) {
            Ok(0) => break,
            Ok(n) => sent += n,
            Err(failure) => {
                let sent = sent as u64;
                return Err(Outcome::Failed { failure, sent });
            }
        }
    }
    Ok(sent)
}

/// A signal whose handler runs in the middle of what the running task does.
fn unwinds_the_running(class: WorkerClass) -> Option<Interrupt> {
    let by = Interrupt::Abort;
    (Worker::delivery_of(class, by) == Delivery::Running)
        .then(|| pending(class))
        .flatten()
}
