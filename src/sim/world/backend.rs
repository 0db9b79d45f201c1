//! The workers: processes that block, the sockets they block on, and the cores they burn on.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::Event;
use super::heads::{HOST, response_of, upstream_request};
use super::master::MASTER_PID;
use super::process::may_block;
use super::{Owner, World};
use crate::machine::arbiter::ExitStatus;
use crate::machine::backend_config::Bind;
use crate::machine::sync_worker::{
    Action, Failure, Identity, Interrupt, Outcome, Payload, RECV_SIZE, SyncWorker,
};
use crate::record::WorkerState;
use crate::sim::alarm::{Alarm, Ring};
use crate::sim::kernel::{Recv, SocketId};
use crate::time::Span;

/// Ours: what a fork and the first steps of a worker take.
const FORK: Span = Span::from_ms(1);
/// gunicorn drains in pieces of 4096 bytes.
const LINGER_PIECE: u64 = 4096;

/// All workers that ever were, and the cores.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) all: Vec<Worker>,
    /// Those in their select, longest first.
    pub(super) idle: VecDeque<u32>,
    /// Cores that nobody burns on.
    pub(super) free_cores: u32,
    pub(super) for_a_core: VecDeque<u32>,
}

/// A worker process.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) machine: SyncWorker,
    pub(super) age: u32,
    pub(super) pid: u32,
    pub(super) last_update: Option<crate::time::Timestamp>,
    pub(super) state: WorkerState,
    pub(super) booted: bool,
    pub(super) blocked: Blocked,
    pub(super) socket: Option<SocketId>,
    /// A signal that arrived where it could not unwind anything.
    pub(super) pending: Option<Interrupt>,
    pub(super) alarm: Alarm,
}

/// In which call a worker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Blocked {
    Forking,
    No,
    Selecting,
    Receiving,
    Waiting,
    Burning,
    /// Burning, but there is no core.
    ForACore(Span),
    Sending {
        left: u64,
        sent: u64,
    },
    Lingering,
    InHandler,
    Dead,
}

impl Workers {
    pub(super) fn new(cores: u32) -> Workers {
        Workers {
            all: Vec::new(),
            idle: VecDeque::new(),
            free_cores: cores.max(1),
            for_a_core: VecDeque::new(),
        }
    }

    pub(super) fn by_pid(&self, pid: u32) -> Option<&Worker> {
        self.index_of(pid).map(|index| &self.all[index as usize])
    }

    /// Where a living worker is in the table. Both its place and its process id follow from its age.
    pub(super) fn index_of(&self, pid: u32) -> Option<u32> {
        let index = pid.checked_sub(MASTER_PID + 1)?;
        let worker = self.all.get(index as usize)?;
        assert_eq!(
            worker.pid, pid,
            "workers are forked in the order of their ages"
        );
        (worker.blocked != Blocked::Dead).then_some(index)
    }

    /// Workers that hold a connection, and those of them that are in `send`.
    pub(super) fn busy(&self) -> (u64, u64) {
        let busy = self.all.iter().filter(|worker| worker.socket.is_some());
        let sending = busy
            .clone()
            .filter(|worker| worker.state == WorkerState::Send);
        (busy.count() as u64, sending.count() as u64)
    }
}

impl World<'_> {
    pub(super) fn backend_is_unix(&self) -> bool {
        self.backend.bind == Bind::Unix
    }

    /// The master forks.
    pub(super) fn fork_worker(&mut self, age: u32, pid: u32, max_requests: Option<u32>) {
        let machine = SyncWorker::new(
            Identity { age, pid },
            Arc::clone(&self.backend),
            self.plan.seed,
            max_requests,
        );
        self.workers.all.push(Worker {
            machine,
            age,
            pid,
            last_update: None,
            state: WorkerState::Booting,
            booted: false,
            blocked: Blocked::Forking,
            socket: None,
            pending: None,
            alarm: Alarm::default(),
        });
        let worker = u32::try_from(self.workers.all.len() - 1).expect("fewer than 2^32 forks");
        self.sleep_worker(worker, FORK, Blocked::Forking);
    }

    pub(super) fn worker(&mut self, index: u32) -> &mut Worker {
        &mut self.workers.all[index as usize]
    }

    /// The worker goes on with what came of its last call, until it blocks again.
    pub(super) fn resume(&mut self, index: u32, outcome: Outcome<'_>) {
        let now = self.now();
        self.worker(index).blocked = Blocked::No;
        let mut action = self.worker(index).machine.resume(now, outcome);
        loop {
            if let Action::Exit(code) = action {
                return self.worker_ended(index, ExitStatus::Code(code));
            }
            let Some(done) = self.perform(index, action) else {
                return;
            };
            let machine = &mut self.worker(index).machine;
            action = match done {
                Done::Plain(outcome) => machine.resume(now, outcome),
                Done::Bytes(bytes) => machine.resume(now, Outcome::Received(&bytes)),
            };
        }
    }

    /// Carries an action out; `None` if the worker is now blocked in it.
    fn perform(&mut self, index: u32, action: Action) -> Option<Done> {
        let now = self.now();
        if let Some(by) = self.worker(index).pending
            && may_block(&action)
        {
            self.worker(index).pending = None;
            return Some(Done::Plain(Outcome::Interrupted { by, sent: 0 }));
        }
        match action {
            Action::Beat => self.worker(index).last_update = Some(now),
            Action::Accept => return Some(Done::Plain(self.accept_request(index))),
            Action::Select { timeout } => return self.select(index, timeout),
            Action::Recv { .. } => return self.receive(index),
            Action::LingerRecv { until } => return self.linger(index, until),
            Action::Wait(span) => {
                self.sleep_worker(index, span, Blocked::Waiting);
                return None;
            }
            Action::Burn(span) => {
                self.burn(index, span);
                return None;
            }
            Action::Send(payload) => {
                let left = self.begin_send(index, &payload);
                return self.send_on(index, left, 0).map(Done::Plain);
            }
            Action::SendNow(payload) => {
                let left = self.begin_send(index, &payload);
                if let Some(socket) = self.worker(index).socket {
                    // Its result is ignored, a full buffer included.
                    let _ = self.kernel.send(socket, left);
                }
            }
            Action::ShutdownWrite => return Some(Done::Plain(self.shutdown_write(index))),
            Action::Close => self.close_request(index),
            Action::HandlerSleep(span) => {
                self.sleep_worker(index, span, Blocked::InHandler);
                return None;
            }
            Action::Report(report) => self.worker_report(index, &report),
            Action::Log(level, text) => self.worker_log(index, level, text),
            Action::CheckParent | Action::Access(_) | Action::Exit(_) => {}
        }
        Some(Done::Plain(Outcome::Done))
    }

    fn accept_request(&mut self, index: u32) -> Outcome<'static> {
        let Some(socket) = self.kernel.accept(self.back) else {
            return Outcome::Empty;
        };
        self.own(socket, Owner::Worker(index));
        self.worker(index).socket = Some(socket);
        Outcome::Accepted
    }

    fn select(&mut self, index: u32, timeout: Span) -> Option<Done> {
        if self.kernel.listener(self.back).depth() > 0 {
            return Some(Done::Plain(Outcome::Done));
        }
        self.sleep_worker(index, timeout, Blocked::Selecting);
        self.workers.idle.push_back(index);
        None
    }

    /// A connection has come: the kernel wakes one of those that wait.
    pub(super) fn wake_idle_worker(&mut self) {
        if let Some(index) = self.workers.idle.pop_front() {
            self.worker(index).alarm.set(None);
            self.resume(index, Outcome::Done);
        }
    }

    fn receive(&mut self, index: u32) -> Option<Done> {
        let Some(socket) = self.worker(index).socket else {
            return Some(Done::Plain(gone(0)));
        };
        match self.kernel.recv(socket, RECV_SIZE as u64) {
            Ok(Recv::Bytes(n)) => Some(Done::Bytes(self.request_bytes(socket, n))),
            Ok(Recv::Eof) => Some(Done::Plain(Outcome::Eof)),
            Err(_) => Some(Done::Plain(gone(0))),
            Ok(Recv::WouldBlock) => {
                self.worker(index).blocked = Blocked::Receiving;
                None
            }
        }
    }

    /// The next `n` bytes of the request on a connection.
    fn request_bytes(&mut self, socket: SocketId, n: u64) -> Vec<u8> {
        let traffic = *self.traffic(socket);
        self.traffic(socket).request_read += n;
        let group = &self.plan.groups[traffic.group as usize];
        let text = if self.proxy.is_some() {
            upstream_request(group, traffic.request_id)
        } else {
            group.request_text(HOST, traffic.request_id)
        };
        let from = traffic.request_read as usize;
        text.as_bytes()[from..from + n as usize].to_vec()
    }

    fn linger(&mut self, index: u32, until: crate::time::Timestamp) -> Option<Done> {
        let now = self.now();
        let Some(socket) = self.worker(index).socket else {
            return Some(Done::Plain(gone(0)));
        };
        match self.kernel.recv(socket, LINGER_PIECE) {
            Ok(Recv::Bytes(n)) => Some(Done::Bytes(vec![0; n as usize])),
            Ok(Recv::Eof) => Some(Done::Plain(Outcome::Eof)),
            Err(_) => Some(Done::Plain(gone(0))),
            Ok(Recv::WouldBlock) if until <= now => Some(Done::Plain(Outcome::TimedOut)),
            Ok(Recv::WouldBlock) => {
                self.sleep_worker(index, until.since(now), Blocked::Lingering);
                None
            }
        }
    }

    /// Makes a response known to its reader; the length of the payload.
    fn begin_send(&mut self, index: u32, payload: &Payload) -> u64 {
        if let Some(socket) = self.worker(index).socket
            && let Some(response) = response_of(payload)
        {
            self.traffic(socket).response.get_or_insert(response);
        }
        payload.len()
    }

    /// `sendall`, or what is left of it.
    fn send_on(&mut self, index: u32, left: u64, sent: u64) -> Option<Outcome<'static>> {
        let Some(socket) = self.worker(index).socket else {
            return Some(gone(sent));
        };
        if left == 0 {
            return Some(Outcome::Sent);
        }
        match self.kernel.send(socket, left) {
            Ok(n) if n == left => Some(Outcome::Sent),
            Ok(n) => {
                self.worker(index).blocked = Blocked::Sending {
                    left: left - n,
                    sent: sent + n,
                };
                None
            }
            Err(_) => Some(gone(sent)),
        }
    }

    fn shutdown_write(&mut self, index: u32) -> Outcome<'static> {
        match self.worker(index).socket {
            Some(socket) => {
                self.kernel.shutdown_write(socket);
                Outcome::Done
            }
            None => gone(0),
        }
    }

    pub(super) fn close_request(&mut self, index: u32) {
        if let Some(socket) = self.worker(index).socket.take() {
            self.close(socket);
        }
    }

    pub(super) fn sleep_worker(&mut self, worker: u32, span: Span, blocked: Blocked) {
        let at = self.now() + span;
        let slot = self.worker(worker);
        slot.blocked = blocked;
        let ticket = slot.alarm.set(Some(at));
        self.push_ticket(ticket, |generation| Event::Worker { worker, generation });
    }

    pub(super) fn on_worker_timer(&mut self, worker: u32, generation: u32) {
        let now = self.now();
        match self.worker(worker).alarm.ring(now, generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => self.push_ticket(Some(ticket), |generation| Event::Worker {
                worker,
                generation,
            }),
            Ring::Due => self.worker_time_is_up(worker),
        }
    }

    fn worker_time_is_up(&mut self, index: u32) {
        match self.worker(index).blocked {
            Blocked::Selecting => {
                self.leave_select(index);
                self.resume(index, Outcome::Done);
            }
            Blocked::Burning => {
                self.release_core();
                self.resume(index, Outcome::Done);
            }
            Blocked::Lingering => self.resume(index, Outcome::TimedOut),
            Blocked::Forking | Blocked::Waiting | Blocked::InHandler => {
                self.resume(index, Outcome::Done);
            }
            other => panic!("no timer runs for a worker that is {other:?}"),
        }
    }

    pub(super) fn leave_select(&mut self, index: u32) {
        self.workers.idle.retain(|other| *other != index);
    }

    /// Something arrived on a worker's socket, or there is room.
    pub(super) fn wake_worker(&mut self, index: u32) {
        let done = match self.worker(index).blocked {
            Blocked::Receiving => self.receive(index),
            Blocked::Sending { left, sent } => self.send_on(index, left, sent).map(Done::Plain),
            Blocked::Lingering => {
                let deadline = self.worker(index).alarm.deadline();
                self.worker(index).alarm.set(None);
                self.linger(index, deadline.expect("a linger has an end"))
            }
            _ => return,
        };
        match done {
            None => {}
            Some(Done::Plain(outcome)) => self.resume(index, outcome),
            Some(Done::Bytes(bytes)) => self.resume(index, Outcome::Received(&bytes)),
        }
    }
}

/// What came of a call that did not block.
enum Done {
    Plain(Outcome<'static>),
    Bytes(Vec<u8>),
}

fn gone(sent: u64) -> Outcome<'static> {
    Outcome::Failed {
        failure: Failure::Gone,
        sent,
    }
}
