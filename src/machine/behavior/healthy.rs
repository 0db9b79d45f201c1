//! `healthy`: reads as fast as the bytes come. The innocent neighbour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Appetite, READ_SIZE, Reader};
use crate::time::Timestamp;
use crate::units::Bytes;

/// `behavior.healthy`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Healthy {
    /// SO_RCVBUF; unset autotunes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}

/// The reader of [`Healthy`].
#[derive(Clone, Copy, Debug)]
pub struct HealthyReader;

impl Reader for HealthyReader {
    fn appetite(&mut self, _now: Timestamp, _received: u64) -> Appetite {
        Appetite::Read(READ_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_always_reads() {
        for (now, received) in [(0, 0), (1, 1), (u64::MAX, u64::MAX)] {
            let appetite = HealthyReader.appetite(Timestamp::from_ns(now), received);
            assert_eq!(appetite, Appetite::Read(READ_SIZE));
        }
    }
}
