//! Whose bytes are where in this process: kept by clients and proxies for each of their connections, read by the observer.
//!
//! The kernel's tables know a connection by its ends and no group; these say which end belongs to whom. What changes with every read or
//! write is a plain counter; a lock is taken only when a connection comes or goes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Gauge;

/// The connecting end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Endpoint {
    /// Its address.
    Tcp(SocketAddr),
    /// Its inode: a Unix socket that connects has no name.
    Unix(u64),
}

/// What a proxy holds for one client's connection.
#[derive(Debug, Default)]
pub struct Passage {
    /// Of responses.
    pub response: Kept,
    /// Of requests.
    pub request: Kept,
    /// Its connection to the tier behind, while there is one.
    upstream: Mutex<Option<Endpoint>>,
}

/// Bytes in user space.
#[derive(Debug, Default)]
pub struct Kept {
    /// In memory.
    pub memory: Gauge,
    /// In a temp file.
    pub file: Gauge,
}

/// The connections that a proxy serves, by the end of whoever connected.
#[derive(Debug, Default)]
pub struct Passages(Mutex<BTreeMap<SocketAddr, Arc<Passage>>>);

/// A connection that is served, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    peer: SocketAddr,
    passage: Arc<Passage>,
    all: Arc<Passages>,
}

/// The connections of clients: by their end, the index of the client's group; and by group what was read.
#[derive(Debug, Default)]
pub struct Visitors {
    open: Mutex<BTreeMap<Endpoint, u32>>,
    /// The group of each request that is under way: nobody else knows it before the client is done.
    asking: Mutex<BTreeMap<u64, u32>>,
    delivered: Mutex<Vec<Arc<Gauge>>>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked holding one has told so; the counts are as good as they were.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Passage {
    /// It has a connection to the tier behind, or none any more.
    pub fn goes_on(&self, upstream: Option<Endpoint>) {
        *locked(&self.upstream) = upstream;
    }

    /// Its connection to the tier behind.
    pub fn upstream(&self) -> Option<Endpoint> {
        *locked(&self.upstream)
    }
}

impl Passages {
    /// Serves a connection from now on.
    pub fn open(self: &Arc<Passages>, peer: SocketAddr) -> Pass {
        let passage = Arc::new(Passage::default());
        locked(&self.0).insert(peer, Arc::clone(&passage));
        let all = Arc::clone(self);
        Pass { peer, passage, all }
    }

    /// All that are served now.
    pub fn now(&self) -> Vec<(SocketAddr, Arc<Passage>)> {
        let all = locked(&self.0);
        let all = all.iter();
        all.map(|(peer, passage)| (*peer, Arc::clone(passage)))
            .collect()
    }
}

impl std::ops::Deref for Pass {
    type Target = Passage;

    fn deref(&self) -> &Passage {
        &self.passage
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut all = locked(&self.all.0);
        // The port may be another connection's by now.
        if all
            .get(&self.peer)
            .is_some_and(|now| Arc::ptr_eq(now, &self.passage))
        {
            all.remove(&self.peer);
        }
    }
}

impl Visitors {
    /// A client of this group has a connection.
    pub fn enter(&self, end: Endpoint, group: u32) {
        locked(&self.open).insert(end, group);
    }

    /// It has it no more.
    pub fn leave(&self, end: Endpoint) {
        locked(&self.open).remove(&end);
    }

    /// Whose connections there are now.
    pub fn now(&self) -> BTreeMap<Endpoint, u32> {
        locked(&self.open).clone()
    }

    /// A client of this group begins this request.
    pub fn ask(&self, request_id: u64, group: u32) {
        locked(&self.asking).insert(request_id, group);
    }

    /// It is done with it.
    pub fn answered(&self, request_id: u64) {
        locked(&self.asking).remove(&request_id);
    }

    /// The group of a request, while its client is at it.
    pub fn asks(&self, request_id: u64) -> Option<u32> {
        locked(&self.asking).get(&request_id).copied()
    }

    /// What clients of a group have read.
    pub fn delivered(&self, group: u32) -> Arc<Gauge> {
        let mut all = locked(&self.delivered);
        while all.len() <= group as usize {
            all.push(Arc::default());
        }
        Arc::clone(&all[group as usize])
    }

    /// The same of all groups, by index.
    pub fn all_delivered(&self) -> Vec<u64> {
        let all = locked(&self.delivered);
        all.iter().map(|gauge| gauge.get()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_passage_is_there_as_long_as_its_connection() {
        let all = Arc::new(Passages::default());
        let first = all.open(address(1));
        first.response.memory.set(7);
        first.goes_on(Some(Endpoint::Unix(9)));
        let now = all.now();
        assert_eq!((now.len(), now[0].1.response.memory.get()), (1, 7));
        assert_eq!(now[0].1.upstream(), Some(Endpoint::Unix(9)));
        // The same port again, before the old connection is quite gone.
        let second = all.open(address(1));
        drop(first);
        assert_eq!(all.now().len(), 1);
        drop(second);
        assert!(all.now().is_empty());
    }

    #[test]
    fn visitors_are_known_by_their_end_and_counted_by_group() {
        let visitors = Visitors::default();
        visitors.enter(Endpoint::Tcp(address(1)), 1);
        visitors.delivered(1).add(5);
        visitors.delivered(1).add(6);
        assert_eq!(visitors.now().get(&Endpoint::Tcp(address(1))), Some(&1));
        assert_eq!(visitors.all_delivered(), [0, 11]);
        visitors.leave(Endpoint::Tcp(address(1)));
        assert!(visitors.now().is_empty());
        visitors.ask(7, 1);
        assert_eq!((visitors.asks(7), visitors.asks(8)), (Some(1), None));
        visitors.answered(7);
        assert_eq!(visitors.asks(7), None);
    }
}
