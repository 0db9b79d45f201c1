//! Samples on a fixed grid: queues, sockets, processes.

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp, as_us, span_as_us};

/// One row of `queues.csv`. Empty means that it could not be measured.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// How much later than the grid asked.
    #[serde(rename = "late_us", with = "span_as_us")]
    pub late: Span,
    /// Connections waiting in the backend's accept queue.
    pub accept_queue: Option<u64>,
    /// The backlog that the kernel granted; the queue holds one more.
    pub accept_queue_limit: Option<u64>,
    /// Workers that hold a connection.
    pub busy_workers: Option<u64>,
    /// Workers that are in `send`.
    pub sending_workers: Option<u64>,
    /// Client connections open.
    pub held_connections: u64,
    /// Bytes in the proxy's memory buffers.
    pub proxy_buffered_bytes: Option<u64>,
    /// Bytes waiting in the proxy's temp files.
    pub proxy_spilled_bytes: Option<u64>,
    /// Connections that the proxy holds to the backend.
    pub upstream_connections: Option<u64>,
}

/// One of several proxies at one instant: one row of `proxies.csv`. Empty means that it could not be measured.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProxySample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// Which proxy, from 0: it serves the clients whose index in their group leaves this rest by `proxy.instances`.
    pub proxy: u32,
    /// Connections waiting in its accept queue.
    pub accept_queue: Option<u64>,
    /// The backlog that the kernel granted it; the queue holds one more.
    pub accept_queue_limit: Option<u64>,
    /// Bytes in its memory buffers.
    pub buffered_bytes: Option<u64>,
    /// Bytes waiting in its temp files.
    pub spilled_bytes: Option<u64>,
    /// Connections that it holds to the backend.
    pub upstream_connections: Option<u64>,
}

/// One socket at one instant: one row of `sockets.csv`. TCP_INFO names without the prefix.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SocketSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// Which end: `client`, `proxy_downstream`, `proxy_upstream` or `worker`.
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
}
