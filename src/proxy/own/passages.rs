//! A proxy's connections, one by one, as its parent's observer wants them: what has changed goes up, and is put into a copy there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::record::{Endpoint, Kept, Pass, Passage, Passages};

/// What is held for one client's connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Held {
    peer: SocketAddr,
    /// Bytes in memory and in the temp file.
    response: (u64, u64),
    request: (u64, u64),
    upstream: Option<Endpoint>,
}

/// What has changed since the last look.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changes {
    held: Vec<Held>,
    gone: Vec<SocketAddr>,
}

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<SocketAddr, Held>);

impl Told {
    /// What there is to tell now, if anything.
    pub(super) fn changes(&mut self, passages: &Passages) -> Option<Changes> {
        let mut before = std::mem::take(&mut self.0);
        let mut changes = Changes::default();
        for (peer, passage) in passages.now() {
            let now = Held::of(peer, &passage);
            if before.remove(&peer) != Some(now) {
                changes.held.push(now);
            }
            self.0.insert(peer, now);
        }
        changes.gone = before.into_keys().collect();
        (changes != Changes::default()).then_some(changes)
    }
}

/// The parent's copy.
#[derive(Debug, Default)]
pub(super) struct Copied(BTreeMap<SocketAddr, Pass>);

impl Copied {
    /// Brings it up to date.
    pub(super) fn follow(&mut self, passages: &Arc<Passages>, changes: Changes) {
        for peer in changes.gone {
            self.0.remove(&peer);
        }
        for held in changes.held {
            let pass = self.0.entry(held.peer);
            held.put(pass.or_insert_with(|| passages.open(held.peer)));
        }
    }
}

impl Held {
    fn of(peer: SocketAddr, passage: &Passage) -> Held {
        let bytes = |kept: &Kept| (kept.memory.get(), kept.file.get());
        Held {
            peer,
            response: bytes(&passage.response),
            request: bytes(&passage.request),
            upstream: passage.upstream(),
        }
    }

    fn put(self, passage: &Passage) {
        let set = |kept: &Kept, (memory, file)| {
            kept.memory.set(memory);
            kept.file.set(file);
        };
        set(&passage.response, self.response);
        set(&passage.request, self.request);
        passage.goes_on(self.upstream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_follows_what_changes() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (here, there) = (Arc::new(Passages::default()), Arc::new(Passages::default()));
        let (mut told, mut copied) = (Told::default(), Copied::default());
        let (first, second) = (here.open(address(1)), here.open(address(2)));
        first.response.file.set(7);
        second.request.memory.set(9);
        second.goes_on(Some(Endpoint::Unix(5)));
        copied.follow(&there, told.changes(&here).unwrap());
        let now = there.now();
        assert_eq!((now.len(), now[0].1.response.file.get()), (2, 7));
        assert_eq!(now[1].1.upstream(), Some(Endpoint::Unix(5)));
        assert_eq!(told.changes(&here), None, "nothing is told twice");
        second.request.memory.set(0);
        drop(first);
        let changes = told.changes(&here).unwrap();
        assert_eq!((changes.held.len(), changes.gone.len()), (1, 1));
        copied.follow(&there, changes);
        let now = there.now();
        assert_eq!((now.len(), now[0].1.request.memory.get()), (1, 0));
    }
}
