//! Who waits in the queue of a line, for how long, and behind whose bytes: a line that is shared makes everybody wait for what one of them asked for.

use std::collections::BTreeMap;

use crate::time::Span;

/// What the packets of one group met in a queue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Packets that came to stand in it.
    pub packets: u64,
    /// Those of them that the line has sent.
    pub sent: u64,
    /// How long these stood, all together.
    pub waited: Span,
    /// How long one of them stood at most.
    pub longest: Span,
    /// Bytes that stood before them when they came, all together, by the group that they are of.
    pub ahead: BTreeMap<u32, u64>,
}

/// The books of one queue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standings {
    /// By group.
    pub groups: BTreeMap<u32, Standing>,
    /// The most bytes that stood in it at once.
    pub peak_bytes: u64,
    now: BTreeMap<u32, u64>,
}

impl Standings {
    /// What stands in it now, in bytes, by group.
    pub fn now(&self) -> impl Iterator<Item = (u32, u64)> {
        self.now.iter().map(|(group, bytes)| (*group, *bytes))
    }

    /// A packet takes its place behind what stands there.
    pub(super) fn come(&mut self, group: u32, bytes: u64) {
        let standing = self.groups.entry(group).or_default();
        standing.packets += 1;
        for (other, ahead) in &self.now {
            *standing.ahead.entry(*other).or_default() += ahead;
        }
        *self.now.entry(group).or_default() += bytes;
        self.peak_bytes = self.peak_bytes.max(self.now.values().sum());
    }

    /// One leaves the queue, because it was dropped.
    pub(super) fn drop(&mut self, group: u32, bytes: u64) {
        let now = self.now.entry(group).or_default();
        debug_assert!(*now >= bytes, "who goes has come");
        *now = now.saturating_sub(bytes);
    }

    /// One leaves it, because the line is free for it.
    pub(super) fn go(&mut self, group: u32, bytes: u64, waited: Span) {
        self.drop(group, bytes);
        let standing = self.groups.entry(group).or_default();
        standing.sent += 1;
        standing.waited = standing.waited.saturating_add(waited);
        standing.longest = standing.longest.max(waited);
    }
}
