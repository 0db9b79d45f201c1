//! `slow-read`: reads at a fixed rate, by a token bucket that carries unused quota.

use serde::{Deserialize, Serialize};

use super::{Appetite, Reader};
use crate::machine::pacing::Pacer;
use crate::time::Timestamp;
use crate::units::{ByteRate, Bytes};

/// `behavior.slow-read`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowRead {
    /// Bytes per second, head included.
    pub rate: ByteRate,
    /// SO_RCVBUF; unset autotunes, and then nothing is slow before megabytes have gone by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
    /// TCP_MAXSEG: small segments make the window reopen in small steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u32>,
}

/// The reader of [`SlowRead`].
#[derive(Clone, Debug)]
pub struct SlowReader {
    pacer: Pacer,
}

impl SlowRead {
    /// A reader for one request that was sent at `now`.
    pub(super) fn reader(&self, now: Timestamp) -> SlowReader {
        SlowReader {
            pacer: Pacer::new(self.rate, now),
        }
    }
}

impl Reader for SlowReader {
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite {
        self.pacer.appetite(now, received)
    }
}
