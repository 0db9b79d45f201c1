//! The parent's side: starting a backend, knowing it, and leaving nothing of it behind.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::pipe::PipeFlags;

use super::messages::MasterSpec;
use super::on_file;
use super::reader::{Known, Shared, read_reports};
use super::sent::Sick;
use super::{BackendError, MASTER_ROLE};
use crate::leave::Leave;
use crate::machine::backend_config::{BackendConfig, Bind};
use crate::net::Address;
use crate::private::note;
use crate::record::Sink;
use crate::seed::Seed;
use crate::sick::HELD_FILE;
use crate::time::{Clock, Span, Timestamp};

/// Room in the report pipe: some 7 000 reports, several seconds of a busy backend.
const REPORT_PIPE_BYTES: usize = 1 << 20;
/// How long a backend may take until it listens, and each worker on top.
const BOOT_LIMIT: Span = Span::from_secs(10);
const BOOT_LIMIT_PER_WORKER: Span = Span::from_ms(200);
/// How long the last word of a master that has ended may take to be read.
const LAST_WORD_LIMIT: Span = Span::from_secs(1);

/// What to start.
#[derive(Clone, Debug)]
pub struct BackendSpec {
    /// The backend's configuration.
    pub config: BackendConfig,
    /// Whether workers outlive a master that is killed, as gunicorn's do until they notice; otherwise they die with it. They never
    /// outlive this process.
    pub leaves_orphans: bool,
    /// Whether any process of this user may trace it, where Yama would let only its parent (PR_SET_PTRACER).
    pub may_be_traced: bool,
    /// Decides fork pauses and `max_requests_jitter`.
    pub seed: Seed,
    /// Where to listen; `None` means what `config.bind` says: a port that the kernel chooses, or `backend.sock` in `runtime_dir`.
    pub listen: Option<Address>,
    /// A private folder; made with mode 0700 if it does not exist. If this process dies without an end to the backend, the master
    /// removes slowlab's own files from it, and the folder if nothing else is in it.
    pub runtime_dir: PathBuf,
    /// Where the files of the heartbeats are; unset is `runtime_dir`.
    pub worker_tmp_dir: Option<PathBuf>,
    /// A file that does not let go of whoever opens it, for workers that an act has do so.
    pub held_file: Option<PathBuf>,
    /// The log file, error and access log in one.
    pub log: PathBuf,
    /// The run's clock.
    pub clock: Clock,
    /// Where reports go.
    pub sink: Sink,
    /// What every wait for it asks.
    pub leave: Leave,
    /// The slowlab binary: [`super::EXECUTABLE`] in a run.
    pub executable: PathBuf,
}

impl BackendSpec {
    fn listen(&self) -> Address {
        match (&self.listen, self.config.bind) {
            (Some(address), _) => address.clone(),
            (None, Bind::Tcp) => Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            (None, Bind::Unix) => Address::Unix(self.runtime_dir.join("backend.sock")),
        }
    }
}

/// A running backend. Dropping it ends it.
#[derive(Debug)]
pub struct Backend {
    pub(super) spec: BackendSpec,
    pub(super) address: Address,
    /// The first one; what others started is not this process's child.
    pub(super) master: Child,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) shared: Arc<Shared>,
    pub(super) sick: Sick,
    pub(super) reader: Option<JoinHandle<()>>,
}

impl Backend {
    /// Starts a master and returns when all workers wait for requests.
    ///
    /// # Errors
    /// See [`BackendError`]; nothing is left running.
    pub fn start(spec: BackendSpec) -> Result<Backend, BackendError> {
        let mut backend = Backend::spawn(spec.clone(), Arc::new(Shared::default()))?;
        let workers = spec.config.workers;
        let limit = BOOT_LIMIT
            .saturating_add(spec.config.boot.time)
            .saturating_add(Span::from_ns(
                BOOT_LIMIT_PER_WORKER.as_ns() * u64::from(workers),
            ));
        let up = |known: &Known| spec.config.is_up(known.booted.len(), known.forked);
        let result = {
            let patience = (limit, &spec.leave);
            let known = backend.shared.wait_or_leave(patience, |known| {
                known.ended || known.failed.is_some() || up(known)
            });
            match (&known.failed, &known.address) {
                (Some((message, hint)), _) => Err(BackendError::Startup {
                    message: message.clone(),
                    hint: hint.clone(),
                }),
                (None, Some(address)) if up(&known) => Ok(address.clone()),
                _ if spec.leave.is_asked() => Err(BackendError::Interrupted),
                _ if known.ended => Err(BackendError::Died {
                    last_words: last_words(&spec.log),
                    log: spec.log.clone(),
                }),
                _ => Err(BackendError::NotReady {
                    booted: u32::try_from(known.booted.len()).unwrap_or(u32::MAX),
                    workers,
                    waited: limit,
                    log: spec.log.clone(),
                }),
            }
        };
        backend.address = result?;
        Ok(backend)
    }

    /// Starts the process and the thread that listens to it.
    pub(super) fn spawn(spec: BackendSpec, shared: Arc<Shared>) -> Result<Backend, BackendError> {
        make_private(&spec.runtime_dir)?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&spec.log)
            .map_err(|source| BackendError::Log {
                path: spec.log.clone(),
                source,
            })?;
        let executable = spec.executable.clone();
        let failed = |source: io::Error| BackendError::Spawn {
            executable: executable.clone(),
            source,
        };
        let (read, write) =
            rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
        // A smaller pipe only drops (and counts) reports earlier.
        let _ = rustix::pipe::fcntl_setpipe_size(&write, REPORT_PIPE_BYTES);
        let mut master = Command::new(&spec.executable)
            .arg0("slowlab: master")
            .arg(MASTER_ROLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::from(write))
            .stderr(Stdio::from(log))
            // Ctrl-C in the terminal is for the lab, which then ends the backend in order.
            .process_group(0)
            .envs(spec.held_file.iter().map(|path| (HELD_FILE, path)))
            .spawn()
            .map_err(failed)?;
        note(&spec.runtime_dir, master.id(), None);
        let stdin = master.stdin.take();
        let ordinal = shared.lock().masters.next();
        shared.lock().masters.add(ordinal, master.id());
        if shared.lock().masters.living().is_empty() {
            let _ = master.kill();
            return Err(failed(io::Error::other("it is gone at once")));
        }
        let reader = {
            let (shared, sink, clock) = (Arc::clone(&shared), spec.sink.clone(), spec.clock);
            std::thread::Builder::new()
                .name("backend-reports".to_owned())
                .spawn(move || read_reports(File::from(read), &shared, &sink, clock))
        };
        let mut backend = Backend {
            address: spec.listen(),
            master,
            stdin,
            shared,
            sick: Sick::default(),
            reader: None,
            spec,
        };
        backend.reader = Some(reader.map_err(failed)?);
        backend.specify(ordinal).map_err(failed)?;
        Ok(backend)
    }

    /// Tells the master what it is to be. The pipe stays open: its end means that the parent is gone.
    fn specify(&self, ordinal: u32) -> io::Result<()> {
        let spec = &self.spec;
        let mut line = serde_json::to_vec(&MasterSpec {
            config: spec.config.clone(),
            leaves_orphans: spec.leaves_orphans,
            may_be_traced: spec.may_be_traced,
            seed: spec.seed,
            listen: spec.listen(),
            runtime_dir: spec.runtime_dir.clone(),
            worker_tmp_dir: spec.worker_tmp_dir.clone(),
            log: spec.log.clone(),
            clock_origin_ns: spec.clock.origin_ns(),
            ordinal,
        })?;
        line.push(b'\n');
        match &self.stdin {
            Some(stdin) => (&*stdin).write_all(&line),
            None => Err(io::Error::other("the master has no standard input")),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The process id of the master: of the oldest that lives, or of the last that did.
    pub fn master_pid(&self) -> u32 {
        let pid = self.shared.lock().masters.pid();
        pid.unwrap_or_else(|| self.master.id())
    }

    /// Process ids of the masters that live, the oldest first: two after USR2.
    pub fn master_pids(&self) -> Vec<u32> {
        let living = self.shared.lock().masters.living();
        living.iter().map(|master| master.pid).collect()
    }

    /// The process id of a master that somebody has stopped (SIGSTOP).
    pub fn stopped_master(&self) -> Option<u32> {
        self.shared.lock().masters.stopped()
    }

    /// Process ids of the workers that are alive, as far as reported, oldest first.
    pub fn worker_pids(&self) -> Vec<u32> {
        self.shared.worker_pids()
    }

    /// Its processes as something that an observer can keep asking: masters without a number, workers with theirs.
    pub fn processes_reader(&self) -> Arc<dyn Fn() -> Vec<(Option<u32>, u32)> + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let known = shared.lock();
            known.masters.with_workers(&known.workers)
        })
    }

    /// Waits at most so long for all masters to end by themselves; whether they have.
    pub fn ended_within(&self, timeout: Span) -> bool {
        let clock = Clock::start();
        loop {
            let living = self.shared.lock().masters.living();
            let Some(oldest) = living.first() else {
                return true;
            };
            let left = (Timestamp::ZERO + timeout).since(clock.now());
            if left.is_zero() {
                return false;
            }
            // One that nobody has heard of yet may come meanwhile, and a signal to this process may end any wait early.
            oldest.await_end(left);
        }
    }

    /// Masters that have ended since this was last asked, by themselves or by whoever killed them: each one's process id, and the code that
    /// it gave, if it did so itself.
    pub fn ended(&self) -> Vec<(u32, Option<i32>)> {
        let untold = self.shared.lock().masters.untold();
        let told = untold.into_iter().filter_map(|ordinal| {
            // Its last word was in the pipe before, and may not have been read yet.
            let heard = |known: &Known| known.masters.has_said(ordinal) || known.ended;
            let mut known = self.shared.wait_until(LAST_WORD_LIMIT, heard);
            let master = known.masters.tell(ordinal)?;
            Some((master.pid, master.exits))
        });
        told.collect()
    }

    /// With which code the last master has ended or is about to, if it does so by itself: after a signal, or because it cannot go on.
    pub fn exit_code(&self) -> Option<i32> {
        let said = |known: &Known| known.masters.last().and_then(|last| last.exits);
        if self.ended_within(Span::ZERO) {
            let heard = |known: &Known| said(known).is_some() || known.ended;
            return said(&self.shared.wait_until(LAST_WORD_LIMIT, heard));
        }
        said(&self.shared.lock())
    }

    /// What the configuration says from now on; a master reads it at HUP, and at USR2 the new one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn says(&self, config: &BackendConfig) -> io::Result<()> {
        on_file::write(&self.spec.runtime_dir, config)
    }
}

fn make_private(dir: &PathBuf) -> Result<(), BackendError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| BackendError::RuntimeDir {
        path: dir.clone(),
        source,
    })
}

/// The last lines of a log, for an error message.
fn last_words(log: &PathBuf) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}
