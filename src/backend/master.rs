//! The master process: the arbiter's machine with real forks, signals and heartbeat files under it.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::process::{Pid, Signal as KernelSignal, WaitOptions, WaitStatus};

use super::fork::fork_worker;
use super::heartbeat::Heartbeat;
use super::listener::Listener;
use super::log::Log;
use super::messages::{MasterSpec, Message, Reports};
use super::orders::{Heard, Orders};
use super::poll::{WakePipe, readable, sleep};
use super::signals::{self, Disposition};
use super::title::set_title;
use super::worker::{Inherited, body_of, worker_main};
use crate::attribution::exit_status;
use crate::machine::arbiter::{
    Action, Arbiter, ExitStatus, Level, Signal, WorkerSignal, greeting, handling,
};
use crate::machine::backend_config::BackendConfig;
use crate::record::{Event, EventKind, Source, WorkerReport};
use crate::time::{Clock, Timestamp};

/// The signals that the master hears, in the order in which simultaneous ones are looked at.
const HEARD: [(libc::c_int, Signal); 9] = [
    (libc::SIGCHLD, Signal::Chld),
    (libc::SIGHUP, Signal::Hup),
    (libc::SIGTTIN, Signal::Ttin),
    (libc::SIGTTOU, Signal::Ttou),
    (libc::SIGUSR1, Signal::Usr1),
    (libc::SIGWINCH, Signal::Winch),
    (libc::SIGTERM, Signal::Term),
    (libc::SIGINT, Signal::Int),
    (libc::SIGQUIT, Signal::Quit),
];

/// The whole life of a master: called by `main` when the first argument is [`super::MASTER_ROLE`], before anything else. Standard
/// input carries the specification and, by its end, word that the parent is gone; standard output is the report pipe.
pub fn master_main() -> i32 {
    match Master::start() {
        Ok(mut master) => master.run(),
        Err(()) => 1,
    }
}

struct Master {
    /// What workers are forked with.
    config: Arc<BackendConfig>,
    /// What the parent said since: the file that a reload reads.
    on_file: Option<BackendConfig>,
    spec: MasterSpec,
    clock: Clock,
    arbiter: Arbiter,
    listener: Option<Listener>,
    children: BTreeMap<u32, Child>,
    wake: WakePipe,
    orders: Orders,
    reports: Reports,
    log: Log,
    body: Vec<u8>,
}

struct Child {
    age: u32,
    heartbeat: Heartbeat,
}

impl Master {
    /// Reads the specification, binds, and gets ready to fork. The reason for a failure has been reported on return.
    fn start() -> Result<Master, ()> {
        set_title(c"slowlab: master");
        let (stdin, reports) = standard_streams().map_err(drop)?;
        let fail = |message: String, hint: &str| {
            let hint = hint.to_owned();
            reports.send(Timestamp::ZERO, &Message::Failed { message, hint });
        };
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let spec: MasterSpec = match read.map(|_| serde_json::from_str(&line)) {
            Ok(Ok(spec)) => spec,
            _ => {
                let message = "the master got no specification on its standard input".to_owned();
                fail(message, "this role is for slowlab itself, not for users");
                return Err(());
            }
        };
        let clock = Clock::with_origin_ns(spec.clock_origin_ns);
        let log = Log::open(&spec.log).map_err(|error| {
            let message = format!("cannot open the log `{}`: {error}", spec.log.display());
            fail(message, "its folder must exist and be writable");
        })?;
        let (wake, listener, log) = match prepare(&spec, log) {
            Ok(prepared) => prepared,
            Err((message, hint)) => {
                fail(message, &hint);
                return Err(());
            }
        };
        Ok(Master {
            body: body_of(&spec.config),
            config: Arc::new(spec.config.clone()),
            on_file: None,
            arbiter: Arbiter::new(&spec.config, spec.seed).after(spec.forked_before),
            spec,
            clock,
            listener: Some(listener),
            children: BTreeMap::new(),
            wake,
            orders: Orders::new(stdin),
            reports,
            log,
        })
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
            Action::CloseListener => {
                if let Some(listener) = self.listener.take() {
                    listener.unlink();
                }
            }
            Action::TakeOver => {
                if let Some(config) = self.on_file.take() {
                    self.body = body_of(&config);
                    self.config = Arc::new(config);
                }
            }
            Action::ReopenLog => self.log.reopen(),
            Action::Wait(span) => match self.orders.fd() {
                Some(orders) => drop(readable([self.wake.reader(), orders], span)),
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
        // After the signals: what was said before one was sent is heard before it is looked at.
        match self.orders.hear() {
            Heard::Nothing => {}
            Heard::Says(config) => {
                self.arbiter.says(&config);
                self.on_file = Some(*config);
            }
            Heard::End => self.arbiter.signal(Signal::ParentGone),
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
        let heartbeat = Heartbeat::new(&self.spec.runtime_dir, age, self.clock)?;
        let master = rustix::process::getpid();
        let mut held_back = Some(signals::hold_back()?);
        let (children, orders) = (&mut self.children, &mut self.orders);
        let listener = &mut self.listener;
        let (reports, log, config, clock) = (&self.reports, &self.log, &self.config, self.clock);
        let (body, seed) = (&self.body, self.spec.seed);
        let pid = fork_worker(|| {
            // Not the worker's business: its siblings' heartbeats and the end of the parent.
            children.clear();
            orders.close();
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
        let target = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let sent = target.map_or(Err(rustix::io::Errno::SRCH), |target| {
            rustix::process::kill_process(target, number)
        });
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
    /// Whatever ended the master, the path of its socket does not stay behind. A worker never comes here: it ends by `_exit`.
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.unlink();
        }
        if self.orders.fd().is_none() {
            clear_for_the_dead(&self.spec.runtime_dir);
        }
    }
}

/// Does what the parent can no longer do (SIGKILL): removes its private folder. Only files that slowlab itself puts there are
/// removed with it; a folder with anything else in it stays.
fn clear_for_the_dead(runtime_dir: &Path) {
    for name in ["backend.log", "access.log", "error.log"] {
        let _ = std::fs::remove_file(runtime_dir.join(name));
    }
    let _ = std::fs::remove_dir(runtime_dir);
}

/// Copies of standard input and of standard output, with the report pipe's writes made non-blocking.
fn standard_streams() -> io::Result<(OwnedFd, Reports)> {
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::io::ioctl_fionbio(&stdout, true)?;
    Ok((stdin, Reports::new(stdout)))
}

type Prepared = (WakePipe, Listener, Log);

/// Signals and the listener; or the reason and the hint.
fn prepare(spec: &MasterSpec, mut log: Log) -> Result<Prepared, (String, String)> {
    let system = |error: io::Error| {
        let hint = "limits on open files may be too low (`ulimit -n`)".to_owned();
        (error.to_string(), hint)
    };
    let wake = WakePipe::new().map_err(system)?;
    let dispositions = HEARD.map(|(number, _)| (number, Disposition::CountAndRestart));
    signals::install(&dispositions, wake.writer()).map_err(system)?;
    let listener = Listener::bind(&spec.listen, &spec.config).map_err(|error| {
        log.line(Level::Error, &error.message);
        (error.message, error.hint)
    })?;
    Ok((wake, listener, log))
}

/// How a process ended; `None` if it only stopped or went on.
fn ended(status: WaitStatus) -> Option<ExitStatus> {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Some(ExitStatus::Code(code)),
        (None, Some(number)) => Some(ExitStatus::Signal(number)),
        (None, None) => None,
    }
}

fn shown(address: &crate::net::Address) -> String {
    match address {
        crate::net::Address::Tcp(address) => format!("http://{address}"),
        unix @ crate::net::Address::Unix(_) => unix.to_string(),
    }
}
