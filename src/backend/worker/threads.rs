//! gthread: a thread per task, all of which really block, and the interpreter's lock around everything that the machine decides.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags};

use super::super::fork::code_of;
use super::super::poll::{WakePipe, poll_for, readable, sleep};
use super::super::signals;
use super::body::bytes_of;
use super::gil::{Gil, Held};
use super::hands::{Hands, not_connected, pending};
use super::sick::suffer;
use super::socket::{Connection, Got, burn, spin, wait};
use crate::bug::exit_now;
use crate::machine::backend_config::WorkerClass;
use crate::machine::sickness::Sickness;
use crate::machine::worker::{Action, ConnId, LINGER_PIECE, Outcome, RECV_SIZE, TaskId, Worker};
use crate::time::{Clock, Span, Timestamp, thread_cpu_time};

/// Longest wait of a parked thread; it looks again then, for no other reason than that every wait has an end.
const PARKED: Span = Span::from_secs(60);

/// How long a call takes that waits for nothing: an `ioctl`, an `epoll_ctl`, a `close`.
const BRIEF: Span = Span::from_us(4);

/// What all threads of the process share.
struct Process<'a> {
    hands: Gil<Hands<'a>>,
    /// One for each pool thread.
    doors: Vec<Door>,
    wake: &'a WakePipe,
    pattern: &'a [u8],
    clock: Clock,
    class: WorkerClass,
}

/// Where a thread of the pool waits for a job.
#[derive(Debug, Default)]
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
}

/// What a task is to do next, with the connection that it is about.
struct Call {
    action: Action,
    conn: Option<Arc<Connection>>,
}

/// Runs the worker to its end. Does not return: threads of the pool may be stuck, and nothing waits for them.
pub(super) fn run<'a>(hands: Hands<'a>, wake: &'a WakePipe) -> i32 {
    let (tasks, clock) = (hands.machine.first_tasks(), hands.clock);
    let process = Process {
        doors: (1..tasks).map(|_| Door::default()).collect(),
        wake,
        pattern: hands.body,
        clock,
        class: hands.class,
        hands: Gil::new(hands, clock, tasks),
    };
    std::thread::scope(|scope| {
        // Python runs signal handlers in the main thread only, so no other thread is to be disturbed by one.
        let held_back = signals::hold_back();
        let started: std::io::Result<Vec<_>> = (1..tasks)
            .map(|task| {
                let process = &process;
                std::thread::Builder::new()
                    .name("slowlab: worker".to_owned())
                    .spawn_scoped(scope, move || {
                        // A panic of one ends them all: nobody waits for it otherwise, and its request would hang for ever.
                        exit_now(code_of(|| process.pool_thread(TaskId(task))))
                    })
            })
            .collect();
        drop(held_back);
        exit_now(match started {
            Ok(_) => code_of(|| process.main_thread()),
            Err(_) => crate::machine::arbiter::WORKER_BOOT_ERROR,
        })
    })
}

impl<'a> Process<'a> {
    /// Asks the machine under the lock, and wakes whom it wants woken.
    fn advance(&self, task: TaskId, outcome: Outcome<'_>) -> Call {
        let mut hands = self.hands.take(task);
        let mut step = hands.advance(task, outcome);
        loop {
            self.wake_woken(&mut hands);
            // Whoever computes has the lock already, and still has it when that is done.
            hands = match step.action {
                Action::Burn(span) => self.burn_in_turns(task, hands, span),
                Action::Brief(calls) => self.call_briefly(task, hands, calls),
                _ => break,
            };
            step = hands.advance(task, Outcome::Done);
        }
        Call {
            conn: hands.connections.get(step.conn),
            action: step.action,
        }
    }

    fn wake_woken(&self, hands: &mut Hands<'_>) {
        while let Some(woken) = hands.machine.woken() {
            match woken.0.checked_sub(1) {
                None => self.wake.ring(),
                Some(thread) => self.doors[thread as usize].open(),
            }
        }
    }

    fn pool_thread(&self, task: TaskId) -> ! {
        let mut received = vec![0; RECV_SIZE];
        let mut got = Got::Nothing(Outcome::Done);
        loop {
            let outcome = got.outcome(&received);
            let call = self.advance(task, outcome);
            got = self.call(task, call, &mut received);
        }
    }

    /// A call of a pool thread. No signal ends it.
    fn call(&self, task: TaskId, call: Call, received: &mut [u8]) -> Got {
        let Call { action, conn } = call;
        let conn = conn.as_deref();
        let lost = || Got::Nothing(not_connected());
        match action {
            Action::Exit(code) => exit_now(code),
            Action::Park => {
                self.doors[task.0 as usize - 1].wait();
                Got::Nothing(Outcome::Done)
            }
            Action::AwaitReadable { until } => Got::Nothing(self.await_readable(conn, until)),
            Action::Recv { .. } => conn.map_or_else(lost, |conn| conn.recv(received, || None)),
            Action::Send(payload) => conn.map_or_else(lost, |conn| {
                Got::Nothing(conn.send_all(&bytes_of(self.pattern, &payload), || None))
            }),
            Action::Wait(span) | Action::Block(span) => {
                sleep(self.clock, span);
                Got::Nothing(Outcome::Done)
            }
            Action::BurnLocked(span) => {
                let _held = self.hands.take(task);
                Got::Nothing(burn(span, || None))
            }
            _ => Got::Nothing(Outcome::Done),
        }
    }

    fn await_readable(&self, conn: Option<&Connection>, until: Timestamp) -> Outcome<'static> {
        let Some(conn) = conn else {
            return not_connected();
        };
        loop {
            let left = until.since(self.clock.now());
            let [ready] = readable([conn.as_fd()], left);
            if ready {
                return Outcome::Done;
            }
            if left.is_zero() {
                return Outcome::TimedOut;
            }
        }
    }

    /// Uses CPU as bytecode does: with the lock, until another thread asks for it.
    fn burn_in_turns<'p>(
        &'p self,
        task: TaskId,
        mut hands: Held<'p, Hands<'a>>,
        span: Span,
    ) -> Held<'p, Hands<'a>> {
        let start = thread_cpu_time();
        loop {
            while !self.hands.is_wanted() {
                spin();
                if thread_cpu_time().saturating_sub(start) >= span {
                    return hands;
                }
            }
            drop(hands);
            hands = self.hands.take(task);
        }
    }

    /// Lets go of the lock as for calls: who is quicker afterwards is for the kernel to say, as with CPython.
    fn call_briefly<'p>(
        &'p self,
        task: TaskId,
        mut hands: Held<'p, Hands<'a>>,
        calls: u32,
    ) -> Held<'p, Hands<'a>> {
        for _ in 0..calls {
            drop(hands);
            let end = self.clock.now() + BRIEF;
            while self.clock.now() < end {
                std::hint::spin_loop();
            }
            hands = self.hands.take(task);
        }
        hands
    }

    fn main_thread(&self) -> i32 {
        let mut received = vec![0; LINGER_PIECE];
        let mut got = Got::Nothing(Outcome::Done);
        loop {
            let outcome = got.outcome(&received);
            let Call { action, conn } = self.advance(TaskId::MAIN, outcome);
            let signal = || pending(self.class);
            got = match action {
                Action::Exit(code) => return code,
                Action::Poll {
                    timeout,
                    listener,
                    conns,
                } => Got::Nothing(self.poll(timeout, listener, &conns)),
                Action::Park => Got::Nothing(self.poll(PARKED, false, &[])),
                Action::LingerRecv { until } => conn.map_or_else(
                    || Got::Nothing(not_connected()),
                    |conn| conn.recv_until(&mut received, self.clock, until, signal),
                ),
                Action::HandlerSleep(span) => {
                    Got::Nothing(wait(self.wake, self.clock, span, || None))
                }
                Action::Suffer(sickness) => Got::Nothing(self.suffer(sickness)),
                _ => Got::Nothing(Outcome::Done),
            };
        }
    }

    /// The main thread is sick. Threads of the pool go on with what they have: they do not wait for it.
    fn suffer(&self, sickness: Sickness) -> Outcome<'static> {
        let (listener, mut leaked) = {
            let hands = self.hands.take(TaskId::MAIN);
            (hands.listener.clone(), Vec::new())
        };
        let hears = Worker::unwinds(self.class, &Action::Suffer(sickness));
        let pending = || hears.then(|| pending(self.class)).flatten();
        let outcome = suffer(sickness, listener.as_deref(), &mut leaked, pending);
        self.hands.take(TaskId::MAIN).leaked.append(&mut leaked);
        outcome
    }

    /// The main thread's `poller.select`.
    fn poll(&self, timeout: Span, with_listener: bool, conns: &[ConnId]) -> Outcome<'static> {
        let interrupted = |by| Outcome::Interrupted { by, sent: 0 };
        if let Some(by) = pending(self.class) {
            return interrupted(by);
        }
        let (listener, open) = {
            let hands = self.hands.take(TaskId::MAIN);
            let open: Vec<(ConnId, Arc<Connection>)> = conns
                .iter()
                .filter_map(|conn| Some((*conn, hands.connections.get(Some(*conn))?)))
                .collect();
            (hands.listener.clone().filter(|_| with_listener), open)
        };
        let mut fds: Vec<BorrowedFd<'_>> = vec![self.wake.reader()];
        fds.extend(listener.as_ref().map(|listener| listener.as_fd()));
        fds.extend(open.iter().map(|(_, conn)| conn.as_fd()));
        let mut polled: Vec<PollFd<'_>> = fds
            .iter()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
            .collect();
        let ready = poll_for(&mut polled, timeout);
        self.wake.drain();
        if let Some(by) = pending(self.class) {
            return interrupted(by);
        }
        let first_conn = 1 + usize::from(listener.is_some());
        Outcome::Polled {
            listener: listener.is_some() && ready[1],
            conns: open
                .iter()
                .zip(&ready[first_conn..])
                .filter(|(_, ready)| **ready)
                .map(|((conn, _), _)| *conn)
                .collect(),
        }
    }
}

impl Door {
    fn open(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_one();
    }

    fn wait(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut open, _) = self
            .opened
            .wait_timeout_while(open, PARKED.to_duration(), |open| !*open)
            .unwrap_or_else(PoisonError::into_inner);
        *open = false;
    }
}
