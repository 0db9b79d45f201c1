//! What chance does to a packet.

use super::Way;
use crate::machine::link::Link;
use crate::seed::{Seed, Stream};
use crate::time::Span;

/// What was drawn for one packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lot {
    pub(super) is_lost: bool,
    pub(super) is_held_back: bool,
    pub(super) jitter: Span,
}

/// A client's streams of one way. Each thing has its own, so that jitter does not move losses.
#[derive(Debug)]
pub(super) struct Luck {
    loss: Stream,
    reorder: Stream,
    jitter: Stream,
}

impl Luck {
    /// That of a client of the group of this name.
    pub(super) fn new(seed: Seed, group: &str, (client, way): (u32, Way)) -> Luck {
        let way = match way {
            Way::Up => "up",
            Way::Down => "down",
        };
        let stream = |what: &str| seed.stream(&format!("{group}/{client}/line/{way}/{what}"));
        Luck {
            loss: stream("loss"),
            reorder: stream("reorder"),
            jitter: stream("jitter"),
        }
    }

    /// For the next packet.
    pub(super) fn draw(&mut self, link: &Link) -> Lot {
        let happens = |share: f64, stream: &mut Stream| share > 0.0 && stream.uniform() < share;
        let nature = &link.nature;
        Lot {
            is_lost: happens(link.loss, &mut self.loss),
            is_held_back: happens(nature.reorder, &mut self.reorder),
            jitter: match nature.jitter.is_zero() {
                true => Span::ZERO,
                false => Span::from_ns(self.jitter.up_to(nature.jitter.as_ns())),
            },
        }
    }
}
