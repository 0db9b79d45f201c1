//! The counters of a world that the observer reads.

use super::ctx::Asks;

/// What the observer reads. Each is kept by the party that it tells of.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauges {
    /// Client connections open.
    pub(super) held: u64,
    /// Slots of workers that hold a connection.
    pub(super) busy_slots: u64,
    /// Those of them that are in `send`.
    pub(super) sending_slots: u64,
    /// Of proxies: by tier, and by instance.
    pub(super) tiers: Vec<Vec<ProxyGauge>>,
    /// Bytes that workers hold beyond what the kernel took.
    pub(super) worker_buffered: u64,
    /// What the proxies of a tier hold: by tier, and by group; nobody's come last.
    pub(super) held_by: Vec<Vec<Held>>,
    /// Bytes that clients have read, by group.
    pub(super) delivered: Vec<u64>,
}

/// Body bytes of a group's requests and responses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Held {
    /// In memory, and in temp files.
    pub(super) response: (u64, u64),
    pub(super) request: (u64, u64),
}

impl Held {
    pub(super) fn memory(&self) -> u64 {
        self.response.0 + self.request.0
    }

    pub(super) fn file(&self) -> u64 {
        self.response.1 + self.request.1
    }

    /// It was `before`, and is `after`.
    pub(super) fn shift(&mut self, before: Held, after: Held) {
        let shift = |of: &mut u64, before: u64, after: u64| *of = *of + after - before;
        shift(&mut self.response.0, before.response.0, after.response.0);
        shift(&mut self.response.1, before.response.1, after.response.1);
        shift(&mut self.request.0, before.request.0, after.request.0);
        shift(&mut self.request.1, before.request.1, after.request.1);
    }
}

impl Asks {
    /// The index of the group whose client asks.
    pub(super) fn group(self) -> Option<u32> {
        match self {
            Asks::Client { group, .. } => Some(group),
            Asks::Probe(_) => None,
        }
    }
}

/// What one proxy holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProxyGauge {
    /// Body bytes in memory and in temp files now.
    pub(super) buffered: u64,
    pub(super) spilled: u64,
    /// Connections to the tier behind it.
    pub(super) upstreams: u64,
}
