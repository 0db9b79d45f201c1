//! What a worker does without waiting: beats, reports, logs, accepts, closes. The same for every class.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::super::heartbeat::Heartbeat;
use super::super::log::Log;
use super::super::messages::{Message, Reports};
use super::super::signals;
use super::sick::suffer;
use super::socket::Connection;
use crate::attribution::worker_state;
use crate::machine::arbiter::Level;
use crate::machine::backend_config::WorkerClass;
use crate::machine::sickness::Sickness;
use crate::machine::worker::{
    Action, ConnId, Delivery, Failure, Identity, Interrupt, Outcome, Payload, Report, Step, TaskId,
    Worker,
};
use crate::masters::sickening_signal;
use crate::record::{Event, EventKind, ExitStatus, Source, WorkerReport};
use crate::time::calendar::Civil;
use crate::time::{Clock, Timestamp};
use crate::units::Bytes;

/// A worker's machine and everything that it has in hand.
pub(super) struct Hands<'a> {
    pub(super) machine: Worker,
    pub(super) identity: Identity,
    pub(super) class: WorkerClass,
    /// Whether an object whose `send` waits stays in memory.
    pub(super) keeps_the_object: bool,
    /// This process's copy, while it is open.
    pub(super) listener: Option<Arc<OwnedFd>>,
    /// SO_SNDBUF of each connection, where one is asked for.
    pub(super) sndbuf: Option<Bytes>,
    pub(super) heartbeat: &'a Heartbeat,
    pub(super) reports: &'a Reports,
    pub(super) clock: Clock,
    pub(super) master: rustix::process::Pid,
    pub(super) body: &'a [u8],
    pub(super) log: Log,
    pub(super) connections: Connections,
    /// Descriptors that a broken handler has forgotten.
    pub(super) leaked: Vec<OwnedFd>,
}

/// The connections of a process, by the numbers that the machine knows.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: BTreeMap<ConnId, Arc<Connection>>,
    next: u32,
}

impl Connections {
    fn add(&mut self, connection: Connection) -> ConnId {
        let conn = ConnId(self.next);
        self.next += 1;
        self.open.insert(conn, Arc::new(connection));
        conn
    }

    pub(super) fn get(&self, conn: Option<ConnId>) -> Option<Arc<Connection>> {
        self.open.get(&conn?).map(Arc::clone)
    }

    fn close(&mut self, conn: Option<ConnId>) {
        if let Some(conn) = conn {
            self.open.remove(&conn);
        }
    }
}

impl Hands<'_> {
    /// Resumes a task and does all that cannot block, up to the next action that can.
    pub(super) fn advance(&mut self, task: TaskId, outcome: Outcome<'_>) -> Step {
        self.hear();
        let mut step = self.machine.resume(task, self.clock.now(), outcome);
        loop {
            if step.action == Action::Accept
                && let Some(by) = self.due(task)
            {
                let outcome = Outcome::Interrupted { by, sent: 0 };
                step = self.machine.resume(task, self.clock.now(), outcome);
                continue;
            }
            let Some(outcome) = self.perform(&step) else {
                if let Action::Exit(code) = step.action {
                    self.last_word(code);
                }
                return step;
            };
            step = self.machine.resume(task, self.clock.now(), outcome);
        }
    }

    /// Takes note of signals that unwind nothing.
    pub(super) fn hear(&mut self) {
        if signals::take(libc::SIGTERM) > 0 {
            self.machine.terminate();
        }
        if signals::take(libc::SIGUSR1) > 0 {
            self.log.reopen();
        }
        for sickness in Sickness::ALL {
            if signals::take(sickening_signal(sickness.number())) > 0 {
                self.machine.falls_sick(sickness);
            }
        }
    }

    /// A signal that is to unwind this task now.
    fn due(&self, task: TaskId) -> Option<Interrupt> {
        (task == TaskId::MAIN)
            .then(|| pending(self.class))
            .flatten()
    }

    /// Does an action that cannot block; `None` for one that can.
    fn perform(&mut self, step: &Step) -> Option<Outcome<'static>> {
        let now = self.clock.now();
        match &step.action {
            Action::Beat => {
                // A heartbeat file that cannot be touched is a worker that the master will murder; nothing better can be done here.
                let _ = self.heartbeat.notify(now);
            }
            Action::Accept => return Some(self.accept()),
            Action::CheckParent => {
                return self
                    .is_orphaned()
                    .then_some(Outcome::Orphaned)
                    .or(Some(Outcome::Done));
            }
            Action::SendNow(payload) => {
                if let Some(connection) = self.connections.get(step.conn) {
                    connection.send_now(&head_bytes(payload));
                }
            }
            Action::ShutdownWrite => {
                let connection = self.connections.get(step.conn);
                return Some(connection.map_or_else(not_connected, |c| c.shutdown_write()));
            }
            Action::Close => self.connections.close(step.conn),
            Action::CloseListener => self.listener = None,
            Action::Listen { backlog } => {
                if let Some(listener) = &self.listener {
                    // A kernel that refuses leaves the queue as it was.
                    let backlog = i32::try_from(*backlog).unwrap_or(i32::MAX);
                    let _ = rustix::net::listen(listener, backlog);
                }
            }
            Action::Leak(count) => self.leak(*count),
            Action::Report(report) => self.report(now, report),
            Action::Log(level, text) => self.log_line(now, *level, text),
            Action::Access(access) => {
                let connection = self.connections.get(step.conn);
                let host = connection.as_ref().map_or("", |c| c.host.as_str());
                self.log.access(host, access);
            }
            _ => return None,
        }
        Some(Outcome::Done)
    }

    fn is_orphaned(&self) -> bool {
        rustix::process::getppid() != Some(self.master)
    }

    /// A worker without a master tells its end itself.
    fn last_word(&self, code: i32) {
        if !self.is_orphaned() {
            return;
        }
        let (now, age, pid) = (self.clock.now(), self.identity.age, self.identity.pid);
        let report = WorkerReport::gone(age, pid, now);
        self.reports.send(now, &Message::Worker(report));
        let status = ExitStatus::Code(code);
        let event = Event::new(now, Source::Worker, EventKind::WorkerExited { pid, status });
        self.reports.event(event.of_worker(Some(age)));
    }

    fn accept(&mut self) -> Outcome<'static> {
        let Some(listener) = &self.listener else {
            return Outcome::Empty;
        };
        let accepted = Connection::accept(listener).and_then(|connection| {
            if let (Some(connection), Some(bytes)) = (&connection, self.sndbuf) {
                connection.ask_for_sndbuf(bytes)?;
            }
            Ok(connection)
        });
        match accepted {
            Ok(Some(connection)) => Outcome::Accepted(self.connections.add(connection)),
            Ok(None) => Outcome::Empty,
            Err(failure) => Outcome::Failed { failure, sent: 0 },
        }
    }

    /// Is sick.
    pub(super) fn suffer(&mut self, sickness: Sickness) -> Outcome<'static> {
        let class = self.class;
        let hears = Worker::unwinds(class, &Action::Suffer(sickness));
        let pending = || hears.then(|| pending(class)).flatten();
        suffer(
            sickness,
            self.listener.as_deref(),
            &mut self.leaked,
            pending,
        )
    }

    fn leak(&mut self, count: u32) {
        let opened = (0..count).map_while(|_| std::fs::File::open("/dev/null").ok());
        self.leaked.extend(opened.map(OwnedFd::from));
    }

    fn report(&self, now: Timestamp, report: &Report) {
        let state = worker_state(report.state);
        let (age, pid) = (self.identity.age, self.identity.pid);
        let report = WorkerReport {
            request_id: report.request_id,
            accepted_at: report.accepted_at,
            sent_bytes: report.sent_bytes,
            recv_blocked: report.recv_blocked,
            send_blocked: report.send_blocked,
            buffered_bytes: report.buffered_bytes,
            ..WorkerReport::bare(age, pid, report.slot, now, state)
        };
        self.reports.send(now, &Message::Worker(report));
    }

    fn log_line(&mut self, now: Timestamp, level: Level, text: &str) {
        self.log.line(level, text);
        if level.is_told() {
            let line = text.to_owned();
            let event = Event::new(now, Source::Worker, EventKind::WorkerLog { line });
            self.reports.event(event.of_worker(Some(self.identity.age)));
        }
    }
}

/// What a payload that is no piece of a body looks like on the wire.
pub(super) fn head_bytes(payload: &Payload) -> Vec<u8> {
    let mut bytes = Vec::new();
    payload.write_to(&Civil::now().http_date(), &mut bytes);
    bytes
}

/// The signal that must unwind what the worker does, if one has arrived that its class handles.
pub(super) fn pending(class: WorkerClass) -> Option<Interrupt> {
    let aborted = Worker::delivery_of(class, Interrupt::Abort) != Delivery::Dies
        && signals::take(libc::SIGABRT) > 0;
    if aborted {
        return Some(Interrupt::Abort);
    }
    let quits = signals::take(libc::SIGQUIT) + signals::take(libc::SIGINT);
    (quits > 0).then_some(Interrupt::Quit)
}

pub(super) fn not_connected() -> Outcome<'static> {
    Outcome::Failed {
        failure: Failure::Gone,
        sent: 0,
    }
}
