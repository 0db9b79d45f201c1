//! The byte ledger: where bytes are at one instant, hop by hop and in both directions. One row of `bytes.csv` each.
//!
//! Bytes are counted as the sockets see them, heads and framing included, wherever a socket has them; what a proxy holds are bodies. No
//! byte stands in two places: of what a TCP sender still keeps although it has arrived, only the receiver's part is counted, and a Unix
//! link has one queue, its receiver's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::tier::Tier;
use crate::time::{Timestamp, as_us};

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the client to the backend.
    Request,
    /// From the backend to the client.
    Response,
}

/// Who has them: a tier, or the clients before all tiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The clients.
    Client,
    /// `[edge]`.
    Edge,
    /// `[proxy]`.
    Proxy,
    /// `[backend]`.
    Backend,
}

/// Where a holder has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BytePlace {
    /// In memory of the process.
    Memory,
    /// In a temp file.
    TempFile,
    /// In the kernel, handed over and not yet with the receiver.
    SendQueue,
    /// In the kernel, with the receiver and not yet read.
    ReceiveQueue,
    /// Before the line that clients share, on its way between them and what they connect to.
    Line,
    /// Read by the client since the run began: the only place that counts what has been, not what is.
    Delivered,
}

/// Some bytes at one instant.
///
/// The rows of an instant are a whole picture: what has no row then holds nothing. A place that has become empty has one row of 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ByteSample {
    /// When.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// The group of the clients whose bytes they are; empty where nobody knows whose connection it is.
    pub group: Option<Arc<str>>,
    /// Which way they go.
    pub direction: Direction,
    /// Who has them.
    pub tier: Holder,
    /// Where.
    pub place: BytePlace,
    /// How many.
    pub bytes: u64,
}

/// A place of the ledger: whose (the index of a group), which way, with whom, where.
pub type ByteKey = (Option<u32>, Direction, Holder, BytePlace);

/// What is counted at one instant, and which places had something at the one before.
///
/// It is counted into for every connection of every instant: a place is an index, found without a search.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ByteLedger {
    /// Of nobody's bytes, then group by group.
    counted: Vec<Places>,
}

/// What one group's bytes come to, place by place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Places {
    /// A bit for each place that has a row at this instant: it has something, or had at the one before.
    told: u64,
    bytes: [u64; PLACES],
}

/// As many as there are combinations of a direction, a holder and a place.
const PLACES: usize = DIRECTIONS.len() * HOLDERS.len() * WHERE.len();
// In the order of their enums, which is that of rows.
const DIRECTIONS: [Direction; 2] = [Direction::Request, Direction::Response];
const HOLDERS: [Holder; 4] = [Holder::Client, Holder::Edge, Holder::Proxy, Holder::Backend];
const WHERE: [BytePlace; 6] = [
    BytePlace::Memory,
    BytePlace::TempFile,
    BytePlace::SendQueue,
    BytePlace::ReceiveQueue,
    BytePlace::Line,
    BytePlace::Delivered,
];

/// Where [`ByteLedger`] has a place: whose, and which of the [`PLACES`].
const fn index((group, way, holder, place): ByteKey) -> (usize, usize) {
    let whose = match group {
        None => 0,
        Some(group) => group as usize + 1,
    };
    let of = (way as usize * HOLDERS.len() + holder as usize) * WHERE.len() + place as usize;
    (whose, of)
}

/// The way back.
fn key((whose, of): (usize, usize)) -> ByteKey {
    let (rest, place) = (of / WHERE.len(), of % WHERE.len());
    let (way, holder) = (rest / HOLDERS.len(), rest % HOLDERS.len());
    let group = whose.checked_sub(1).map(|group| group as u32);
    (group, DIRECTIONS[way], HOLDERS[holder], WHERE[place])
}

impl Places {
    const NONE: Places = Places {
        told: 0,
        bytes: [0; PLACES],
    };

    /// Those that have a row, in order.
    fn told(&self) -> impl Iterator<Item = usize> + use<> {
        let mut left = self.told;
        std::iter::from_fn(move || {
            let of = left.trailing_zeros() as usize;
            left &= left.checked_sub(1)?;
            Some(of)
        })
    }
}

impl From<Tier> for Holder {
    fn from(tier: Tier) -> Holder {
        match tier {
            Tier::Edge => Holder::Edge,
            Tier::Proxy => Holder::Proxy,
            Tier::Backend => Holder::Backend,
        }
    }
}

impl Holder {
    /// As files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Holder::Client => "client",
            Holder::Edge => "edge",
            Holder::Proxy => "proxy",
            Holder::Backend => "backend",
        }
    }
}

impl ByteLedger {
    /// Counts bytes in.
    pub fn add(&mut self, key: ByteKey, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let (whose, of) = index(key);
        if whose >= self.counted.len() {
            self.counted.resize(whose + 1, Places::NONE);
        }
        let places = &mut self.counted[whose];
        places.told |= 1 << of;
        places.bytes[of] += bytes;
    }

    /// Counts in what a process holds of a group's bytes that go one way: in memory, and in temp files.
    pub fn add_held(
        &mut self,
        (group, way, tier): (Option<u32>, Direction, Holder),
        (memory, file): (u64, u64),
    ) {
        self.add((group, way, tier, BytePlace::Memory), memory);
        self.add((group, way, tier, BytePlace::TempFile), file);
    }

    /// Counts bytes at another place than where they were counted, as many as are there; how many those were.
    pub fn part(&mut self, from: ByteKey, to: ByteKey, bytes: u64) -> u64 {
        let (whose, of) = index(from);
        let there = self.counted.get_mut(whose);
        let parted = there.map_or(0, |there| {
            let parted = bytes.min(there.bytes[of]);
            there.bytes[of] -= parted;
            parted
        });
        self.add(to, parted);
        parted
    }

    /// All bytes at places that `of` accepts.
    pub fn sum(&self, of: impl Fn(&ByteKey) -> bool) -> u64 {
        self.rows()
            .filter(|(key, _)| of(key))
            .map(|(_, bytes)| bytes)
            .sum()
    }

    /// The places that have a row at this instant, in order, and what is there.
    fn rows(&self) -> impl Iterator<Item = (ByteKey, u64)> + '_ {
        let groups = self.counted.iter().enumerate();
        groups.flat_map(|(whose, places)| {
            (places.told()).map(move |of| (key((whose, of)), places.bytes[of]))
        })
    }

    /// The rows of this instant; the next one begins empty. `groups` are the names of the groups, by index.
    pub fn close(&mut self, at: Timestamp, groups: &[Arc<str>]) -> Vec<ByteSample> {
        let row = |(key, bytes): (ByteKey, u64)| ByteSample {
            at,
            group: key.0.and_then(|group| groups.get(group as usize).cloned()),
            direction: key.1,
            tier: key.2,
            place: key.3,
            bytes,
        };
        let told: u32 = self.counted.iter().map(|of| of.told.count_ones()).sum();
        let mut rows = Vec::with_capacity(told as usize);
        rows.extend(self.rows().map(row));
        // What holds something now and nothing next time is told once more.
        for places in &mut self.counted {
            for of in places.told() {
                if std::mem::take(&mut places.bytes[of]) == 0 {
                    places.told &= !(1 << of);
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_a_whole_picture_and_emptiness_is_told_once() {
        let queue = |group| {
            let place = BytePlace::SendQueue;
            (group, Direction::Response, Holder::Backend, place)
        };
        let mut ledger = ByteLedger::default();
        let groups = ["slow".into()];
        let mut told = Vec::new();
        for (at, counted) in [
            (1, &[(Some(0), 5), (None, 7), (Some(0), 6)][..]),
            (2, &[(None, 7)]),
            (3, &[]),
            (4, &[]),
            (5, &[(Some(0), 1)]),
        ] {
            for (group, bytes) in counted {
                ledger.add(queue(*group), *bytes);
            }
            let rows = ledger.close(Timestamp::from_us(at), &groups);
            told.extend(rows.into_iter().map(|row| (at, row.group, row.bytes)));
        }
        let slow = || Some("slow".into());
        assert_eq!(
            told,
            [
                (1, None, 7),
                (1, slow(), 11),
                (2, None, 7),
                (2, slow(), 0),
                (3, None, 0),
                (5, slow(), 1),
            ]
        );
    }

    #[test]
    fn what_is_counted_elsewhere_is_counted_once() {
        let at = |place| (Some(0), Direction::Response, Holder::Proxy, place);
        let [queue, line] = [BytePlace::SendQueue, BytePlace::Line].map(at);
        let mut ledger = ByteLedger::default();
        assert_eq!(ledger.part(queue, line, 4), 0);
        ledger.add(queue, 10);
        assert_eq!(ledger.part(queue, line, 4), 4);
        // Packets that are sent twice stand there twice, and are the same bytes.
        assert_eq!(ledger.part(queue, line, 40), 6);
        let [kept, waiting] = [queue, line].map(|key| ledger.sum(|other| *other == key));
        assert_eq!((kept, waiting), (0, 10));
    }

    #[test]
    fn a_sum_is_over_what_is_asked_for() {
        let mut ledger = ByteLedger::default();
        for (tier, bytes) in [(Holder::Proxy, 3), (Holder::Backend, 4), (Holder::Proxy, 0)] {
            let key = (None, Direction::Request, tier, BytePlace::Memory);
            ledger.add(key, bytes);
        }
        assert_eq!(ledger.sum(|key| key.2 == Holder::Proxy), 3);
        assert_eq!(ledger.sum(|_| true), 7);
    }

    #[test]
    fn places_are_told_in_the_order_of_their_keys() {
        let ways = DIRECTIONS
            .iter()
            .flat_map(|way| HOLDERS.map(|holder| (*way, holder)));
        let of_group = ways.flat_map(|(way, holder)| WHERE.map(|place| (way, holder, place)));
        let of_group: Vec<_> = of_group.collect();
        assert_eq!(of_group.len(), PLACES);
        let mut keys = Vec::new();
        for group in [None, Some(0), Some(2)] {
            keys.extend(
                of_group
                    .iter()
                    .map(|(way, holder, place)| (group, *way, *holder, *place)),
            );
        }
        assert!(keys.is_sorted());
        let counted: Vec<(ByteKey, u64)> = keys.into_iter().zip(1..).collect();
        let mut ledger = ByteLedger::default();
        for (place, bytes) in counted.iter().rev() {
            assert_eq!(key(index(*place)), *place);
            ledger.add(*place, *bytes);
        }
        assert!(ledger.rows().eq(counted));
    }
}
