//! The kinds of clients as one type: what each says, reads, and does at the end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Abort, Appetite, Burst, BurstReader, Ending, Exit, HalfClose, Healthy, HealthyReader, Idle,
    KeepOpen, Reader, SendPace, SlowBody, SlowHeader, SlowRead, SlowReader, SocketKnobs, Stall,
    StallReader, UpTo, Vanish, When,
};
use crate::machine::handler::Distribution;
use crate::machine::pacing::Pacer;
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

/// A client's behaviour, as the scenario file writes it: `behavior.slow-read = { ... }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Behavior {
    /// Reads as fast as the bytes come.
    Healthy(Healthy),
    /// Reads at a fixed rate.
    SlowRead(SlowRead),
    /// Reads some, then stops.
    Stall(Stall),
    /// Reads for a while, rests for a while.
    Burst(Burst),
    /// Sends the head at a rate.
    SlowHeader(SlowHeader),
    /// Sends the body at a rate.
    SlowBody(SlowBody),
    /// Leaves before the end.
    Abort(Abort),
    /// Shuts its sending side down after the request.
    HalfClose(HalfClose),
    /// Is gone without a word.
    Vanish(Vanish),
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
    /// See [`Burst`].
    Burst(BurstReader),
    /// Of those who leave at a byte.
    UpTo(UpTo),
}

impl Behavior {
    /// As the scenario file writes it.
    pub const fn name(&self) -> &'static str {
        match self {
            Behavior::Healthy(_) => "healthy",
            Behavior::SlowRead(_) => "slow-read",
            Behavior::Stall(_) => "stall",
            Behavior::Burst(_) => "burst",
            Behavior::SlowHeader(_) => "slow-header",
            Behavior::SlowBody(_) => "slow-body",
            Behavior::Abort(_) => "abort",
            Behavior::HalfClose(_) => "half-close",
            Behavior::Vanish(_) => "vanish",
            Behavior::Idle(_) => "idle",
            Behavior::KeepOpen(_) => "keep-open",
        }
    }

    /// Whether the client sends a request on a connection on which it has asked `asked` times before. If not, it waits for the server
    /// to close, and that is the end of the visit.
    pub const fn asks(&self, asked: u32) -> bool {
        match self {
            Behavior::Idle(idle) => idle.asks(asked),
            _ => true,
        }
    }

    /// The rate at which it sends or reads, if it has one: the same for all clients, or drawn for each.
    pub const fn rate(&self) -> Option<&Distribution<ByteRate>> {
        match self {
            Behavior::SlowRead(slow) => Some(&slow.rate),
            Behavior::SlowHeader(slow) => Some(&slow.rate),
            Behavior::SlowBody(slow) => Some(&slow.rate),
            _ => None,
        }
    }

    /// A client's own rate: what was `drawn` for it, or what all have.
    fn own_rate(&self, drawn: Option<ByteRate>) -> ByteRate {
        let shared = || self.rate().map(|rate| rate.quantile(0.5));
        drawn.or_else(shared).unwrap_or_default()
    }

    /// Whether it takes its time to send a request.
    pub const fn sends_slowly(&self) -> bool {
        matches!(self, Behavior::SlowHeader(_) | Behavior::SlowBody(_))
    }

    /// At what pace a client sends a request that it begins at `now`. `drawn` is its own rate, where rates are drawn.
    pub fn sending(&self, now: Timestamp, drawn: Option<ByteRate>) -> SendPace {
        let pacer = || Pacer::new(self.own_rate(drawn), None, now);
        match self {
            Behavior::SlowHeader(_) => SendPace::Head(pacer()),
            Behavior::SlowBody(_) => SendPace::Body(pacer()),
            _ => SendPace::AtOnce,
        }
    }

    /// A reader for a request that is sent at `now`. `drawn` as for [`Behavior::sending`].
    pub fn reader(&self, now: Timestamp, drawn: Option<ByteRate>) -> AnyReader {
        match self {
            Behavior::SlowRead(slow) => AnyReader::SlowRead(slow.reader(now, self.own_rate(drawn))),
            Behavior::Stall(stall) => AnyReader::Stall(stall.reader()),
            Behavior::Burst(burst) => AnyReader::Burst(burst.reader(now)),
            Behavior::Abort(Abort {
                after: Some(after), ..
            })
            | Behavior::Vanish(Vanish {
                after,
                length: None,
                ..
            }) => AnyReader::UpTo(UpTo(after.0)),
            Behavior::Healthy(_)
            | Behavior::SlowHeader(_)
            | Behavior::SlowBody(_)
            | Behavior::Abort(_)
            | Behavior::HalfClose(_)
            | Behavior::Vanish(_)
            | Behavior::Idle(_)
            | Behavior::KeepOpen(_) => AnyReader::Healthy(HealthyReader),
        }
    }

    /// How its connection ends on its side.
    pub fn ending(&self) -> Ending {
        match self {
            Behavior::KeepOpen(_) => Ending::KeepsOpen,
            Behavior::HalfClose(_) => Ending::HalfCloses,
            Behavior::Abort(abort) => Ending::Leaves {
                when: match (abort.after, abort.sent, abort.at) {
                    (Some(after), ..) => When::Read(after),
                    (None, Some(sent), _) => When::Sent(sent),
                    (None, None, Some(at)) => When::At(at),
                    // Checked when the file is read; leaving at once is what nothing comes to.
                    (None, None, None) => When::Read(Bytes(0)),
                },
                how: Exit::By(abort.by),
            },
            Behavior::Vanish(vanish) if vanish.length.is_none() => Ending::Leaves {
                when: When::Read(vanish.after),
                how: Exit::Vanishes,
            },
            Behavior::Vanish(_)
            | Behavior::Healthy(_)
            | Behavior::SlowRead(_)
            | Behavior::Stall(_)
            | Behavior::Burst(_)
            | Behavior::SlowHeader(_)
            | Behavior::SlowBody(_)
            | Behavior::Idle(_) => Ending::Closes,
        }
    }

    /// Whether the client keeps its connection open once it has the whole response, without a word.
    pub fn keeps_open(&self) -> bool {
        self.ending() == Ending::KeepsOpen
    }

    /// After which byte of the response it is gone for a while, and for how long, if it comes back.
    pub fn tunnel(&self) -> Option<(Bytes, Span)> {
        match self {
            Behavior::Vanish(vanish) => Some((vanish.after, vanish.length?)),
            _ => None,
        }
    }

    /// Whether it needs a network that forgets its packets.
    pub const fn vanishes(&self) -> bool {
        matches!(self, Behavior::Vanish(_))
    }

    /// The socket options of this kind.
    pub fn socket(&self) -> SocketKnobs {
        let (rcvbuf, mss) = match self {
            Behavior::Healthy(healthy) => (healthy.rcvbuf, None),
            Behavior::SlowRead(slow) => (slow.rcvbuf, slow.mss),
            Behavior::Stall(stall) => (stall.rcvbuf, stall.mss),
            Behavior::Burst(burst) => (burst.rcvbuf, burst.mss),
            Behavior::Abort(abort) => (abort.rcvbuf, None),
            Behavior::HalfClose(half) => (half.rcvbuf, None),
            Behavior::Vanish(vanish) => (vanish.rcvbuf, None),
            Behavior::KeepOpen(open) => (open.rcvbuf, None),
            Behavior::SlowHeader(_) | Behavior::SlowBody(_) | Behavior::Idle(_) => (None, None),
        };
        SocketKnobs { rcvbuf, mss }
    }
}

impl Reader for AnyReader {
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite {
        match self {
            AnyReader::Healthy(reader) => reader.appetite(now, received),
            AnyReader::SlowRead(reader) => reader.appetite(now, received),
            AnyReader::Stall(reader) => reader.appetite(now, received),
            AnyReader::Burst(reader) => reader.appetite(now, received),
            AnyReader::UpTo(reader) => reader.appetite(now, received),
        }
    }
}
