//! The real gunicorn as a part of a run: started, watched, read, stopped.
//!
//! Its workers' states come from the hooks and the application of the export, the rest from its log. What they do not tell: bytes of a
//! piece that the kernel has taken in part, because `sendall` returns only when it has taken all of it.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use crate::leave::Leave;
use crate::machine::act::Target;
use crate::machine::backend_config::{BackendConfig, Bind};
use crate::masters::pid_of;
use crate::net::Address;
use crate::plan::Plan;
use crate::record::Sink;
use crate::time::{Clock, Span, Timestamp};

use super::conf::Conf;
use super::error::{ReferenceError, can_be_named};
use super::export::GUNICORN_LOG;
use super::follow::{Follower, last_lines};
use super::guard::{Guarded, Lost, Order};
use super::programs::GunicornProgram;
use super::reader::{Known, Reader, Shared};

/// Importing Python takes a while on a loaded machine.
const READY_LIMIT: Span = Span::from_secs(30);
/// How often a start that is not ready yet is looked at.
const READY_LOOK: Span = Span::from_ms(50);
/// How long the last words of a gunicorn that has ended may take to be read.
const LAST_LOOK: Span = Span::from_secs(1);
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
    /// Where exactly, if the plan says who may connect to it.
    pub socket: Option<PathBuf>,
    /// Where the files of the heartbeats are; unset is the system's folder for temporary files.
    pub worker_tmp_dir: Option<PathBuf>,
    /// A file that does not let go of whoever opens it, for workers that an act has do so.
    pub held_file: Option<PathBuf>,
    /// slowlab's own binary.
    pub executable: &'a Path,
    /// The clock of what is reported.
    pub clock: Clock,
    /// Takes the reports.
    pub sink: Sink,
    /// What every wait for it asks.
    pub leave: &'a Leave,
}

/// A running gunicorn. Dropping it ends it.
#[derive(Debug)]
pub struct Gunicorn {
    // Dropped in order: the processes first, then the thread, which reads their last words.
    guarded: Mutex<Guarded>,
    follower: Follower,
    reader: Arc<Mutex<Reader>>,
    start: Start,
    address: Address,
    conf: Conf,
    shared: Arc<Shared>,
    pid: u32,
    log: PathBuf,
}

/// How it is started, also the next time.
#[derive(Debug)]
struct Start {
    executable: PathBuf,
    command: Vec<OsString>,
    dir: PathBuf,
    scratch: PathBuf,
    leave: Leave,
}

impl Start {
    fn now(&self, output: &Path) -> io::Result<Guarded> {
        Guarded::start(&Order {
            executable: &self.executable,
            command: self.command.clone(),
            dir: &self.dir,
            output,
            scratch: &self.scratch,
            farewell: &[Signal::TERM, Signal::QUIT],
            company: true,
            leave: &self.leave,
        })
    }
}

impl Gunicorn {
    /// Writes the configuration, starts gunicorn and waits until all workers are in their loops.
    ///
    /// # Errors
    /// A plan that gunicorn cannot play, a folder that cannot be written, a gunicorn that ends or does not get ready.
    pub fn start(spec: &GunicornSpec<'_>) -> Result<Gunicorn, ReferenceError> {
        [spec.folder, spec.runtime_dir]
            .into_iter()
            .try_for_each(can_be_named)?;
        let scratch = spec.runtime_dir.join("gunicorn");
        let bind = match spec.plan.backend.bind {
            Bind::Tcp => Address::Tcp(SocketAddr::from((spec.plan.stack_address(), 0))),
            Bind::Unix => Address::Unix(
                spec.socket
                    .clone()
                    .unwrap_or_else(|| scratch.join("gunicorn.sock")),
            ),
        };
        let disk = (spec.worker_tmp_dir.clone(), spec.held_file.clone());
        let conf = Conf::write(spec.plan, &bind, disk, spec.folder)?;
        let log = spec.folder.join(GUNICORN_LOG);
        let failed = |source| ReferenceError::Start {
            program: "gunicorn",
            source,
            log: log.clone(),
        };
        let mut command = spec.program.command.clone();
        command.extend(["-c", "gunicorn.conf.py", "app:app"].map(Into::into));
        let start = Start {
            executable: spec.executable.to_owned(),
            command,
            dir: spec.folder.to_owned(),
            scratch,
            leave: spec.leave.clone(),
        };
        let guarded = start.now(&log).map_err(failed)?;
        let shared = Arc::new(Shared::default());
        shared.lock().masters.add(0, guarded.pid());
        let (clock, sink) = (spec.clock, spec.sink.clone());
        let watched = (spec.folder, spec.plan.backend.class());
        let reader = Reader::new(watched, guarded.pid(), clock, sink, Arc::clone(&shared));
        let reader = Arc::new(Mutex::new(reader));
        let follower = {
            let reader = Arc::clone(&reader);
            Follower::start("gunicorn-logs", move || locked(&reader).look())
        };
        let follower = follower.map_err(failed)?;
        let pid = guarded.pid();
        let mut gunicorn = Gunicorn {
            guarded: Mutex::new(guarded),
            follower,
            reader,
            start,
            address: bind,
            conf,
            shared,
            pid,
            log,
        };
        gunicorn.wait_until_ready(&spec.plan.backend)?;
        Ok(gunicorn)
    }

    fn wait_until_ready(&mut self, backend: &BackendConfig) -> Result<(), ReferenceError> {
        let clock = Clock::start();
        let limit = READY_LIMIT.saturating_add(backend.boot.time);
        loop {
            let ready = |known: &Known| {
                known.listening.is_some() && backend.is_up(known.booted.len(), known.forked)
            };
            let known = self.shared.wait(READY_LOOK, ready);
            if let (true, Some(port)) = (ready(&known), known.listening) {
                drop(known);
                if let (Address::Tcp(address), Some(port)) = (&mut self.address, port) {
                    address.set_port(port);
                }
                return Ok(());
            }
            drop(known);
            if self.start.leave.is_asked() {
                return Err(ReferenceError::Interrupted {
                    program: "gunicorn",
                });
            }
            let tail = || last_lines(&self.log, TAIL_LINES);
            // One that ends because its workers do not boot may be gone before its files were read.
            let ended = self.guard().ended();
            if ended.is_some()
                && backend.boot.fault.is_some()
                && ready(&self.shared.wait(LAST_LOOK, ready))
            {
                continue;
            }
            if let Some(status) = ended {
                let status = status.to_string();
                return Err(ReferenceError::Died {
                    program: "gunicorn",
                    status,
                    log: self.log.clone(),
                    tail: tail(),
                });
            }
            if clock.now().since(Timestamp::ZERO) > limit {
                return Err(ReferenceError::Late {
                    program: "gunicorn",
                    after: limit,
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

    /// The process id of the master: of the oldest that lives, or of the last that did.
    pub fn master_pid(&self) -> u32 {
        self.shared.lock().masters.pid().unwrap_or(self.pid)
    }

    /// Whether a master runs.
    pub fn is_alive(&self) -> bool {
        !self.shared.lock().masters.living().is_empty()
    }

    /// Masters that have ended since this was last asked, by themselves or by whoever killed them: each one's process id, and the code that
    /// it gave, if it did so itself.
    pub fn ended(&self) -> Vec<(u32, Option<i32>)> {
        let untold = self.shared.lock().masters.untold();
        let told = untold.into_iter().filter_map(|ordinal| {
            // Its last word was in the file before, and may not have been read yet.
            let heard = |known: &Known| known.masters.has_said(ordinal);
            let mut known = self.shared.wait(LAST_LOOK, heard);
            let master = known.masters.tell(ordinal)?;
            Some((master.pid, master.exits))
        });
        told.collect()
    }

    /// With which code the last master has ended, if it did so by itself and was not killed.
    pub fn exit_code(&self) -> Option<i32> {
        let said = |known: &Known| known.masters.last().and_then(|last| last.exits);
        if self.is_alive() {
            return None;
        }
        said(&self.shared.wait(LAST_LOOK, |known| said(known).is_some()))
    }

    /// What the configuration says from now on; its files say so at the next HUP or USR2.
    pub fn says(&self, config: &BackendConfig) {
        self.conf.says(config);
    }

    /// Sends a signal to a master or to a worker.
    ///
    /// # Errors
    /// There is no such process (any more).
    pub fn signal(&self, to: Target, signal: Signal) -> io::Result<()> {
        let number = match to {
            Target::Backend | Target::NewBackend => {
                let newer = to == Target::NewBackend;
                if matches!(signal, Signal::HUP | Signal::USR2) {
                    self.conf.before_reading()?;
                }
                return self.shared.lock().masters.signal(newer, signal);
            }
            Target::Worker(number) => number,
            Target::EveryWorker | Target::Proxy | Target::Edge => {
                return Err(io::Error::other("it is no one process of a backend"));
            }
        };
        Ok(rustix::process::kill_process(
            pid_of(self.worker(number)?)?,
            signal,
        )?)
    }

    /// SIGKILL to all masters and workers at once.
    pub fn kill(&self) {
        if let Ok(group) = pid_of(self.pid)
            && self.is_alive()
        {
            self.shared.lock().masters.are_killed();
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }

    /// Once all masters have ended: a new one, on the same address, with what the configuration says by now. It is not waited for until it
    /// serves.
    ///
    /// # Errors
    /// The process cannot be started, or its files cannot be written.
    pub fn restart(&mut self) -> Result<(), ReferenceError> {
        self.guard().stop();
        let failed = |source| ReferenceError::Start {
            program: "gunicorn",
            source,
            log: self.log.clone(),
        };
        self.conf.before_restart(&self.address).map_err(failed)?;
        // Held until the new one is known, so that its first words are taken for its own.
        let mut reader = locked(&self.reader);
        reader.all_gone();
        let guarded = self.start.now(&self.log).map_err(failed)?;
        self.pid = guarded.pid();
        reader.add_master(self.pid);
        self.shared.lock().masters.meet(self.pid);
        drop(reader);
        self.guarded = Mutex::new(guarded);
        Ok(())
    }

    /// The process id of a master that somebody has stopped.
    pub fn stopped_master(&self) -> Option<u32> {
        self.shared.lock().masters.stopped()
    }

    /// What has become of its guard, if that does not guard it any more.
    pub fn lost(&self) -> Option<Lost> {
        self.guard().lost()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its processes, for others to ask at any time: masters that live, without a number, and workers with theirs.
    pub fn processes_reader(&self) -> Arc<dyn Fn() -> Vec<(Option<u32>, u32)> + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let known = shared.lock();
            known.masters.with_workers(&known.workers)
        })
    }

    /// The process id of a worker that lives.
    ///
    /// # Errors
    /// There is none with this number (any more).
    pub fn worker(&self, number: u32) -> io::Result<u32> {
        let pid = self.shared.lock().workers.get(&number).copied();
        pid.ok_or_else(|| io::Error::other(format!("there is no worker {number}")))
    }

    /// TERM, then QUIT, then SIGKILL to whatever is left; returns when nothing is.
    pub fn stop(self) {
        // A master that an act has stopped hears nothing before.
        for master in self.shared.lock().masters.living() {
            let _ = master.signal(Signal::CONT);
        }
        self.guard().stop();
        drop(self.follower);
    }

    fn guard(&self) -> MutexGuard<'_, Guarded> {
        locked(&self.guarded)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
