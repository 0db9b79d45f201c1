//! What a behaviour consists of: a pace of sending, a reader, a way to leave.

use super::{Appetite, By, Reader};
use crate::machine::pacing::Pacer;
use crate::time::{Span, Timestamp};
use crate::units::Bytes;

/// A read of this size empties any default receive buffer in a few calls.
pub(super) const READ_SIZE: usize = 64 * 1024;

/// At what pace a request is sent.
#[derive(Clone, Debug)]
pub enum SendPace {
    /// As fast as the socket takes it.
    AtOnce,
    /// The head at a rate, the rest at once.
    Head(Pacer),
    /// The head at once, the body at a rate.
    Body(Pacer),
}

/// How a client's connection ends on its side, unless the server is first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It closes once it has the whole response.
    Closes,
    /// It keeps the connection open then, without a word.
    KeepsOpen,
    /// It shuts its sending side down once the request is sent, and closes once it has the response.
    HalfCloses,
    /// It leaves early.
    Leaves {
        /// When.
        when: When,
        /// How.
        how: Exit,
    },
}

/// When a client leaves early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// The request is sent and so much of the response, head included, was read.
    Read(Bytes),
    /// So much of the request, head included, was sent, or all of it.
    Sent(Bytes),
    /// So long after the intended start.
    At(Span),
}

/// How a client leaves early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// By an ordinary close, or by a reset.
    By(By),
    /// Without a word.
    Vanishes,
}

/// Reads as fast as bytes come, but no more than so many.
#[derive(Clone, Copy, Debug)]
pub struct UpTo(pub u64);

impl Reader for UpTo {
    fn appetite(&mut self, _now: Timestamp, received: u64) -> Appetite {
        let left = usize::try_from(self.0.saturating_sub(received)).unwrap_or(usize::MAX);
        match left.min(READ_SIZE) {
            0 => Appetite::Never,
            bytes => Appetite::Read(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_to_its_limit() {
        let mut reader = UpTo(100_000);
        let appetites = [0, 40_000, 100_000, 200_000]
            .map(|received| reader.appetite(Timestamp::ZERO, received));
        let expected = [
            Appetite::Read(READ_SIZE),
            Appetite::Read(60_000),
            Appetite::Never,
            Appetite::Never,
        ];
        assert_eq!(appetites, expected);
    }
}
