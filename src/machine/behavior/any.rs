//! The kinds of clients as one type: what each says, reads, and does at the end.

use serde::{Deserialize, Serialize};

use super::{
    Appetite, Healthy, HealthyReader, Idle, KeepOpen, Reader, SlowRead, SlowReader, SocketKnobs,
    Stall, StallReader,
};
use crate::time::Timestamp;

/// A client's behaviour, as the scenario file writes it: `behavior.slow-read = { ... }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behavior {
    /// Reads as fast as the bytes come.
    Healthy(Healthy),
    /// Reads at a fixed rate.
    SlowRead(SlowRead),
    /// Reads some, then stops.
    Stall(Stall),
    /// Says nothing, or nothing any more.
    Idle(Idle),
    /// Reads all, and does not close.
    KeepOpen(KeepOpen),
}

/// A reader of any kind.
#[derive(Clone, Debug)]
pub enum AnyReader {
    /// See [`Healthy`].
    Healthy(HealthyReader),
    /// See [`SlowRead`].
    SlowRead(SlowReader),
    /// See [`Stall`].
    Stall(StallReader),
}

impl Behavior {
    /// As the scenario file writes it.
    pub const fn name(&self) -> &'static str {
        match self {
            Behavior::Healthy(_) => "healthy",
            Behavior::SlowRead(_) => "slow-read",
            Behavior::Stall(_) => "stall",
            Behavior::Idle(_) => "idle",
            Behavior::KeepOpen(_) => "keep-open",
        }
    }

    /// Whether the client sends a request on a connection on which it has asked `asked` times before. If not, it waits for the server
    /// to close, and that is the end of the visit.
    pub const fn asks(&self, asked: u32) -> bool {
        match self {
            Behavior::Idle(idle) => idle.asks(asked),
            Behavior::Healthy(_)
            | Behavior::SlowRead(_)
            | Behavior::Stall(_)
            | Behavior::KeepOpen(_) => true,
        }
    }

    /// Whether the client keeps its connection open once it has the whole response, without a word.
    pub const fn keeps_open(&self) -> bool {
        match self {
            Behavior::KeepOpen(_) => true,
            Behavior::Healthy(_)
            | Behavior::SlowRead(_)
            | Behavior::Stall(_)
            | Behavior::Idle(_) => false,
        }
    }

    /// A reader for one request that was sent at `now`.
    pub fn reader(&self, now: Timestamp) -> AnyReader {
        match self {
            Behavior::Healthy(_) | Behavior::Idle(_) | Behavior::KeepOpen(_) => {
                AnyReader::Healthy(HealthyReader)
            }
            Behavior::SlowRead(slow) => AnyReader::SlowRead(slow.reader(now)),
            Behavior::Stall(stall) => AnyReader::Stall(stall.reader()),
        }
    }

    /// The socket options of this kind.
    pub fn socket(&self) -> SocketKnobs {
        match self {
            Behavior::Healthy(healthy) => SocketKnobs {
                rcvbuf: healthy.rcvbuf,
                mss: None,
            },
            Behavior::SlowRead(slow) => SocketKnobs {
                rcvbuf: slow.rcvbuf,
                mss: slow.mss,
            },
            Behavior::Stall(stall) => SocketKnobs {
                rcvbuf: stall.rcvbuf,
                mss: stall.mss,
            },
            Behavior::Idle(_) => SocketKnobs::default(),
            Behavior::KeepOpen(open) => SocketKnobs {
                rcvbuf: open.rcvbuf,
                mss: None,
            },
        }
    }
}

impl Reader for AnyReader {
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite {
        match self {
            AnyReader::Healthy(reader) => reader.appetite(now, received),
            AnyReader::SlowRead(reader) => reader.appetite(now, received),
            AnyReader::Stall(reader) => reader.appetite(now, received),
        }
    }
}
