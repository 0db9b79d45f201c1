//! A backend for a test, and clients that are as slow as the test wants.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use slowlab::backend::{Backend, BackendError, BackendSpec};
use slowlab::leave::Leave;
use slowlab::machine::backend_config::BackendConfig;
use slowlab::net::Address;
use slowlab::record::{EventKind, Report, Sink, WorkerReport, WorkerState};
use slowlab::seed::Seed;
use slowlab::time::{Clock, Span, Timestamp};

/// Long enough for a loaded machine; every wait ends as soon as its condition holds.
pub(crate) const PATIENCE: Span = Span::from_secs(30);

pub(crate) struct Lab {
    pub(crate) backend: Option<Backend>,
    pub(crate) reports: Receiver<Report>,
    pub(crate) seen: Vec<Report>,
    pub(crate) clock: Clock,
    pub(crate) dir: tempfile::TempDir,
}

/// A stream of either family.
pub(crate) trait Stream: Read + Write {}
impl Stream for TcpStream {}
impl Stream for UnixStream {}

pub(crate) fn config(toml: &str) -> BackendConfig {
    toml::from_str(toml).expect("the test's configuration is valid")
}

pub(crate) fn spec(
    config: BackendConfig,
    dir: &std::path::Path,
) -> (BackendSpec, Receiver<Report>) {
    let (sink, reports) = Sink::new();
    let spec = BackendSpec {
        config,
        leaves_orphans: false,
        may_be_traced: false,
        seed: Seed(7),
        listen: None,
        runtime_dir: dir.join("run"),
        worker_tmp_dir: None,
        held_file: None,
        log: dir.join("backend.log"),
        clock: Clock::start(),
        sink,
        leave: Leave::default(),
        executable: PathBuf::from(env!("CARGO_BIN_EXE_slowlab")),
    };
    (spec, reports)
}

impl Lab {
    pub(crate) fn start(toml: &str) -> Lab {
        Lab::try_start(config(toml)).expect("the backend starts")
    }

    /// One whose workers outlive a master that is killed.
    pub(crate) fn leaving_orphans(toml: &str) -> Lab {
        Lab::begin(config(toml), true).expect("the backend starts")
    }

    pub(crate) fn try_start(config: BackendConfig) -> Result<Lab, BackendError> {
        Lab::begin(config, false)
    }

    fn begin(config: BackendConfig, leaves_orphans: bool) -> Result<Lab, BackendError> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (mut spec, reports) = spec(config, dir.path());
        spec.leaves_orphans = leaves_orphans;
        let clock = spec.clock;
        Ok(Lab {
            backend: Some(Backend::start(spec)?),
            reports,
            seen: Vec::new(),
            clock,
            dir,
        })
    }

    pub(crate) fn backend(&self) -> &Backend {
        self.backend.as_ref().expect("the backend runs")
    }

    pub(crate) fn connect(&self) -> Box<dyn Stream> {
        connect(self.backend().address()).expect("the backend listens")
    }

    /// Sends a request and leaves the response unread.
    pub(crate) fn request(&self, path: &str, id: u64) -> Box<dyn Stream> {
        let mut stream = self.connect();
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Slowlab-Request: {id}\r\n\r\n");
        stream
            .write_all(head.as_bytes())
            .expect("the request is small");
        stream
    }

    /// Status and body length of a whole response.
    pub(crate) fn get(&self, path: &str) -> (u16, usize) {
        let mut stream = self.request(path, 0);
        read_response(&mut *stream)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("backend.log")).expect("there is a log")
    }

    /// The first report, past or future, for which `pick` finds something.
    pub(crate) fn wait_for<T>(&mut self, what: &str, pick: impl Fn(&Report) -> Option<T>) -> T {
        if let Some(found) = self.seen.iter().find_map(&pick) {
            return found;
        }
        let deadline = self.clock.now() + PATIENCE;
        loop {
            let left = self.clock.until(deadline);
            match self.reports.recv_timeout(left) {
                Ok(report) => {
                    let found = pick(&report);
                    self.seen.push(report);
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(_) => panic!("waited in vain for {what}; log:\n{}", self.log()),
            }
        }
    }

    pub(crate) fn wait_for_state(&mut self, state: WorkerState, id: Option<u64>) -> WorkerReport {
        self.wait_for(&format!("{state:?} of {id:?}"), |report| match report {
            Report::Worker(worker) if worker.state == state && worker.request_id == id => {
                Some(worker.clone())
            }
            _ => None,
        })
    }

    pub(crate) fn wait_for_death(&mut self, pid: u32) -> WorkerReport {
        self.wait_for(&format!("the death of {pid}"), |report| match report {
            Report::Worker(worker) if worker.state == WorkerState::Dead && worker.pid == pid => {
                Some(worker.clone())
            }
            _ => None,
        })
    }

    /// The death of the worker of this age.
    pub(crate) fn wait_for_death_of(&mut self, age: u32) -> WorkerReport {
        self.wait_for(
            &format!("the death of worker {age}"),
            |report| match report {
                Report::Worker(worker)
                    if worker.state == WorkerState::Dead && worker.worker == age =>
                {
                    Some(worker.clone())
                }
                _ => None,
            },
        )
    }

    /// When a worker of this age entered its loop.
    pub(crate) fn wait_for_boot(&mut self, age: u32) -> WorkerReport {
        self.wait_for(&format!("worker {age}"), |report| match report {
            Report::Worker(worker) if worker.state == WorkerState::Idle && worker.worker == age => {
                Some(worker.clone())
            }
            _ => None,
        })
    }

    /// The first event of a kind, by its name in `events.csv`.
    pub(crate) fn wait_for_event(&mut self, kind: &str) -> (Timestamp, EventKind) {
        self.wait_for(kind, |report| match report {
            Report::Event(event) if event.kind.name() == kind => {
                Some((event.at, event.kind.clone()))
            }
            _ => None,
        })
    }

    pub(crate) fn stop(&mut self) {
        self.backend.take().expect("the backend runs").stop();
    }
}

pub(crate) fn connect(address: &Address) -> std::io::Result<Box<dyn Stream>> {
    Ok(match address {
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(PATIENCE.to_duration()))?;
            Box::new(stream)
        }
        Address::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(PATIENCE.to_duration()))?;
            Box::new(stream)
        }
    })
}

/// Reads to the end; status and body length.
pub(crate) fn read_response(stream: &mut dyn Stream) -> (u16, usize) {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the response ends");
    let head_end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(bytes.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&bytes[..head_end]);
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    (status, bytes.len() - head_end)
}

/// Waits until `condition` holds.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let clock = Clock::start();
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    while !condition() {
        assert!(
            clock.now() < Timestamp::ZERO + PATIENCE,
            "waited in vain: {what}"
        );
        let _ = never.recv_timeout(Duration::from_millis(10));
    }
}

pub(crate) fn exists(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) fn wchan(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default()
}

pub(crate) fn kill(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).expect("pids are small"));
    rustix::process::kill_process(pid.expect("a pid is positive"), signal).expect("it is there");
}
