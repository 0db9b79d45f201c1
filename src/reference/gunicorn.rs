//! The real gunicorn as a part of a run: started, watched, read, stopped.
//!
//! Its workers' states come from the hooks and the application of the export, the rest from its log. What they do not tell: bytes of a
//! piece that the kernel has taken in part, because `sendall` returns only when it has taken all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use crate::machine::backend_config::Bind;
use crate::net::Address;
use crate::plan::Plan;
use crate::record::{
    Event, EventKind, ExitStatus, Report, Sink, Source, WorkerReport, WorkerState,
};
use crate::time::{Clock, Span, Timestamp};

use super::error::ReferenceError;
use super::export::{self, GUNICORN_LOG, INSTANTS, Layout};
use super::follow::{Follower, Tail, last_lines};
use super::guard::{Guarded, Order};
use super::gunicorn_log::{self, News};
use super::instants::{Said, Workers};
use super::programs::GunicornProgram;
use super::wall::WallClock;

/// Importing Python takes a while on a loaded machine.
const READY_LIMIT: Span = Span::from_secs(30);
/// How often a start that is not ready yet is looked at.
const READY_LOOK: Span = Span::from_ms(50);
/// Lines of the log that an error shows.
const TAIL_LINES: usize = 12;

/// What a gunicorn needs.
#[derive(Debug)]
pub struct GunicornSpec<'a> {
    /// The plan; its backend counts.
    pub plan: &'a Plan,
    /// Which gunicorn.
    pub program: &'a GunicornProgram,
    /// Its configuration and logs go here, and stay.
    pub folder: &'a Path,
    /// Short and private: the Unix socket goes here.
    pub runtime_dir: &'a Path,
    /// slowlab's own binary.
    pub executable: &'a Path,
    /// The clock of what is reported.
    pub clock: Clock,
    /// Takes the reports.
    pub sink: Sink,
}

/// A running gunicorn. Dropping it ends it.
#[derive(Debug)]
pub struct Gunicorn {
    // Dropped in order: the processes first, then the thread, which reads their last words.
    guarded: Mutex<Guarded>,
    follower: Follower,
    address: Address,
    shared: Arc<Shared>,
    pid: u32,
    log: PathBuf,
}

#[derive(Debug, Default)]
struct Shared {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Known {
    listening: Option<Option<u16>>,
    /// Ages of workers that have reached their loop.
    booted: BTreeSet<u32>,
    /// Live workers: age and pid.
    workers: BTreeMap<u32, u32>,
}

impl Gunicorn {
    /// Writes the configuration, starts gunicorn and waits until all workers are in their loops.
    ///
    /// # Errors
    /// A plan that gunicorn cannot play, a folder that cannot be written, a gunicorn that ends or does not get ready.
    pub fn start(spec: &GunicornSpec<'_>) -> Result<Gunicorn, ReferenceError> {
        let scratch = spec.runtime_dir.join("gunicorn");
        let bind = match spec.plan.backend.bind {
            Bind::Tcp => Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            Bind::Unix => Address::Unix(scratch.join("gunicorn.sock")),
        };
        let layout = Layout {
            bind: bind.clone(),
            upstream: bind.clone(),
            ..Layout::by_hand(spec.plan)
        };
        let mut files = export::render(spec.plan, &layout)?;
        files.retain(|file| Path::new(file.path).extension() == Some("py".as_ref()));
        export::write(&files, spec.folder).map_err(ReferenceError::Write)?;
        let log = spec.folder.join(GUNICORN_LOG);
        let failed = |source| ReferenceError::Start {
            program: "gunicorn",
            source,
            log: log.clone(),
        };
        let mut command = spec.program.command.clone();
        command.extend(["-c", "gunicorn.conf.py", "app:app"].map(Into::into));
        let guarded = Guarded::start(&Order {
            executable: spec.executable,
            command,
            dir: spec.folder,
            output: &log,
            scratch: &scratch,
            farewell: &[Signal::TERM, Signal::QUIT],
        })
        .map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let mut reader = Reader::new(spec, guarded.pid(), Arc::clone(&shared));
        let follower = Follower::start("gunicorn-logs", move || reader.look()).map_err(failed)?;
        let pid = guarded.pid();
        let mut gunicorn = Gunicorn {
            guarded: Mutex::new(guarded),
            follower,
            address: bind,
            shared,
            pid,
            log,
        };
        gunicorn.wait_until_ready(spec.plan.backend.workers as usize)?;
        Ok(gunicorn)
    }

    fn wait_until_ready(&mut self, workers: usize) -> Result<(), ReferenceError> {
        let clock = Clock::start();
        loop {
            let ready = |known: &Known| known.listening.is_some() && known.booted.len() >= workers;
            let known = self.shared.wait(READY_LOOK, ready);
            if let (true, Some(port)) = (ready(&known), known.listening) {
                drop(known);
                if let (Address::Tcp(address), Some(port)) = (&mut self.address, port) {
                    address.set_port(port);
                }
                return Ok(());
            }
            drop(known);
            let tail = || last_lines(&self.log, TAIL_LINES);
            if let Some(status) = self.guard().ended() {
                let status = status.to_string();
                return Err(ReferenceError::Died {
                    program: "gunicorn",
                    status,
                    log: self.log.clone(),
                    tail: tail(),
                });
            }
            if clock.now().since(Timestamp::ZERO) > READY_LIMIT {
                return Err(ReferenceError::Late {
                    program: "gunicorn",
                    after: READY_LIMIT,
                    log: self.log.clone(),
                    tail: tail(),
                });
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The master's process id.
    pub fn master_pid(&self) -> u32 {
        self.pid
    }

    /// Whether the master runs.
    pub fn is_alive(&self) -> bool {
        self.guard().ended().is_none()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Process ids of the workers that are alive, oldest first, for others to ask at any time.
    pub fn worker_pids_reader(&self) -> Arc<dyn Fn() -> Vec<u32> + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || shared.lock().workers.values().copied().collect())
    }

    /// TERM, then QUIT, then SIGKILL to whatever is left; returns when nothing is.
    pub fn stop(self) {
        self.guard().stop();
        drop(self.follower);
    }

    fn guard(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, limit: Span, done: impl Fn(&Known) -> bool) -> MutexGuard<'_, Known> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), limit.to_duration(), |known| !done(known));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }
}

/// Reads both files and forwards what they say.
struct Reader {
    instants: Tail,
    log: Tail,
    workers: Workers,
    master: u32,
    /// How a worker ended, by pid: the log says it just before the hook tells that it is gone.
    endings: BTreeMap<u32, ExitStatus>,
    wall: WallClock,
    clock: Clock,
    sink: Sink,
    shared: Arc<Shared>,
}

impl Reader {
    fn new(spec: &GunicornSpec<'_>, master: u32, shared: Arc<Shared>) -> Reader {
        Reader {
            instants: Tail::new(spec.folder.join(INSTANTS)),
            log: Tail::new(spec.folder.join(GUNICORN_LOG)),
            workers: Workers::default(),
            master,
            endings: BTreeMap::new(),
            wall: WallClock::compare(spec.clock),
            clock: spec.clock,
            sink: spec.sink.clone(),
            shared,
        }
    }

    fn look(&mut self) {
        // What the log says of an instant was written before it: read later, it is surely there; taken in first, it is known.
        let instants = self.instants.lines();
        for line in self.log.lines() {
            self.log_line(&line);
        }
        for line in instants {
            match self.workers.read(&line, self.clock.origin_ns()) {
                Said::Listening {
                    at,
                    port,
                    gunicorn,
                    python,
                } => {
                    self.shared.change(|known| known.listening = Some(port));
                    let line = format!("gunicorn {gunicorn} on Python {python}");
                    self.event(at, EventKind::MasterLog { line }, None);
                }
                Said::Worker(report) => self.worker(report),
                Said::Nothing => {}
            }
        }
    }

    fn worker(&mut self, report: WorkerReport) {
        let (age, pid, at) = (report.worker, report.pid, report.at);
        match report.state {
            WorkerState::Booting => {
                self.shared.change(|known| known.workers.insert(age, pid));
                self.event(at, EventKind::WorkerSpawned { pid }, Some(age));
            }
            WorkerState::Idle => {
                self.shared.change(|known| known.booted.insert(age));
            }
            WorkerState::Dead => {
                self.shared.change(|known| known.workers.remove(&age));
                // gunicorn writes no line about a worker that ended as it should.
                let status = self.endings.remove(&pid).unwrap_or(ExitStatus::Code(0));
                self.event(at, EventKind::WorkerExited { pid, status }, Some(age));
            }
            _ => {}
        }
        self.sink.send(Report::Worker(report));
    }

    fn log_line(&mut self, line: &str) {
        let Some(line) = gunicorn_log::parse(line) else {
            return;
        };
        let at = self
            .wall
            .at(line.seconds)
            .unwrap_or_else(|| self.clock.now());
        let text = line.text.to_owned();
        match line.news {
            News::Timeout { pid } => {
                let age = self.workers.age(pid);
                self.event(at, EventKind::WorkerTimeout { pid }, age);
            }
            News::Ended { pid, status } => drop(self.endings.insert(pid, status)),
            News::Signal { name } if line.pid == self.master => {
                self.event(at, EventKind::SignalHandled { signal: name }, None);
            }
            News::Other | News::Signal { .. } if line.pid == self.master => {
                self.event(at, EventKind::MasterLog { line: text }, None);
            }
            News::Other | News::Signal { .. } => {
                let age = self.workers.age(line.pid);
                self.event(at, EventKind::WorkerLog { line: text }, age);
            }
        }
    }

    fn event(&self, at: Timestamp, kind: EventKind, worker: Option<u32>) {
        let source = match kind {
            EventKind::WorkerLog { .. } => Source::Worker,
            _ => Source::Master,
        };
        self.sink
            .event(Event::new(at, source, kind).of_worker(worker));
    }
}
