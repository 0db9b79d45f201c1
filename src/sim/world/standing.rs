//! What all connections hold, summed up, and kept true by looking at those only that have changed.

use super::ctx::Ctx;
use crate::record::{ByteLedger, BytePlace, Direction, Holder};
use crate::sim::kernel::{ListenerId, Queued};

/// Who has the two ends of a connection: who connected, and who accepted.
pub(super) type Ends = (Holder, Holder);

/// The sums.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// What each connection was last seen to hold, by its place in the kernel's table.
    seen: Vec<Option<Seen>>,
    /// By listener, and there by group: nobody's first.
    sums: Vec<Vec<[Held; 2]>>,
    /// Scratch space: places to be looked at.
    changed: Vec<usize>,
}

/// A connection that stands: whose, of which listener, and what it holds by direction (0: towards the listener's side).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    listener: u8,
    group: Option<u32>,
    held: [Held; 2],
}

/// What one direction holds, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Held {
    /// With the sender.
    unsent: u64,
    /// In the receive queue, and somebody is there to read it.
    unread: u64,
    /// In the receive queue of a reader that is gone: the books have it, nobody does.
    left: u64,
}

impl Held {
    fn of(queued: Queued) -> Held {
        let (unread, left) = match queued.reader_is_gone {
            true => (0, queued.unread),
            false => (queued.unread, 0),
        };
        Held {
            unsent: queued.unsent,
            unread,
            left,
        }
    }

    fn add(&mut self, other: Held) {
        self.unsent += other.unsent;
        self.unread += other.unread;
        self.left += other.left;
    }

    fn subtract(&mut self, other: Held) {
        self.unsent -= other.unsent;
        self.unread -= other.unread;
        self.left -= other.left;
    }
}

impl Standing {
    /// Looks at what has changed since it last did.
    pub(super) fn follow(&mut self, ctx: &mut Ctx<'_>) {
        let mut changed = std::mem::take(&mut self.changed);
        ctx.kernel.take_changed(|place| changed.push(place));
        for place in changed.drain(..) {
            let seen = look(ctx, place);
            if place >= self.seen.len() {
                self.seen.resize(place + 1, None);
            }
            let before = std::mem::replace(&mut self.seen[place], seen);
            if before == seen {
                continue;
            }
            if let Some(before) = before {
                self.shift(before, Held::subtract);
            }
            if let Some(seen) = seen {
                self.shift(seen, Held::add);
            }
        }
        self.changed = changed;
        self.assert_is_all(ctx);
    }

    fn shift(&mut self, seen: Seen, by: fn(&mut Held, Held)) {
        let (listener, whose) = (usize::from(seen.listener), whose(seen.group));
        if listener >= self.sums.len() {
            self.sums.resize(listener + 1, Vec::new());
        }
        let sums = &mut self.sums[listener];
        if whose >= sums.len() {
            sums.resize(whose + 1, [Held::default(); 2]);
        }
        for (sum, held) in sums[whose].iter_mut().zip(seen.held) {
            by(sum, held);
        }
    }

    /// By listener and direction: all that is held, whether anybody will read it or not.
    pub(super) fn held(&self, listeners: usize) -> Vec<[u64; 2]> {
        let mut whole = vec![[0; 2]; listeners];
        for (whole, sums) in whole.iter_mut().zip(&self.sums) {
            for (direction, held) in sums.iter().flat_map(|held| (0..).zip(held)) {
                whole[direction] += held.unsent + held.unread + held.left;
            }
        }
        whole
    }

    /// Counts into the ledger what somebody has.
    pub(super) fn put(&self, ends: &[Ends], ledger: &mut ByteLedger) {
        for (ends, sums) in ends.iter().zip(&self.sums) {
            for (whose, held) in sums.iter().enumerate() {
                let group = whose.checked_sub(1).map(|group| group as u32);
                let (connected, accepted) = *ends;
                for (held, way, from, to) in [
                    (held[0], Direction::Request, connected, accepted),
                    (held[1], Direction::Response, accepted, connected),
                ] {
                    ledger.add((group, way, from, BytePlace::SendQueue), held.unsent);
                    ledger.add((group, way, to, BytePlace::ReceiveQueue), held.unread);
                }
            }
        }
    }

    /// Where bugs are looked for, everything is counted each time: who changed a connection past its mark is found here.
    fn assert_is_all(&self, ctx: &Ctx<'_>) {
        if cfg!(debug_assertions) {
            let places = 0..ctx.kernel.places() as usize;
            let all = places.map(|place| look(ctx, place));
            assert!(
                all.eq(self.seen.iter().copied()),
                "all that changed is known"
            );
        }
    }
}

/// Where sums of a group's bytes are: nobody's first.
fn whose(group: Option<u32>) -> usize {
    group.map_or(0, |group| group as usize + 1)
}

fn look(ctx: &Ctx<'_>, place: usize) -> Option<Seen> {
    let (socket, ListenerId(listener), queued) = ctx.kernel.queues_at(place)?;
    Some(Seen {
        listener,
        group: ctx.traffic(socket).asks.group(),
        held: queued.map(Held::of),
    })
}
