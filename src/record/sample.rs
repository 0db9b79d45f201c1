//! Samples on a fixed grid: queues, sockets, processes.

use serde::{Deserialize, Serialize};

use crate::tier::Tier;
use crate::time::{Span, Timestamp, as_us, span_as_us};

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

/// One worker process at one instant, from `/proc`: one row of `procs.csv`.
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
}
