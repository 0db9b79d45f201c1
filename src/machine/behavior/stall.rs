//! `stall`: reads some, then stops; for good, or for a while. Before and after the stall it is a healthy client.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Appetite, READ_SIZE, Reader};
use crate::time::{Span, Timestamp};
use crate::units::Bytes;

/// `behavior.stall`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(after: u64, duration: Option<Span>) -> StallReader {
        Stall {
            after: Bytes(after),
            duration,
            rcvbuf: None,
            mss: None,
        }
        .reader()
    }

    #[test]
    fn for_good() {
        let at = Timestamp::from_us;
        let mut reader = reader(1000, None);
        let steps = [
            (at(0), 0, Appetite::Read(1000)),
            (at(1), 400, Appetite::Read(600)),
            (at(2), 1000, Appetite::Never),
            (Timestamp::MAX, 1000, Appetite::Never),
        ];
        for (now, received, expected) in steps {
            assert_eq!(
                reader.appetite(now, received),
                expected,
                "at {now}, {received} read"
            );
        }
    }

    #[test]
    fn at_once() {
        assert_eq!(
            reader(0, None).appetite(Timestamp::ZERO, 0),
            Appetite::Never
        );
    }

    #[test]
    fn for_a_while_counts_from_when_it_stopped() {
        let at = Timestamp::from_us;
        let mut reader = reader(10, Some(Span::from_us(50)));
        let steps = [
            (at(100), 0, Appetite::Read(10)),
            (at(200), 10, Appetite::Wait(at(250))),
            (at(249), 10, Appetite::Wait(at(250))),
            (at(250), 10, Appetite::Read(READ_SIZE)),
            (at(251), 70_000, Appetite::Read(READ_SIZE)),
        ];
        for (now, received, expected) in steps {
            assert_eq!(
                reader.appetite(now, received),
                expected,
                "at {now}, {received} read"
            );
        }
    }
}
