//! What a plan will do, by arithmetic: before a run, without a run.
//!
//! Not modelled: CPU time of the machine, chance (queues are judged by their mean load, and quantities that are drawn by their
//! mean), faults of handlers, groups that hurt each other in turn,
//! keep-alive, and what the kernel model leaves out (`machine::sockbuf` says what). Holds of workers come out within a few per
//! cent where one client at a fixed rate is the cause; counts of failures are good to tens of per cent.

mod absorb;
mod asking;
mod claim;
mod claims;
mod load;
#[cfg(test)]
mod tests;

pub use absorb::{Absorbed, Cut, SlowClient};
pub use claim::{Around, Asking, Claim, HeldBy, Hop, Others, Place, Reading, Response, Slow};
pub use load::{predict, predict_on};

use crate::time::{Span, Timestamp};

/// Ours: a hold shorter than this is a quick handler, not a slow client.
const LONG: Span = Span::from_ms(100);

/// What is to be expected of one variant.
#[derive(Clone, PartialEq, Debug)]
pub struct Prediction {
    /// The variant's name.
    pub variant: String,
    /// Worker processes.
    pub workers: u32,
    /// Connections that they serve at once; `None` where nothing limits that.
    pub slots: Option<u64>,
    /// The groups that read slowly, with what one of their clients does and how many slots of workers they hold at once.
    pub slow: Vec<SlowGroup>,
    /// Requests per second and mean time in a worker of all groups that read at once.
    pub healthy: Load,
    /// From when until when (at the longest) every slot of a worker is held, if ever.
    pub starved: Option<(Timestamp, Timestamp)>,
    /// About how many requests of the others meet `proxy_read_timeout` in the accept queue.
    pub expected_504: u64,
    /// About how many requests that start at once find the accept queue full.
    pub overflow: u64,
    claims: Vec<Claim>,
}

/// A slow group.
#[derive(Clone, PartialEq, Debug)]
pub struct SlowGroup {
    /// Its name.
    pub name: String,
    /// One of its clients.
    pub client: SlowClient,
    /// When its first request starts.
    pub from: Timestamp,
    /// The most requests of it that are in a worker at once (Little's law with the plan's own arrivals), uncapped.
    pub at_once: u64,
}

/// Load of quick requests.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Load {
    /// Requests per second.
    pub per_s: f64,
    /// Mean seconds in a worker.
    pub service_s: f64,
}

impl Prediction {
    /// All of it, with the arithmetic beside, in the order in which it is read.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Requests per second that the workers can do when the slow ones hold what they hold; infinite where slots are not limited.
    pub fn capacity_left(&self) -> f64 {
        let held: u64 = self.slow.iter().map(|group| group.at_once).sum();
        let Some(slots) = self.slots else {
            return f64::INFINITY;
        };
        let left = slots.saturating_sub(held);
        left as f64 / self.healthy.service_s.max(1e-6)
    }

    /// Offered load of the quick requests over that capacity; infinite if nothing is left.
    pub fn utilization(&self) -> f64 {
        self.healthy.per_s / self.capacity_left()
    }
}
