//! The parent's side: starting the process, hearing it, ending it.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

use rustix::process::Signal;

use super::OWN_ROLE;
use super::messages::{Holds, OwnSpec, STOP, Said, write_config};
use super::passages::Copied;
use crate::leave::{HASTE, Leave};
use crate::machine::proxy_config::ProxyConfig;
use crate::masters::{has_ended, open_pidfd, pid_of};
use crate::private::note;
use crate::proxy::{ProxyError, ProxySpec};
use crate::record::{Event, EventKind, ExitStatus, Gauges, Report, Sink, Source};
use crate::sick::HELD_FILE;
use crate::tier::Tier;
use crate::time::{Clock, Span, Timestamp};

/// How long it may take until it accepts.
const BOOT_LIMIT: Span = Span::from_secs(10);
/// How long an end in order may take: what is under way is reported, nothing is waited for.
const STOP_LIMIT: Span = Span::from_secs(5);

/// A proxy in a process of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct OwnProcess {
    child: Child,
    /// Whether its end is not to be noticed: it stays in the table of processes until it is dropped.
    is_left: bool,
    stdin: Option<ChildStdin>,
    /// Hears it; its result is when that ended.
    reader: Option<JoinHandle<Timestamp>>,
    tier: Tier,
    address: SocketAddr,
    temp_dir: PathBuf,
    leave: Leave,
}

impl OwnProcess {
    /// Starts the process; it accepts when this returns.
    ///
    /// # Errors
    /// It does not start, or cannot be what it is to be.
    pub(crate) fn start(spec: ProxySpec) -> Result<OwnProcess, ProxyError> {
        let mut child = spawn(&spec).map_err(ProxyError::Process)?;
        note(&spec.temp_dir, child.id(), None);
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(stdin), Some(stdout)) = pipes else {
            unreachable!("both were asked for")
        };
        let (first, answer) = channel();
        let ear = Ear {
            first,
            sink: spec.sink.clone(),
            gauges: Arc::clone(&spec.gauges),
            clock: spec.clock,
            passages: Copied::default(),
        };
        let reader = std::thread::Builder::new()
            .name("proxy-reports".to_owned())
            .spawn(move || ear.hear(stdout));
        let mut own = OwnProcess {
            child,
            is_left: false,
            stdin: Some(stdin),
            reader: None,
            tier: spec.id.tier,
            address: spec.listen,
            temp_dir: spec.temp_dir.clone(),
            leave: spec.leave.clone(),
        };
        own.reader = Some(reader.map_err(ProxyError::Process)?);
        own.specify(spec).map_err(ProxyError::Process)?;
        let mut said = None;
        own.leave.clone().patience(BOOT_LIMIT, |slice| {
            let heard = answer.recv_timeout(slice.to_duration());
            let silent = heard == Err(RecvTimeoutError::Timeout);
            said = heard.ok();
            !silent
        });
        match said {
            Some(Ok(address)) => {
                own.address = address;
                Ok(own)
            }
            Some(Err(why)) => Err(ProxyError::Process(io::Error::other(why))),
            None => Err(ProxyError::Process(io::Error::other(
                "its process does not say that it accepts",
            ))),
        }
    }

    /// Tells it what it is to be. The pipe stays open: its end means that this process is gone.
    fn specify(&self, spec: ProxySpec) -> io::Result<()> {
        let mut line = serde_json::to_vec(&OwnSpec {
            config: spec.config,
            upstreams: spec.upstreams,
            temp_dir: spec.temp_dir,
            access_log: spec.access_log,
            error_log: spec.error_log,
            clock_origin_ns: spec.clock.origin_ns(),
            listen: spec.listen,
            id: spec.id,
            source: spec.source,
            is_nobody: spec.is_nobody,
            may_be_traced: spec.may_be_traced,
        })?;
        line.push(b'\n');
        match &self.stdin {
            Some(stdin) => (&*stdin).write_all(&line),
            None => Err(io::Error::other("it has no standard input")),
        }
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the configuration says from now on; it reads it at HUP.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn says(&self, config: &ProxyConfig) -> io::Result<()> {
        write_config(&self.temp_dir, config)
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn signal(&mut self, signal: Signal) -> io::Result<()> {
        if !self.is_left && self.child.try_wait()?.is_some() {
            return Err(rustix::io::Errno::SRCH.into());
        }
        // To a zombie as well: the kernel takes it, and nobody does anything.
        Ok(rustix::process::kill_process(pid_of(self.pid())?, signal)?)
    }

    /// SIGKILL, of which its parent takes no note: a zombie.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn kill_and_leave(&mut self) -> io::Result<()> {
        self.signal(Signal::KILL)?;
        self.is_left = true;
        Ok(())
    }

    /// That it has ended, said once, if its end is to be noticed.
    pub(crate) fn ended(&mut self) -> Option<Event> {
        if self.is_left {
            return None;
        }
        let status = self.child.try_wait().ok()??;
        let at = self.reader.take()?.join().ok()?;
        let status = match (status.code(), status.signal()) {
            (Some(code), _) => ExitStatus::Code(code),
            (None, number) => ExitStatus::Signal(number.unwrap_or(0)),
        };
        let pid = self.pid();
        let kind = EventKind::ProxyExited { pid, status };
        Some(Event::new(at, Source::Lab, kind).in_tier(self.tier))
    }

    /// Ends it in order: what was under way is reported.
    pub(crate) fn stop(mut self) {
        // One that an act has stopped hears nothing before.
        let _ = self.signal(Signal::CONT);
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{STOP}");
        }
        if let Ok(pidfd) = open_pidfd(self.pid()) {
            let ended = |slice| has_ended(&pidfd, slice);
            let _ = self.leave.patience(STOP_LIMIT, ended) || has_ended(&pidfd, HASTE);
        }
    }
}

impl Drop for OwnProcess {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn spawn(spec: &ProxySpec) -> io::Result<Child> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&spec.error_log)?;
    Command::new(&spec.executable)
        .arg0("slowlab: proxy")
        .arg(OWN_ROLE)
        .envs(spec.held_file.iter().map(|path| (HELD_FILE, path)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(log))
        // Ctrl-C in the terminal is for the lab, which then ends the proxy in order.
        .process_group(0)
        .spawn()
}

/// Forwards what the process says.
struct Ear {
    first: Sender<Result<SocketAddr, String>>,
    sink: Sink,
    gauges: Arc<Gauges>,
    clock: Clock,
    passages: Copied,
}

impl Ear {
    /// Until it is gone; when that was.
    fn hear(mut self, stdout: ChildStdout) -> Timestamp {
        for line in BufReader::new(stdout).split(b'\n') {
            let Ok(line) = line else { break };
            match serde_json::from_slice(&line) {
                Ok(Said::Listening(address)) => drop(self.first.send(Ok(address))),
                Ok(Said::Failed(why)) => drop(self.first.send(Err(why))),
                Ok(Said::Request(half)) => self.sink.send(Report::Proxy(half)),
                Ok(Said::Event(event)) => self.sink.event(event),
                Ok(Said::Holds(holds)) => holds.put(&self.gauges),
                Ok(Said::Passages(changes)) => {
                    self.passages.follow(&self.gauges.passages, changes);
                }
                // It was killed in the middle of a line.
                Err(_) => {}
            }
        }
        Holds::default().put(&self.gauges);
        self.clock.now()
    }
}
