//! The byte ledger: where bytes are at one instant, hop by hop and in both directions. One row of `bytes.csv` each.
//!
//! Bytes are counted as the sockets see them, heads and framing included, wherever a socket has them; what a proxy holds are bodies. No
//! byte stands in two places: of what a TCP sender still keeps although it has arrived, only the receiver's part is counted, and a Unix
//! link has one queue, its receiver's.

use std::collections::BTreeMap;

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
    pub group: Option<String>,
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
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ByteLedger {
    counted: BTreeMap<ByteKey, u64>,
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
        if bytes > 0 {
            *self.counted.entry(key).or_default() += bytes;
        }
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
        let there = self.counted.get_mut(&from);
        let parted = there.map_or(0, |there| {
            let parted = bytes.min(*there);
            *there -= parted;
            parted
        });
        self.add(to, parted);
        parted
    }

    /// All bytes at places that `of` accepts.
    pub fn sum(&self, of: impl Fn(&ByteKey) -> bool) -> u64 {
        let places = self.counted.iter().filter(|(key, _)| of(key));
        places.map(|(_, bytes)| bytes).sum()
    }

    /// The rows of this instant; the next one begins empty. `groups` are the names of the groups, by index.
    pub fn close(&mut self, at: Timestamp, groups: &[String]) -> Vec<ByteSample> {
        let row = |key: &ByteKey, bytes: u64| ByteSample {
            at,
            group: key.0.and_then(|group| groups.get(group as usize).cloned()),
            direction: key.1,
            tier: key.2,
            place: key.3,
            bytes,
        };
        let rows = self.counted.iter().map(|(key, bytes)| row(key, *bytes));
        let rows = rows.collect();
        // What holds something now and nothing next time is told once more.
        self.counted.retain(|_, bytes| std::mem::take(bytes) > 0);
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
        let groups = ["slow".to_owned()];
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
        let slow = || Some("slow".to_owned());
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
}
