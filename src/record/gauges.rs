//! Live counters that the engines keep and the observer and the progress line read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Direction, Passages, Visitors};

/// Numbers that change all the time; sampled into `queues.csv`, never reported one by one.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Client connections open.
    pub held_connections: Gauge,
    /// Requests whose start has come.
    pub requests_started: Gauge,
    /// Bytes in the proxy's memory buffers.
    pub proxy_buffered_bytes: Gauge,
    /// Bytes waiting in the proxy's temp files.
    pub proxy_spilled_bytes: Gauge,
    /// Connections from the proxy to the backend.
    pub upstream_connections: Gauge,
    /// Slots of workers that hold a connection (kept by the collector).
    pub busy_slots: Gauge,
    /// Slots in `send` (kept by the collector).
    pub sending_slots: Gauge,
    /// Depth of the backend's accept queue at the last sample (kept by the observer).
    pub accept_queue: Gauge,
    /// Bytes that workers hold beyond what the kernel took (kept by the collector).
    pub worker_buffered_bytes: Gauge,
    /// A proxy's connections, one by one.
    pub passages: Arc<Passages>,
    /// The clients' connections, one by one.
    pub visitors: Visitors,
    /// The queues of the line that clients share.
    pub line: LineQueues,
}

/// What stands in the queues of a shared line: bytes of packets, by way and group.
#[derive(Debug, Default)]
pub struct LineQueues(Mutex<Vec<Standing>>);

/// Which way, whose (the index of a group), how many bytes.
pub(in crate::record) type Standing = (Direction, u32, u64);

impl LineQueues {
    /// Says anew what stands there.
    pub fn set(&self, standing: impl Iterator<Item = Standing>) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.clear();
        now.extend(standing);
    }

    /// What stands there now.
    pub fn now(&self) -> Vec<Standing> {
        let now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }
}

/// One number, changed from any thread.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Takes `n` away.
    pub fn sub(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    /// Sets the value.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The value now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
