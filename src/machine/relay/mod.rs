//! A line of packets between clients and what they connect to: when each arrives, and which never do.
//!
//! A packet first waits until the line is free, behind those that came before it, in a queue with a limit; then it keeps the line busy for as long as its
//! bytes take; then it flies half a round trip, with jitter if there is any. Losses are drawn for each client and way from a stream of its own, so that nobody's luck
//! depends on who else is there; a packet that is lost has kept the line busy. Clients have a line each and way, or share one.
//!
//! It moves no packet: whoever drives it hands over what came and delivers what has arrived. Left out: what real lines do on their
//! own account (retransmission by radio, compression, scheduling among subscribers).

mod line;
mod lot;
mod standing;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use line::{Line, Waiting};
use lot::{Lot, Luck};
pub use standing::{Standing, Standings};

use crate::machine::link::Link;
use crate::seed::Seed;
use crate::time::{Span, Timestamp};

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// From the client.
    Up,
    /// To the client.
    Down,
}

/// A client: the group's place in the plan, and its number in the group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Whose {
    /// The group.
    pub group: u32,
    /// The client.
    pub client: u32,
}

/// A client's wish not to be heard of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vanish {
    /// Who.
    pub whose: Whose,
    /// For how long; `None` is for good.
    pub length: Option<Span>,
}

/// A packet that has arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival<P> {
    /// Which way it went.
    pub way: Way,
    /// Whose it is.
    pub whose: Whose,
    /// When it was due.
    pub at: Timestamp,
    /// The packet.
    pub packet: P,
}

/// What became of packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// All that came.
    pub came: u64,
    /// Arrived.
    pub passed: u64,
    /// Lost on the line.
    pub lost: u64,
    /// Dropped because the queue was full.
    pub overflowed: u64,
    /// Dropped because the client had vanished.
    pub vanished: u64,
    /// Of nobody who has a line.
    pub strange: u64,
}

/// Which line: that of a client, or the one that clients share.
type LineId = (Way, Option<Whose>);

/// All lines of a run.
#[derive(Debug)]
pub struct Relay<P> {
    links: BTreeMap<u32, (String, Link)>,
    seed: Seed,
    lines: BTreeMap<LineId, Line<P>>,
    luck: BTreeMap<(Whose, Way), Luck>,
    /// Until when clients are gone.
    gone: BTreeMap<Whose, Timestamp>,
    /// What happens next; the number keeps the order of things that happen at once.
    next: BinaryHeap<Reverse<(Timestamp, u64, Happening)>>,
    flying: BTreeMap<u64, (Whose, Way, Lot, P)>,
    arrived: VecDeque<Arrival<P>>,
    sequence: u64,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Happening {
    /// A line has sent what it was sending.
    Sent(LineId),
    /// The packet of this number arrives.
    Arrives(u64),
}

impl<P> Relay<P> {
    /// Lines by group: its place in the plan, its name, its link.
    pub fn new(seed: Seed, links: impl IntoIterator<Item = (u32, String, Link)>) -> Relay<P> {
        let links = links.into_iter();
        Relay {
            links: links
                .map(|(group, name, link)| (group, (name, link)))
                .collect(),
            seed,
            lines: BTreeMap::new(),
            luck: BTreeMap::new(),
            gone: BTreeMap::new(),
            next: BinaryHeap::new(),
            flying: BTreeMap::new(),
            arrived: VecDeque::new(),
            sequence: 0,
            counts: Counts::default(),
        }
    }

    /// A packet of so many bytes has come to its line.
    pub fn on_packet(&mut self, now: Timestamp, (whose, way): (Whose, Way), bytes: u64, packet: P) {
        self.on_time(now);
        self.counts.came += 1;
        let Some((name, link)) = self.links.get(&whose.group) else {
            self.counts.strange += 1;
            return;
        };
        if is_gone(&self.gone, whose, now) {
            self.counts.vanished += 1;
            return;
        }
        let seed = self.seed;
        let luck = self
            .luck
            .entry((whose, way))
            .or_insert_with(|| Luck::new(seed, name, (whose.client, way)));
        let lot = luck.draw(link);
        let id = (way, (!link.nature.shared).then_some(whose));
        let waiting = Waiting {
            whose,
            lot,
            came_at: now,
            bytes,
            packet,
        };
        let line = self.lines.entry(id).or_default();
        self.counts.overflowed += line.enqueue(link, waiting);
        if !line.is_busy() {
            self.send(now, id);
        }
    }

    /// A client is not heard of any more, nor does anything reach it: also what is on its way.
    pub fn vanish(&mut self, now: Timestamp, vanish: Vanish) {
        self.on_time(now);
        let until = vanish.length.map_or(Timestamp::MAX, |length| now + length);
        self.gone.insert(vanish.whose, until);
    }

    /// When something happens next.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.next.peek().map(|Reverse((at, ..))| *at)
    }

    /// Lets happen what is due.
    pub fn on_time(&mut self, now: Timestamp) {
        while let Some(Reverse((at, _, happening))) = self.next.peek().copied() {
            if at > now {
                break;
            }
            self.next.pop();
            match happening {
                Happening::Sent(id) => self.send(at, id),
                Happening::Arrives(number) => self.arrive(at, number),
            }
        }
    }

    /// The next packet that has arrived.
    pub fn take_arrival(&mut self) -> Option<Arrival<P>> {
        self.arrived.pop_front()
    }

    /// What became of packets so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Who waited in the queues of lines that clients share, by way.
    pub fn standings(&self) -> impl Iterator<Item = (Way, &Standings)> {
        let shared = self.lines.iter().filter(|((_, whose), _)| whose.is_none());
        shared.map(|((way, _), line)| (*way, line.standings()))
    }

    /// The group of this place in the plan: its name and its line.
    pub fn group(&self, place: u32) -> Option<&(String, Link)> {
        self.links.get(&place)
    }

    /// Packets that wait or fly.
    pub fn under_way(&self) -> u64 {
        let waiting: usize = self.lines.values().map(Line::len).sum();
        (waiting + self.flying.len()) as u64
    }

    /// The line is free: the next packet goes.
    fn send(&mut self, now: Timestamp, id: LineId) {
        let Some(line) = self.lines.get_mut(&id) else {
            return;
        };
        let link_of = |whose: Whose| self.links.get(&whose.group).map(|(_, link)| link);
        let Some((going, free_at, arrives_at)) = line.send(now, link_of) else {
            return;
        };
        let (way, _) = id;
        self.happens(free_at, Happening::Sent(id));
        let number = self.sequence;
        self.flying
            .insert(number, (going.whose, way, going.lot, going.packet));
        self.happens(arrives_at, Happening::Arrives(number));
    }

    fn arrive(&mut self, at: Timestamp, number: u64) {
        let Some((whose, way, lot, packet)) = self.flying.remove(&number) else {
            return;
        };
        if is_gone(&self.gone, whose, at) {
            self.counts.vanished += 1;
        } else if lot.is_lost {
            self.counts.lost += 1;
        } else {
            self.counts.passed += 1;
            self.arrived.push_back(Arrival {
                way,
                whose,
                at,
                packet,
            });
        }
    }

    fn happens(&mut self, at: Timestamp, happening: Happening) {
        self.next.push(Reverse((at, self.sequence, happening)));
        self.sequence += 1;
    }
}

fn is_gone(gone: &BTreeMap<Whose, Timestamp>, whose: Whose, now: Timestamp) -> bool {
    gone.get(&whose).is_some_and(|until| now < *until)
}
