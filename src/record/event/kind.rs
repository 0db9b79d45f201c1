//! What can happen, each with what there is to say of it. To add a kind, add a variant here and its words in `words`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::ProbeOutcome;

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The stack is up; clients begin.
    ClientsStarted {},
    /// Nothing new starts from here on.
    DrainStarted {
        /// Connections of clients that are open.
        open_connections: u64,
    },
    /// Something of this machine kept clients from their requests (ports, descriptors, a full queue). Told when it first happens, and once
    /// more with its count at the end if it came again.
    ClientProblem {
        /// What could not be done.
        step: ClientStep,
        /// The system call's error number, if it was one that failed.
        errno: Option<i32>,
        /// The error in words.
        error: String,
        /// How often so far.
        count: u64,
    },
    /// The user or a signal cut the run short.
    Interrupted {
        /// Whether the clients were done by then, and the backend worked off what was left.
        settling: bool,
    },
    /// An act of the scenario was performed.
    Act {
        /// Which, in its own words.
        act: String,
        /// Why it could not be, if so.
        error: Option<String>,
    },
    /// The backend's master ended before the run did, by itself: because of an act, or because its workers do not boot.
    MasterExited {
        /// Its exit code.
        code: i32,
    },
    /// A master was killed by an act; it left its workers to themselves.
    MasterKilled {
        /// Its process id.
        pid: u32,
    },
    /// The process of a proxy ended before the run did: because of an act, or because somebody killed it.
    ProxyExited {
        /// Its process id.
        pid: u32,
        /// How.
        status: ExitStatus,
    },
    /// A line of the proxy's error log.
    ProxyError {
        /// The line, without its date and process.
        line: String,
        /// The system call whose failure it tells of, as `connect`.
        #[serde(default)]
        call: Option<String>,
        /// The error number that it names.
        errno: Option<i32>,
    },
    /// A timer of the proxy fired.
    TimerFired {
        /// nginx's name for it.
        directive: String,
        /// The line of the error log.
        line: String,
    },
    /// A response began to spill into a temp file.
    SpillStarted {
        /// The file, or as what nginx would have made it.
        path: Option<String>,
    },
    /// The body of a request began to be written to a temp file.
    BodySpillStarted {
        /// The file, or as what nginx would have made it.
        path: Option<String>,
    },
    /// A temp file could not be opened or written, as with a full disk; the request was ended.
    TempFileFailed {
        /// The folder of the temp files.
        dir: String,
        /// The error in words.
        error: String,
        /// Its number, if it has one.
        #[serde(default)]
        errno: Option<i32>,
    },
    /// The proxy stopped reading from upstream for lack of buffer space.
    UpstreamBlocked {},
    /// A line of the master's log.
    MasterLog {
        /// The line, without its date and process.
        line: String,
    },
    /// The master took up a signal.
    SignalHandled {
        /// gunicorn's name for it: `term`, `hup`, ...
        signal: String,
    },
    /// A worker was forked.
    WorkerSpawned {
        /// Its process id.
        pid: u32,
    },
    /// The arbiter found a stale heartbeat and sent SIGABRT.
    WorkerTimeout {
        /// The worker's process id.
        pid: u32,
    },
    /// A worker ended.
    WorkerExited {
        /// Its process id.
        pid: u32,
        /// How.
        status: ExitStatus,
    },
    /// A line of a worker's log.
    WorkerLog {
        /// The line, without its date and process.
        line: String,
    },
    /// A probe was not answered as it should be.
    ProbeFailed {
        /// Its name.
        probe: String,
        /// How the attempt ended.
        outcome: ProbeOutcome,
        /// The status of an HTTP answer.
        status: Option<u16>,
        /// Failures in a row, this one included.
        failures: u32,
    },
    /// A probe failed once too often: the backend is told to end, to be started anew.
    ProbeKilled {
        /// Its name.
        probe: String,
        /// Failures in a row.
        failures: u32,
    },
    /// The backend has ended for a probe, and is started anew.
    BackendRestarted {
        /// The probe's name.
        probe: String,
        /// From TERM to the end of its last process, in microseconds.
        took_us: u64,
        /// Whether its grace period ended first, so that it was killed.
        forced: bool,
    },
    /// Master and workers are gone although nobody asked them to be.
    BackendEnded {},
    /// What it cost to look on: told when a run ends.
    Observed {
        /// CPU time of whoever looked, in microseconds; in virtual time looking costs none.
        cpu_us: Option<u64>,
        /// For how long it looked, in microseconds.
        elapsed_us: u64,
        /// How often bytes were counted.
        looks: u64,
        /// The longest distance of two counts, in microseconds: with many connections the grid widens.
        widest_us: u64,
    },
    /// What it took to be the clients: told when they end; in virtual time it takes nothing.
    Generated {
        /// CPU time of the clients' thread, in microseconds.
        cpu_us: u64,
        /// For how long it was ready and had no CPU, in microseconds; `None` where the kernel does not tell.
        waited_us: Option<u64>,
        /// For how long it ran, in microseconds.
        elapsed_us: u64,
    },
    /// What the relay of packets did between clients and what they connect to: told when it ends.
    Relayed {
        /// Packets that came to it.
        packets: u64,
        /// Lost on the line, as asked.
        lost: u64,
        /// Dropped because the line's queue was full.
        overflowed: u64,
        /// Dropped because a client had vanished.
        vanished: u64,
        /// Dropped by this machine: nobody asked for that.
        dropped: u64,
        /// By how much packets were late, at the 99th percentile, in microseconds.
        late_p99_us: u64,
        /// And at most.
        late_max_us: u64,
        /// CPU time of its thread, in microseconds.
        cpu_us: u64,
        /// For how long it ran, in microseconds.
        elapsed_us: u64,
        /// How TCP avoided congestion on both sides (`tcp_congestion_control`).
        congestion: String,
    },
    /// Who waited in the queue of a line that clients share, one event for each of their groups: told when the relay ends.
    Queued {
        /// Which way: `down` is towards the clients.
        way: LineWay,
        /// The group whose packets waited.
        group: String,
        /// Its packets that came to stand in the queue.
        packets: u64,
        /// How long they stood on average, in microseconds.
        wait_mean_us: u64,
        /// And at most.
        wait_max_us: u64,
        /// Bytes that stood before one of them on average, by the group whose they were.
        ahead_bytes: BTreeMap<String, u64>,
        /// The most that stood in the queue at once, of all.
        peak_bytes: u64,
        /// What has room in it, as this group's plan says.
        limit_bytes: u64,
    },
    /// Time in which this machine did nothing for anybody: told when a run ends, if there was some.
    TimeLost {
        /// Suspended, in microseconds.
        suspended_us: u64,
        /// Taken by the hypervisor for others, in microseconds of CPU over all CPUs.
        stolen_us: u64,
        /// Of so many CPUs.
        cpus: u64,
        /// In so long, in microseconds.
        elapsed_us: u64,
    },
    /// Reports were lost on their way to the records.
    ReportsDropped {
        /// How many.
        count: u64,
        /// Where.
        place: Loss,
    },
}

/// Which way packets go on a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineWay {
    /// From the clients.
    Up,
    /// To them.
    Down,
}

/// What a client could not do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientStep {
    /// Open a connection.
    Connect,
    /// Make sense of a response.
    ReadResponse,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// It exited with a code.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
}

/// Where reports get lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The pipe from the backend was full.
    ReportPipe {},
    /// What came out of the pipe from the backend was no report.
    Unreadable {
        /// Why not.
        error: String,
    },
    /// The collector's queue was full.
    Queue {},
}

impl EventKind {
    /// Whether the proxy met a full accept queue of a Unix socket, which refuses at once.
    pub fn is_queue_full(&self) -> bool {
        self.connect_error() == Some(libc::EAGAIN)
    }

    /// The error with which a connect to what is behind the proxy failed.
    pub fn connect_error(&self) -> Option<i32> {
        match self {
            EventKind::ProxyError {
                call: Some(call),
                errno,
                ..
            } if call == "connect" => *errno,
            _ => None,
        }
    }

    /// Whether a proxy had no slot left for a connection (`worker_connections`), and turned somebody away; those that it made room for by closing
    /// idle ones are another line.
    pub fn is_out_of_slots(&self) -> bool {
        self.is_proxy_line("worker_connections are not enough")
            && !self.is_proxy_line("reusing connections")
    }

    /// Whether a proxy had no descriptor left: for a connection that it was to accept, for one to the tier behind it, or for a temp file.
    pub fn is_out_of_files(&self) -> bool {
        matches!(self.proxy_errno(), Some(libc::EMFILE | libc::ENFILE))
    }

    /// Whether a proxy had no room left on the disk of its temp files.
    pub fn is_out_of_space(&self) -> bool {
        self.proxy_errno() == Some(libc::ENOSPC)
    }

    /// The number of the error that a proxy tells of.
    fn proxy_errno(&self) -> Option<i32> {
        match self {
            EventKind::ProxyError { errno, .. } | EventKind::TempFileFailed { errno, .. } => *errno,
            _ => None,
        }
    }

    /// Whether a proxy had left out every peer, so that there was none to ask.
    pub fn is_none_alive(&self) -> bool {
        self.is_proxy_line("no live upstreams")
    }

    /// Whether it is a line of a proxy's error log with these words: an alert has no number by which it could be told.
    fn is_proxy_line(&self, words: &str) -> bool {
        matches!(self, EventKind::ProxyError { line, .. } if line.contains(words))
    }

    /// Whether it is a timer of this name that fired.
    pub fn is_timer(&self, name: &str) -> bool {
        matches!(self, EventKind::TimerFired { directive, .. } if directive == name)
    }

    /// Cuts a line of a log to so many bytes, at the end of a character, and marks the cut.
    pub fn cut_line(&mut self, limit: usize) {
        let (EventKind::ProxyError { line, .. }
        | EventKind::TimerFired { line, .. }
        | EventKind::MasterLog { line }
        | EventKind::WorkerLog { line }) = self
        else {
            return;
        };
        if line.len() > limit {
            let mut end = limit;
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            line.truncate(end);
            line.push_str(" ...");
        }
    }
}
