//! `stall`: reads some, then stops; for good, or for a while and then at full speed.

use serde::{Deserialize, Serialize};

use super::{Appetite, Reader};
use crate::time::{Span, Timestamp};
use crate::units::Bytes;

const READ_SIZE: usize = 64 * 1024;

/// `behavior.stall`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// Bytes to read before the stall; zero stalls at once.
    #[serde(default)]
    pub after: Bytes,
    /// How long the stall lasts; unset means for good.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
    /// TCP_MAXSEG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u32>,
}

/// The reader of [`Stall`].
#[derive(Clone, Debug)]
pub struct StallReader {
    after: u64,
    duration: Option<Span>,
    stalled_at: Option<Timestamp>,
}

impl Stall {
    /// A reader for one request.
    pub(super) fn reader(&self) -> StallReader {
        StallReader {
            after: self.after.0,
            duration: self.duration,
            stalled_at: None,
        }
    }
}

impl Reader for StallReader {
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite {
        if received < self.after {
            let left = usize::try_from(self.after - received).unwrap_or(usize::MAX);
            return Appetite::Read(left.min(READ_SIZE));
        }
        let stalled_at = *self.stalled_at.get_or_insert(now);
        match self.duration {
            None => Appetite::Never,
            Some(duration) if now < stalled_at + duration => Appetite::Wait(stalled_at + duration),
            Some(_) => Appetite::Read(READ_SIZE),
        }
    }
}
