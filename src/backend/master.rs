//! The master process: the arbiter's machine with real forks, signals and heartbeat files under it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::process::{Signal as KernelSignal, WaitOptions, WaitStatus};

use super::fork::fork_worker;
use super::heartbeat::Heartbeat;
use super::leash::Leash;
use super::listener::Listener;
use super::log::Log;
use super::messages::{MasterSpec, Message, Reports};
use super::on_file;
use super::poll::{WakePipe, readable, sleep};
use super::signals;
use super::startup::{HEARD, Started};
use super::succession::Succession;
use super::worker::{Inherited, body_of, worker_main};
use crate::attribution::exit_status;
use crate::machine::arbiter::{
    Action, Arbiter, ExitStatus, Level, Signal, WorkerSignal, greeting, handling,
};
use crate::machine::backend_config::BackendConfig;
use crate::machine::log_target::{ACCESS_PIPE, ACCESSLOG_PIPE, ERRORLOG_PIPE, UNAPPENDED};
use crate::masters::pid_of;
use crate::net::Address;
use crate::private::{depart, go_on_when_orphaned};
use crate::process::let_anybody_trace;
use crate::record::{Event, EventKind, Source, WorkerReport};
use crate::time::Clock;
use crate::title::set_title;

/// The whole life of a master: called by `main` when the first argument is [`super::MASTER_ROLE`], before anything else. Standard
/// input carries the specification and, by its end, word that the parent is gone; standard output is the report pipe. A second master is
/// told by the second argument where its specification stands instead.
pub fn master_main() -> i32 {
    let succession = std::env::args_os().nth(2);
    set_title(c"slowlab: master");
    go_on_when_orphaned();
    let started = match succession {
        None => Started::first(),
        Some(file) => Started::successor(&file),
    };
    match started {
        Ok(started) => Master::new(started).run(),
        Err(()) => 1,
    }
}

struct Master {
    /// What workers are forked with.
    config: Arc<BackendConfig>,
    spec: MasterSpec,
    clock: Clock,
    arbiter: Arbiter,
    listener: Option<Listener>,
    children: BTreeMap<u32, Child>,
    wake: WakePipe,
    leash: Leash,
    /// How many masters this one knows of that were started before the next.
    masters: u32,
    /// The master that started this one; `None` if it is the first, or none any more.
    parent: Option<u32>,
    reports: Reports,
    log: Log,
    body: Vec<u8>,
}

struct Child {
    age: u32,
    heartbeat: Heartbeat,
}

impl Master {
    /// About to fork its first workers.
    fn new(started: Started) -> Master {
        let Started {
            spec,
            wake,
            listener,
            log,
            leash,
            reports,
            succeeds,
        } = started;
        let arbiter = match succeeds {
            None => Arbiter::new(&spec.config, spec.seed),
            Some(_) => Arbiter::successor(&spec.config, spec.seed),
        };
        Master {
            body: body_of(&spec.config),
            config: Arc::new(spec.config.clone()),
            arbiter,
            clock: Clock::with_origin_ns(spec.clock_origin_ns),
            masters: succeeds.map_or(spec.ordinal, |succeeds| succeeds.ordinal) + 1,
            spec,
            listener: Some(listener),
            children: BTreeMap::new(),
            wake,
            leash,
            parent: succeeds.map(|succeeds| succeeds.parent),
            reports,
            log,
        }
    }

    fn run(&mut self) -> i32 {
        if let Some(listener) = &self.listener {
            let address = listener.address().clone();
            let pid = std::process::id();
            let lines = greeting(&shown(&address), pid, self.config.class());
            self.reports
                .send(self.clock.now(), &Message::Listening(address));
            for text in lines {
                self.log_line(Level::Info, text);
            }
        }
        loop {
            self.hear();
            let children = &self.children;
            let action = self.arbiter.next(self.clock.now(), &|pid| {
                children.get(&pid)?.heartbeat.last_update()
            });
            match action {
                Action::Exit(code) => {
                    self.reports.send(self.clock.now(), &Message::Exits(code));
                    return code;
                }
                action => self.perform(action),
            }
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Spawn { age, max_requests } => self.spawn(age, max_requests),
            Action::Kill { pid, signal } => self.kill(pid, signal),
            Action::Log(level, text) => self.log_line(level, text),
            Action::Handling(signal) => {
                self.log.line(Level::Info, &handling(signal));
                let signal = signal.to_owned();
                self.event(EventKind::SignalHandled { signal }, None);
            }
            Action::Reap => self.reap(),
            Action::CloseListener { unlink } => {
                if let Some(listener) = self.listener.take()
                    && unlink
                {
                    listener.unlink();
                }
            }
            Action::TakeOver => {
                if let Some(config) = on_file::read(&self.spec.runtime_dir) {
                    self.arbiter.says(&config);
                    self.body = body_of(&config);
                    self.config = Arc::new(config);
                }
            }
            Action::Reexec => self.reexec(),
            Action::CheckParent => {
                if self.parent.is_some_and(|parent| !is_parent(parent)) {
                    self.parent = None;
                    self.arbiter.promoted();
                }
            }
            Action::ReopenLog => self.log.reopen(),
            Action::Wait(span) => match self.leash.fd() {
                Some(leash) => drop(readable([self.wake.reader(), leash], span)),
                None => drop(readable([self.wake.reader()], span)),
            },
            Action::Sleep(span) => sleep(self.clock, span),
            Action::Exit(_) => {}
        }
    }

    /// Hands what has arrived to the arbiter, which looks at it in its own time.
    fn hear(&mut self) {
        self.wake.drain();
        for (number, signal) in HEARD {
            for _ in 0..signals::take(number) {
                self.arbiter.signal(signal);
            }
        }
        if self.leash.has_ended() {
            self.arbiter.signal(Signal::ParentGone);
        }
    }

    /// A second master, which begins with what the configuration says by now.
    fn reexec(&mut self) {
        let started = match &self.listener {
            None => Err(io::Error::other("the listener is closed")),
            Some(listener) => {
                let config = on_file::read(&self.spec.runtime_dir);
                let spec = MasterSpec {
                    config: config.unwrap_or_else(|| self.spec.config.clone()),
                    listen: listener.address().clone(),
                    ..self.spec.clone()
                };
                Succession::start(spec, listener, self.masters)
            }
        };
        let now = self.clock.now();
        match started {
            Ok(pid) => {
                let ordinal = self.masters;
                self.masters += 1;
                self.reports
                    .send(now, &Message::Reexecuted { ordinal, pid });
                self.arbiter.reexecuted(pid);
            }
            Err(error) => self.arbiter.reexec_failed(now, &error.to_string()),
        }
    }

    fn spawn(&mut self, age: u32, max_requests: Option<u32>) {
        match self.fork(age, max_requests) {
            Ok((pid, heartbeat)) => {
                self.children.insert(pid, Child { age, heartbeat });
                self.arbiter.spawned(age, pid);
                self.event(EventKind::WorkerSpawned { pid }, Some(age));
            }
            Err(error) => {
                let now = self.clock.now();
                self.arbiter.spawn_failed(now, &error.to_string());
            }
        }
    }

    fn fork(&mut self, age: u32, max_requests: Option<u32>) -> io::Result<(u32, Heartbeat)> {
        if self.listener.is_none() {
            return Err(io::Error::other("the listener is closed"));
        }
        let folder = self.spec.worker_tmp_dir.as_ref();
        let folder = folder.unwrap_or(&self.spec.runtime_dir);
        let heartbeat = Heartbeat::new(folder, age, self.clock)?;
        let master = rustix::process::getpid();
        let mut held_back = Some(signals::hold_back()?);
        let (children, leash) = (&mut self.children, &mut self.leash);
        let listener = &mut self.listener;
        let (reports, log, config, clock) = (&self.reports, &self.log, &self.config, self.clock);
        let (body, seed) = (&self.body, self.spec.seed);
        let tied = !self.spec.leaves_orphans;
        let may_be_traced = self.spec.may_be_traced;
        let pid = fork_worker(tied, || {
            // Not the worker's business: its siblings' heartbeats and the end of the parent.
            children.clear();
            leash.close();
            // A parent's wish is not its child's.
            if may_be_traced {
                let_anybody_trace();
            }
            // The copy that the child has of it; the master keeps its own.
            let (Some(held_back), Some(listener)) = (held_back.take(), listener.take()) else {
                return 255;
            };
            worker_main(Inherited {
                age,
                max_requests,
                config,
                seed,
                body,
                listener: listener.into_fd(),
                heartbeat: &heartbeat,
                reports,
                log,
                clock,
                master,
                held_back,
            })
        })?;
        Ok((pid, heartbeat))
    }

    fn kill(&mut self, pid: u32, signal: WorkerSignal) {
        let number = match signal {
            WorkerSignal::Term => KernelSignal::TERM,
            WorkerSignal::Quit => KernelSignal::QUIT,
            WorkerSignal::Abrt => KernelSignal::ABORT,
            WorkerSignal::Kill => KernelSignal::KILL,
            WorkerSignal::Usr1 => KernelSignal::USR1,
        };
        if signal == WorkerSignal::Abrt
            && let Some(child) = self.children.get(&pid)
        {
            self.event(EventKind::WorkerTimeout { pid }, Some(child.age));
        }
        let target = pid_of(pid).map_err(|_| rustix::io::Errno::SRCH);
        let sent = target.and_then(|target| rustix::process::kill_process(target, number));
        if sent == Err(rustix::io::Errno::SRCH) {
            self.children.remove(&pid);
            self.arbiter.vanished(pid);
        }
    }

    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            let Some(status) = ended(status) else {
                continue;
            };
            let pid = pid.as_raw_nonzero().get().unsigned_abs();
            let now = self.clock.now();
            if let Some(child) = self.children.remove(&pid) {
                let report = WorkerReport::gone(child.age, pid, now);
                self.reports.send(now, &Message::Worker(report));
                let kind = EventKind::WorkerExited {
                    pid,
                    status: exit_status(status),
                };
                self.event(kind, Some(child.age));
            }
            self.arbiter.reaped(now, pid, status);
        }
    }

    fn log_line(&mut self, level: Level, text: String) {
        self.log.line(level, &text);
        if level.is_told() {
            self.event(EventKind::MasterLog { line: text }, None);
        }
    }

    fn event(&self, kind: EventKind, age: Option<u32>) {
        let event = Event::new(self.clock.now(), Source::Master, kind);
        self.reports.event(event.of_worker(age));
    }
}

impl Drop for Master {
    /// Whatever ended the master, the path of its socket does not stay behind, unless another one may listen there. A worker never comes here: it ends by `_exit`.
    fn drop(&mut self) {
        if let Some(listener) = &self.listener
            && (self.masters, self.parent) == (1, None)
        {
            listener.unlink();
        }
        if self.leash.fd().is_none() {
            // Of two masters none unlinks it, as with gunicorn; nobody else is left to do it.
            if let Address::Unix(path) = &self.spec.listen {
                let _ = std::fs::remove_file(path);
            }
            clear_for_the_dead(&self.spec.runtime_dir);
            depart(&self.spec.runtime_dir);
        }
    }
}

/// Does what the parent can no longer do (SIGKILL): empties its private folder. Only files that slowlab itself puts there are
/// removed.
fn clear_for_the_dead(runtime_dir: &Path) {
    // Each proxy has a folder of its own in it.
    for entry in std::fs::read_dir(runtime_dir)
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear(&entry.path());
            let _ = std::fs::remove_dir(entry.path());
        }
    }
    clear(runtime_dir);
}

fn clear(folder: &Path) {
    let logs = ["backend.log", UNAPPENDED, "access.log", "error.log"];
    let pipes = [ACCESS_PIPE, ACCESSLOG_PIPE, ERRORLOG_PIPE];
    for name in logs.into_iter().chain(pipes).chain([on_file::NAME]) {
        let _ = std::fs::remove_file(folder.join(name));
    }
}

fn is_parent(pid: u32) -> bool {
    let parent = rustix::process::getppid();
    parent.is_some_and(|parent| parent.as_raw_nonzero().get().unsigned_abs() == pid)
}

/// How a process ended; `None` if it only stopped or went on.
fn ended(status: WaitStatus) -> Option<ExitStatus> {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Some(ExitStatus::Code(code)),
        (None, Some(number)) => Some(ExitStatus::Signal(number)),
        (None, None) => None,
    }
}

fn shown(address: &Address) -> String {
    match address {
        Address::Tcp(address) => format!("http://{address}"),
        unix @ Address::Unix(_) => unix.to_string(),
    }
}
