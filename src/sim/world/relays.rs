//! When proxies are done with what workers send them. An event loop reads for all its connections, one after another; several of them read side by
//! side, if there are cores for that.

use super::ctx::Station;
use crate::machine::costs::Costs;
use crate::plan::Plan;
use crate::time::{Span, Timestamp};

/// The most that one system call moves, as in the lab.
pub(super) const LARGEST_CALL: u64 = 64 * 1024;

/// The event loops before the backend.
#[derive(Debug)]
pub(super) struct Relays {
    /// So many proxies are before the backend.
    instances: usize,
    /// By core, when its event loops are done with what was given them so far.
    done_at: Vec<Timestamp>,
    costs: Costs,
    /// By tier of proxies: whether they buffer, and what they read at a time if they do not.
    passes_on: Vec<(bool, u64)>,
}

/// An event loop that passes on what is sent on a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reader {
    pub(super) at: Station,
    /// What it reads and writes at a time, if it does not buffer.
    pub(super) piece_bytes: Option<u64>,
}

impl Relays {
    pub(super) fn new(instances: usize, cores: u32, costs: Costs) -> Relays {
        Relays {
            instances,
            done_at: vec![Timestamp::ZERO; cores.max(1) as usize],
            costs,
            passes_on: Vec::new(),
        }
    }

    /// The same, for the proxies of this plan.
    pub(super) fn of(mut self, plan: &Plan) -> Relays {
        let tiers = plan.tiers().into_iter();
        let passes_on = tiers.map(|of| (of.config.proxy_buffering, of.config.proxy_buffer_size.0));
        self.passes_on = passes_on.collect();
        self
    }

    /// Who reads there, with what a response orders its proxy to do (`X-Accel-Buffering`).
    pub(super) fn reader(&self, at: Station, order: Option<bool>) -> Reader {
        let of_tier = self.passes_on.get(usize::from(at.tier));
        let unbuffered = of_tier.filter(|(buffers, _)| !order.unwrap_or(*buffers));
        Reader {
            at,
            piece_bytes: unbuffered.map(|(_, size)| *size),
        }
    }

    /// How long an event loop needs for so many bytes: what it does not buffer it passes on piece by piece, and writes into no file.
    pub(super) fn relaying(&self, reader: Reader, bytes: u64) -> Span {
        match reader.piece_bytes {
            Some(piece) => self.costs.passing_on(bytes, piece),
            None => self.costs.relaying(bytes),
        }
    }

    /// Until it is at that pace with a response that is more than what is between it and its worker.
    pub(super) fn begins(&self) -> Span {
        self.costs.begins()
    }

    /// An event loop has `work` more to do from then on: when it is done with all that it has.
    pub(super) fn work(&mut self, by: Station, from: Timestamp, work: Span) -> Timestamp {
        let place = usize::from(by.instance) + usize::from(by.event_loop) * self.instances;
        let cores = self.done_at.len();
        let done_at = &mut self.done_at[place % cores];
        *done_at = (*done_at).max(from) + work;
        *done_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs::MEASURED;

    fn event_loop(instance: u8, event_loop: u8) -> Station {
        Station {
            tier: 0,
            instance,
            event_loop,
        }
    }

    /// When the last of so many MiB is read that come at once, each for one of these.
    fn read(cores: u32, instances: u8, event_loops: u8) -> Span {
        let mut relays = Relays::new(usize::from(instances), cores, COSTS);
        let loops = (0..instances).flat_map(|of| (0..event_loops).map(move |at| (of, at)));
        let done = loops.map(|(of, at)| {
            relays.work(
                event_loop(of, at),
                Timestamp::ZERO,
                COSTS.relaying(1024 * 1024),
            )
        });
        let last = done.max().expect("there is one");
        last.since(Timestamp::ZERO)
    }

    #[test]
    fn event_loops_read_side_by_side_as_far_as_there_are_cores() {
        let alone = COSTS.relaying(1024 * 1024);
        assert_eq!(read(1, 1, 1), alone);
        assert_eq!(read(4, 1, 4), alone, "each has a core");
        assert_eq!(read(4, 2, 2), alone, "of whichever proxy");
        assert_eq!(
            read(2, 1, 4),
            COSTS.relaying(2 * 1024 * 1024),
            "two share one"
        );
        assert_eq!(read(1, 4, 1), COSTS.relaying(4 * 1024 * 1024));
    }

    #[test]
    fn an_event_loop_without_work_begins_when_there_is_some() {
        let mut relays = Relays::new(1, 2, COSTS);
        let begin = Timestamp::ZERO + Span::from_ms(7);
        let first = relays.work(event_loop(0, 0), begin, Span::from_ms(1));
        assert_eq!(first, begin + Span::from_ms(1));
        let early = Timestamp::ZERO + Span::from_ms(2);
        let second = relays.work(event_loop(0, 0), early, Span::from_ms(1));
        assert_eq!(second, begin + Span::from_ms(2), "one after another");
    }
}
