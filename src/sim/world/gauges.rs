//! The counters of a world that the observer reads.

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
