//! The real nginx as a part of a run: started, watched, read, stopped.
//!
//! Requests come from its access log, reasons and timers from its error log. What they do not tell, and is therefore not reported:
//! bytes held in memory, and the instant of an error-log line to better than a look at the file.

use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use crate::leave::Leave;
use crate::machine::act::RotatedLog;
use crate::machine::proxy_config::ProxyConfig;
use crate::masters::pid_of;
use crate::net::Address;
use crate::plan::{Plan, ProxyTier};
use crate::process::NOBODY;
use crate::process::children;
use crate::record::{EventKind, ExitStatus, Sink};
use crate::tier::{ProxyId, Tier};
use crate::time::{Clock, Span, Timestamp};

use super::error::{ReferenceError, can_be_named};
use super::export::{self, Layout, NginxFiles, ROTATED_LOG};
use super::follow::{Follower, LOOK_INTERVAL, last_lines};
use super::guard::{Guarded, Lost, Order};
use super::nginx_logs::Reader;
use super::programs::NginxProgram;

/// nginx itself tries for 2.5 s to bind a port that is taken.
const READY_LIMIT: Span = Span::from_secs(15);
/// Another program may take the port between our look and nginx's start.
const PORT_TRIES: u32 = 3;
/// Lines of the log that an error shows.
const TAIL_LINES: usize = 12;

/// What an nginx needs.
#[derive(Debug)]
pub struct NginxSpec<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Which of its proxies it is; the plan must have that tier.
    pub id: ProxyId,
    /// Which nginx.
    pub program: &'a NginxProgram,
    /// Its configuration and logs go here, and stay.
    pub folder: &'a Path,
    /// Its temp files go here.
    pub runtime_dir: &'a Path,
    /// Whether its workers give up root.
    pub is_nobody: bool,
    /// The instances of the tier that it stands before.
    pub upstreams: &'a [Address],
    /// slowlab's own binary.
    pub executable: &'a Path,
    /// What every wait for it asks.
    pub leave: &'a Leave,
}

/// A running nginx. Dropping it ends it.
#[derive(Debug)]
pub struct Nginx {
    // Dropped in order: the processes first, then the thread, which reads their last words.
    guarded: Mutex<Guarded>,
    follower: Option<Follower>,
    address: SocketAddr,
    log: PathBuf,
    folder: PathBuf,
    id: ProxyId,
    /// What its configuration is made of, but for what an act says.
    plan: Plan,
    layout: Layout,
    /// Whether it was sent something that ends it, and whether its end was told.
    to_end: bool,
    told: bool,
    /// The instances of the tier behind it, as its log names them.
    upstreams: Vec<String>,
}

impl Nginx {
    /// Writes the configuration, starts nginx and waits until it takes connections.
    ///
    /// # Errors
    /// A plan that nginx cannot play, a folder that cannot be written, an nginx that ends or does not get ready.
    pub fn start(spec: &NginxSpec<'_>) -> Result<Nginx, ReferenceError> {
        [spec.folder, spec.runtime_dir]
            .into_iter()
            .try_for_each(can_be_named)?;
        let log = spec.folder.join(NginxFiles::of(spec.id.tier).error_log);
        let mut tries = 1;
        let (guarded, layout) = loop {
            match start_on_free_port(spec, &log) {
                Err(ReferenceError::Died { tail, .. })
                    if tail.contains("Address already in use") && tries < PORT_TRIES =>
                {
                    tries += 1;
                }
                started => break started?,
            }
        };
        let folder = spec.folder.to_owned();
        Ok(Nginx {
            guarded: Mutex::new(guarded),
            follower: None,
            address: layout.listen,
            log,
            folder,
            id: spec.id,
            plan: spec.plan.clone(),
            layout,
            to_end: false,
            told: false,
            upstreams: spec.upstreams.iter().map(Address::to_string).collect(),
        })
    }

    /// Begins to report what nginx logs, on the run's clock. Lines from before count as the run's first instant.
    ///
    /// # Errors
    /// The kernel refuses a thread.
    pub fn follow(&mut self, clock: Clock, sink: Sink) -> Result<(), ReferenceError> {
        let peers = self.upstreams.clone();
        let mut reader = Reader::new(
            (&self.folder, self.id, peers),
            self.master_pid(),
            clock,
            sink,
        );
        let failed = |source| ReferenceError::Start {
            program: "nginx",
            source,
            log: self.log.clone(),
        };
        self.follower = Some(Follower::start("nginx-logs", move || reader.look()).map_err(failed)?);
        Ok(())
    }

    /// What the configuration says from now on; nginx reads it at HUP.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn says(&mut self, config: &ProxyConfig) -> io::Result<()> {
        let tier = self.id.tier;
        let of = ProxyTier { tier, config };
        write_conf((&self.plan, of), &self.layout, &self.folder).map_err(io::Error::other)
    }

    /// Sends a signal to the master.
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        self.to_end |= matches!(
            signal,
            Signal::QUIT | Signal::TERM | Signal::INT | Signal::KILL
        );
        if !self.is_alive() {
            return Err(rustix::io::Errno::SRCH.into());
        }
        Ok(rustix::process::kill_process(
            pid_of(self.master_pid())?,
            signal,
        )?)
    }

    /// SIGSTOP to its workers: they are there, and do nothing.
    ///
    /// # Errors
    /// They are gone.
    pub fn freeze(&mut self) -> io::Result<()> {
        for pid in self.worker_pids() {
            rustix::process::kill_process(pid_of(pid)?, Signal::STOP)?;
        }
        Ok(())
    }

    /// The process ids of its workers, which are the master's children.
    pub fn worker_pids(&self) -> Vec<u32> {
        children(self.master_pid())
    }

    /// Whether an act has sent it something that ends it.
    pub fn is_to_end(&self) -> bool {
        self.to_end
    }

    /// That it has ended after such an act, said once. Its guard tells with its own code how, as a shell does.
    pub fn ended(&mut self) -> Option<EventKind> {
        if !self.to_end || self.told {
            return None;
        }
        let status = self.guard().ended()?;
        self.told = true;
        let pid = self.master_pid();
        let status = match status.code().unwrap_or(0) {
            number @ 129.. => ExitStatus::Signal(number - 128),
            code => ExitStatus::Code(code),
        };
        Some(EventKind::ProxyExited { pid, status })
    }

    /// Where clients go.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the master runs.
    pub fn is_alive(&self) -> bool {
        self.guard().ended().is_none()
    }

    /// The master's process id.
    pub fn master_pid(&self) -> u32 {
        self.guard().pid()
    }

    /// What has become of its guard, if that does not guard it any more.
    pub fn lost(&self) -> Option<Lost> {
        self.guard().lost()
    }

    /// Its error log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its access log that acts rotate, if some do.
    pub fn rotated_log(&self) -> Option<PathBuf> {
        let rotated = self.id.tier == RotatedLog::Access.tier();
        (rotated && self.plan.rotates(RotatedLog::Access)).then(|| self.folder.join(ROTATED_LOG))
    }

    /// QUIT, then TERM, then SIGKILL to whatever is left; returns when nothing is.
    pub fn stop(self) {
        // Those that an act has stopped hear nothing before.
        for pid in self
            .worker_pids()
            .into_iter()
            .filter_map(|pid| pid_of(pid).ok())
        {
            let _ = rustix::process::kill_process(pid, Signal::CONT);
        }
        self.guard().stop();
        drop(self.follower);
    }

    fn guard(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start_on_free_port(
    spec: &NginxSpec<'_>,
    log: &Path,
) -> Result<(Guarded, Layout), ReferenceError> {
    let failed = |source| ReferenceError::Start {
        program: "nginx",
        source,
        log: log.to_owned(),
    };
    // nginx cannot be asked which port the kernel chose, so the kernel is asked here.
    let listen = TcpListener::bind((spec.plan.stack_address(), 0))
        .and_then(|socket| socket.local_addr())
        .map_err(failed)?;
    let scratch = spec.runtime_dir.join("nginx");
    let layout = Layout {
        listen,
        upstreams: spec.upstreams.to_vec(),
        temp_dir: scratch.clone(),
        ..Layout::by_hand(spec.plan)
    };
    export::playable(spec.plan)?;
    let mut tiers = spec.plan.tiers().into_iter();
    let of = tiers.find(|of| of.tier == spec.id.tier);
    let of = of.expect("the plan has the tier");
    write_conf((spec.plan, of), &layout, spec.folder)?;
    let folder = std::path::absolute(spec.folder).map_err(failed)?;
    let mut guarded = Guarded::start(&Order {
        company: false,
        executable: spec.executable,
        command: command(spec, &folder),
        dir: &folder,
        output: log,
        scratch: &scratch,
        farewell: &[Signal::QUIT, Signal::TERM],
        leave: spec.leave,
    })
    .map_err(failed)?;
    wait_until_ready(
        &mut guarded,
        (&folder, spec.id.tier),
        (listen, spec.leave),
        log,
    )?;
    Ok((guarded, layout))
}

fn write_conf(
    (plan, of): (&Plan, ProxyTier<'_>),
    layout: &Layout,
    folder: &Path,
) -> Result<(), ReferenceError> {
    let file = export::nginx(plan, of, layout);
    export::write(&[file], folder).map_err(ReferenceError::Write)
}

fn command(spec: &NginxSpec<'_>, folder: &Path) -> Vec<OsString> {
    let (program, files) = (spec.program, NginxFiles::of(spec.id.tier));
    let mut command: Vec<OsString> = vec![program.path.clone().into(), "-p".into(), folder.into()];
    command.extend([
        "-c".into(),
        folder.join(files.conf).into(),
        "-e".into(),
        files.error_log.into(),
    ]);
    if crate::process::is_root() {
        // Otherwise its workers would become `nobody`, and could not open the Unix socket in our private folder.
        let user = match spec.is_nobody {
            true => format!("user {};", nobody()),
            false => "user root;".to_owned(),
        };
        command.extend(["-g".into(), user.into()]);
    }
    command
}

/// The user and the group without rights, as this system calls them.
fn nobody() -> String {
    let named = |file: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        let number = NOBODY.to_string();
        let lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let mut found = lines.filter(|line| line.get(2) == Some(&number.as_str()));
        Some(found.next()?.first()?.to_string())
    };
    let user = named("/etc/passwd").unwrap_or_else(|| "nobody".to_owned());
    let group = named("/etc/group").unwrap_or_else(|| "nogroup".to_owned());
    format!("{user} {group}")
}

/// The pid file is written when the sockets listen, before the workers are forked.
fn wait_until_ready(
    guarded: &mut Guarded,
    (folder, tier): (&Path, Tier),
    (listen, leave): (SocketAddr, &Leave),
    log: &Path,
) -> Result<(), ReferenceError> {
    let clock = Clock::start();
    let pid_file = folder.join(NginxFiles::of(tier).pid);
    let own_pid = guarded.pid().to_string();
    loop {
        let written = std::fs::read_to_string(&pid_file).is_ok_and(|pid| pid.trim() == own_pid);
        if written && TcpStream::connect(listen).is_ok() {
            return Ok(());
        }
        if leave.is_asked() {
            return Err(ReferenceError::Interrupted { program: "nginx" });
        }
        if let Some(status) = guarded.ended_within(LOOK_INTERVAL) {
            let tail = last_lines(log, TAIL_LINES);
            return Err(ReferenceError::Died {
                program: "nginx",
                status: status.to_string(),
                log: log.to_owned(),
                tail,
            });
        }
        if clock.now().since(Timestamp::ZERO) > READY_LIMIT {
            let tail = last_lines(log, TAIL_LINES);
            return Err(ReferenceError::Late {
                program: "nginx",
                after: READY_LIMIT,
                log: log.to_owned(),
                tail,
            });
        }
    }
}
