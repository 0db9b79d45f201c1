//! A worker process: the sync worker's machine with blocking sockets under it.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::heartbeat::Heartbeat;
use super::log::{Log, http_date};
use super::messages::{Message, Reports};
use super::poll::{WakePipe, readable};
use super::signals::{self, Disposition};
use super::socket::{Connection, Got, burn, wait};
use super::title::set_title;
use crate::attribution::worker_state;
use crate::machine::arbiter::{Level, WORKER_BOOT_ERROR};
use crate::machine::backend_config::BackendConfig;
use crate::machine::sync_worker::{
    Action, BODY_PATTERN, Failure, Identity, Interrupt, Outcome, Payload, RECV_SIZE, Report,
    SyncWorker,
};
use crate::record::{Event, EventKind, Source, WorkerReport};
use crate::seed::Seed;
use crate::time::{Clock, Span, Timestamp};
use crate::units::Bytes;

/// gunicorn's `init_signals`: TERM and USR1 never disturb a system call, ABRT, QUIT and INT do; what only the master understands
/// has the default action again.
const DISPOSITIONS: [(libc::c_int, Disposition); 9] = [
    (libc::SIGHUP, Disposition::Default),
    (libc::SIGTTIN, Disposition::Default),
    (libc::SIGTTOU, Disposition::Default),
    (libc::SIGCHLD, Disposition::Default),
    (libc::SIGTERM, Disposition::CountAndRestart),
    (libc::SIGUSR1, Disposition::CountAndRestart),
    (libc::SIGABRT, Disposition::CountAndInterrupt),
    (libc::SIGQUIT, Disposition::CountAndInterrupt),
    (libc::SIGINT, Disposition::CountAndInterrupt),
];

/// What a worker inherits from its master.
pub(super) struct Inherited<'a> {
    pub age: u32,
    pub max_requests: Option<u32>,
    pub config: &'a Arc<BackendConfig>,
    /// From which requests draw what they do.
    pub seed: Seed,
    /// The body's pattern, long enough for the largest write from any offset; made before the fork and shared by all workers.
    pub body: &'a [u8],
    pub listener: BorrowedFd<'a>,
    pub heartbeat: &'a Heartbeat,
    pub reports: &'a Reports,
    pub log: &'a Log,
    pub clock: Clock,
    pub master: rustix::process::Pid,
    /// The master's mask; dropped once the worker's own handlers are in place.
    pub held_back: signals::HeldBack,
}

/// The body's pattern, long enough for the largest write of any handler from any offset within the pattern.
pub(super) fn body_of(config: &BackendConfig) -> Vec<u8> {
    let writes = config.app.values();
    let largest = writes
        .map(|handler| handler.write_size().min(handler.response.most()))
        .max();
    let mut body = Vec::new();
    let len = largest.unwrap_or_default().0 + BODY_PATTERN.len() as u64;
    Payload::Body { offset: 0, len }.write_to("", &mut body);
    body
}

/// Runs a worker to its end; its exit code.
pub(super) fn worker_main(inherited: Inherited<'_>) -> i32 {
    set_title(c"slowlab: worker");
    let Ok(wake) = WakePipe::new() else {
        return WORKER_BOOT_ERROR;
    };
    let Ok(log) = inherited.log.for_this_process() else {
        return WORKER_BOOT_ERROR;
    };
    if signals::install(&DISPOSITIONS, wake.writer()).is_err() {
        return WORKER_BOOT_ERROR;
    }
    let Inherited {
        held_back,
        age,
        max_requests,
        config,
        ..
    } = inherited;
    drop(held_back);
    let identity = Identity {
        age,
        pid: std::process::id(),
    };
    let mut machine = SyncWorker::new(identity, Arc::clone(config), inherited.seed, max_requests);
    let mut process = Process {
        identity,
        listener: inherited.listener,
        heartbeat: inherited.heartbeat,
        reports: inherited.reports,
        clock: inherited.clock,
        master: inherited.master,
        log,
        wake,
        sndbuf: config.socket.sndbuf,
        connection: None,
        received: vec![0; RECV_SIZE],
        body: inherited.body,
    };
    process.run(&mut machine)
}

/// The worker's hands.
struct Process<'a> {
    identity: Identity,
    /// SO_SNDBUF of each connection, where one is asked for.
    sndbuf: Option<Bytes>,
    listener: BorrowedFd<'a>,
    heartbeat: &'a Heartbeat,
    reports: &'a Reports,
    clock: Clock,
    master: rustix::process::Pid,
    log: Log,
    wake: WakePipe,
    connection: Option<Connection>,
    received: Vec<u8>,
    body: &'a [u8],
}

impl Process<'_> {
    fn run(&mut self, machine: &mut SyncWorker) -> i32 {
        let mut got = Got::Nothing(Outcome::Done);
        loop {
            if signals::take(libc::SIGTERM) > 0 {
                machine.terminate();
            }
            if signals::take(libc::SIGUSR1) > 0 {
                self.log.reopen();
            }
            let now = self.clock.now();
            let outcome = match got {
                Got::Bytes(n) => Outcome::Received(&self.received[..n]),
                Got::Nothing(outcome) => outcome,
            };
            match machine.resume(now, outcome) {
                Action::Exit(code) => return code,
                action => got = self.perform(now, action),
            }
        }
    }

    fn perform(&mut self, now: Timestamp, action: Action) -> Got {
        let outcome = match action {
            Action::Recv { .. } => return self.recv(None),
            Action::LingerRecv { until } => return self.recv(Some(until)),
            Action::Beat => {
                // A heartbeat file that cannot be touched is a worker that the master will murder; nothing better can be done here.
                let _ = self.heartbeat.notify(now);
                Outcome::Done
            }
            Action::Accept => self.accept(),
            Action::CheckParent if rustix::process::getppid() == Some(self.master) => Outcome::Done,
            Action::CheckParent => Outcome::Orphaned,
            Action::Select { timeout } => self.select(timeout),
            Action::Wait(span) => wait(&self.wake, self.clock, span, pending),
            Action::Burn(span) => burn(span, pending),
            Action::Send(payload) => self.send(&payload),
            Action::SendNow(payload) => {
                if let Some(connection) = &self.connection {
                    let mut bytes = Vec::new();
                    payload.write_to(&http_date(), &mut bytes);
                    connection.send_now(&bytes);
                }
                Outcome::Done
            }
            Action::ShutdownWrite => self
                .connection
                .as_ref()
                .map_or_else(not_connected, Connection::shutdown_write),
            Action::Close => {
                self.connection = None;
                Outcome::Done
            }
            Action::HandlerSleep(span) => wait(&self.wake, self.clock, span, || None),
            Action::Report(report) => self.report(now, &report),
            Action::Log(level, text) => self.log_line(now, level, text),
            Action::Access(access) => {
                let host = self.connection.as_ref().map_or("", |c| c.host.as_str());
                self.log.access(host, &access);
                Outcome::Done
            }
            Action::Exit(_) => Outcome::Done,
        };
        Got::Nothing(outcome)
    }

    fn accept(&mut self) -> Outcome<'static> {
        if let Some(by) = pending() {
            return Outcome::Interrupted { by, sent: 0 };
        }
        let accepted = Connection::accept(self.listener).and_then(|connection| {
            if let (Some(connection), Some(bytes)) = (&connection, self.sndbuf) {
                connection.ask_for_sndbuf(bytes)?;
            }
            Ok(connection)
        });
        match accepted {
            Ok(Some(connection)) => {
                self.connection = Some(connection);
                Outcome::Accepted
            }
            Ok(None) => Outcome::Empty,
            Err(failure) => Outcome::Failed { failure, sent: 0 },
        }
    }

    fn select(&self, timeout: Span) -> Outcome<'static> {
        if let Some(by) = pending() {
            return Outcome::Interrupted { by, sent: 0 };
        }
        readable([self.listener, self.wake.reader()], timeout);
        self.wake.drain();
        pending().map_or(Outcome::Done, |by| Outcome::Interrupted { by, sent: 0 })
    }

    /// A receive: blocking, or with the linger's deadline.
    fn recv(&mut self, until: Option<Timestamp>) -> Got {
        let Some(connection) = &self.connection else {
            return Got::Nothing(not_connected());
        };
        match until {
            None => connection.recv(&mut self.received, pending),
            Some(until) => {
                // gunicorn drains in pieces of 4096 bytes.
                let buffer = &mut self.received[..4096];
                connection.linger_recv(buffer, self.clock, until, pending)
            }
        }
    }

    fn send(&mut self, payload: &Payload) -> Outcome<'static> {
        let Some(connection) = &self.connection else {
            return not_connected();
        };
        if let Payload::Body { offset, len } = payload {
            let period = BODY_PATTERN.len();
            let skip = usize::try_from(offset % period as u64).unwrap_or(0);
            let len = usize::try_from(*len).unwrap_or(usize::MAX);
            return connection.send_all(&self.body[skip..skip + len], pending);
        }
        let mut bytes = Vec::new();
        payload.write_to(&http_date(), &mut bytes);
        connection.send_all(&bytes, pending)
    }

    fn report(&self, now: Timestamp, report: &Report) -> Outcome<'static> {
        let state = worker_state(report.state);
        let report = WorkerReport {
            request_id: report.request_id,
            sent_bytes: report.sent_bytes,
            send_blocked: report.send_blocked,
            ..WorkerReport::bare(self.identity.age, self.identity.pid, Some(0), now, state)
        };
        self.reports.send(now, &Message::Worker(report));
        Outcome::Done
    }

    fn log_line(&mut self, now: Timestamp, level: Level, text: String) -> Outcome<'static> {
        self.log.line(level, &text);
        if level >= Level::Info {
            let event = Event::new(now, Source::Worker, EventKind::WorkerLog { line: text });
            self.reports.event(event.of_worker(Some(self.identity.age)));
        }
        Outcome::Done
    }
}

/// The signal that must unwind what the worker does, if one has arrived.
fn pending() -> Option<Interrupt> {
    if signals::take(libc::SIGABRT) > 0 {
        return Some(Interrupt::Abort);
    }
    let quits = signals::take(libc::SIGQUIT) + signals::take(libc::SIGINT);
    (quits > 0).then_some(Interrupt::Quit)
}

fn not_connected() -> Outcome<'static> {
    Outcome::Failed {
        failure: Failure::Gone,
        sent: 0,
    }
}
