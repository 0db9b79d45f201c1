//! Samples on a fixed grid: queues, sockets, processes.

use serde::{Deserialize, Serialize};

use crate::tier::Tier;
use crate::time::{Span, Timestamp, as_us, span_as_us, span_as_us_opt};

/// One tier at one instant: one row of `queues.csv`. Empty means that it could not be measured.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// How much later than the grid asked.
    #[serde(rename = "late_us", with = "span_as_us")]
    pub late: Span,
    /// The tier.
    pub tier: Tier,
    /// Which instance of it, from 0; empty is the tier as a whole: the only instance, or the sum over all of them.
    pub instance: Option<u32>,
    /// Connections waiting in its accept queue.
    pub accept_queue: Option<u64>,
    /// The backlog that the kernel granted; the queue holds one more.
    pub accept_queue_limit: Option<u64>,
    /// Connections to it that whoever is before it (clients, a proxy) holds open.
    pub held_connections: Option<u64>,
    /// Slots of workers that hold a connection.
    pub busy_slots: Option<u64>,
    /// Slots of workers that are in `send`.
    pub sending_slots: Option<u64>,
    /// Bytes in its memory buffers.
    pub buffered_bytes: Option<u64>,
    /// Bytes waiting in its temp files.
    pub spilled_bytes: Option<u64>,
    /// Connections that it holds to the tier behind it.
    pub upstream_connections: Option<u64>,
}

impl QueueSample {
    /// A look at a tier (an instance of it, or the whole) that saw nothing yet.
    pub fn of(at: Timestamp, late: Span, tier: Tier, instance: Option<u32>) -> QueueSample {
        QueueSample {
            at,
            late,
            tier,
            instance,
            accept_queue: None,
            accept_queue_limit: None,
            held_connections: None,
            busy_slots: None,
            sending_slots: None,
            buffered_bytes: None,
            spilled_bytes: None,
            upstream_connections: None,
        }
    }

    /// Whether it is about this tier as a whole.
    pub fn is_whole(&self, tier: Tier) -> bool {
        self.tier == tier && self.instance.is_none()
    }
}

/// One socket at one instant: one row of `sockets.csv`. TCP_INFO names without the prefix.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SocketSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// Which end: `client`, `edge_downstream`, `edge_upstream`, `proxy_downstream`, `proxy_upstream` or `worker`.
    pub hop: String,
    /// The client's port (or the proxy's, upstream): joins with `client_port` of `requests.csv`.
    pub port: u16,
    /// Bytes received and not yet read.
    pub recv_q_bytes: u64,
    /// Bytes sent and not yet acknowledged, or not yet sent.
    pub send_q_bytes: u64,
    /// The peer's window in bytes.
    pub snd_wnd_bytes: Option<u64>,
    /// Bytes not yet sent.
    pub notsent_bytes: Option<u64>,
    /// Smoothed round-trip time.
    pub rtt_us: Option<u64>,
    /// Time limited by the receiver's window, cumulative.
    pub rwnd_limited_us: Option<u64>,
    /// Time limited by the send buffer, cumulative.
    pub sndbuf_limited_us: Option<u64>,
    /// Time with data outstanding, cumulative.
    pub busy_time_us: Option<u64>,
    /// Zero-window probes outstanding.
    pub probes: Option<u64>,
    /// Segments retransmitted, cumulative.
    pub total_retrans: Option<u64>,
    /// Effective SO_SNDBUF now: autotuning moves it, unless it was asked for.
    #[serde(default)]
    pub sndbuf_bytes: Option<u64>,
    /// Effective SO_RCVBUF now, likewise.
    #[serde(default)]
    pub rcvbuf_bytes: Option<u64>,
}

/// The machine at one instant: one row of `machine.csv`, only where a plan makes every worker sick. Everything but the load and the
/// counts of tasks is cumulative, over all cores.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MachineSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// The load average over a minute, in hundredths, by `/proc/loadavg`.
    pub load_1m_hundredths: u64,
    /// Tasks that run or could, by `/proc/stat`.
    pub running_tasks: u64,
    /// Tasks that wait for a disk, by `/proc/stat`.
    pub blocked_tasks: u64,
    /// Time that cores were busy.
    pub busy_us: u64,
    /// Time that cores had nothing to do, that with a disk at work included.
    pub idle_us: u64,
    /// Of it, that with a disk at work.
    pub iowait_us: u64,
    /// Time in which somebody waited for a disk, by `/proc/pressure/io`.
    pub psi_io_us: Option<u64>,
}

/// A log and whoever has it open, at one instant: one row of `logs.csv`, only where a plan rotates some.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// The file's name.
    pub log: String,
    /// Its size.
    pub size_bytes: u64,
    /// What it takes on the disk.
    pub allocated_bytes: u64,
    /// What the log and its older ones take on the disk, as `du` adds up.
    pub named_bytes: u64,
    /// Where its writer's descriptor leads, by `/proc/PID/fd`: ` (deleted)` is a file that has no name any more.
    pub written_to: Option<String>,
    /// How many names the file has that is written to.
    pub written_links: Option<u64>,
    /// What that file takes on the disk, if it has none: what `df` counts and `du` does not find.
    pub deleted_bytes: Option<u64>,
}

/// What a process of the stack is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcRole {
    /// A master of the backend.
    Master,
    /// A worker. Older folders know no other.
    #[default]
    Worker,
    /// A proxy in a process of its own.
    Proxy,
    /// An edge in a process of its own.
    Edge,
}

impl ProcRole {
    /// As files write it.
    pub fn name(self) -> &'static str {
        match self {
            ProcRole::Master => "master",
            ProcRole::Worker => "worker",
            ProcRole::Proxy => "proxy",
            ProcRole::Edge => "edge",
        }
    }
}

/// One process of the stack at one instant, from `/proc`: one row of `procs.csv`. What this kernel or this user may not see is empty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProcSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// Process id.
    pub pid: u32,
    /// The state letter of `/proc/PID/stat`.
    pub state: char,
    /// Where it sleeps, by `/proc/PID/wchan`.
    pub wchan: String,
    /// CPU time used, cumulative.
    pub cpu_us: u64,
    /// Resident memory, by `/proc/PID/statm`.
    pub rss_bytes: Option<u64>,
    /// What it is.
    #[serde(default)]
    pub role: ProcRole,
    /// Which worker, by its number.
    #[serde(default)]
    pub worker: Option<u32>,
    /// What a supervisor says: of a master by waiting for it, of others by `kill(pid, 0)`. A child that was not waited for is there by the first
    /// and gone by the second.
    #[serde(default)]
    pub active: Option<bool>,
    /// Of the CPU time, that in user mode.
    #[serde(default)]
    pub user_us: Option<u64>,
    /// The system call that it is in, by `/proc/PID/syscall`: its name, or its number where that is not a usual one.
    #[serde(default)]
    pub syscall: Option<String>,
    /// The states of all its threads, one letter each, where there are several.
    #[serde(default)]
    pub threads: Option<String>,
    /// How often its main thread has gone to sleep by itself, cumulative: one that stays what it was is a process that does nothing.
    #[serde(default)]
    pub voluntary_switches: Option<u64>,
    /// Open descriptors.
    #[serde(default)]
    pub fds: Option<u64>,
    /// How many it may have: its soft limit.
    #[serde(default)]
    pub fd_limit: Option<u64>,
    /// Signals that have arrived and not been taken, a bit each, in hexadecimal (`SigPnd` and `ShdPnd`).
    #[serde(default)]
    pub signals_pending: Option<String>,
    /// How long nobody has written to its log, by the file's time.
    #[serde(rename = "log_age_us", with = "span_as_us_opt", default)]
    pub log_age: Option<Span>,
}

impl ProcSample {
    /// A worker of which only this is known.
    pub fn of_worker(at: Timestamp, pid: u32, state: char) -> ProcSample {
        ProcSample {
            at,
            pid,
            state,
            wchan: String::new(),
            cpu_us: 0,
            rss_bytes: None,
            role: ProcRole::Worker,
            worker: None,
            active: None,
            user_us: None,
            syscall: None,
            threads: None,
            voluntary_switches: None,
            fds: None,
            fd_limit: None,
            signals_pending: None,
            log_age: None,
        }
    }
}
