//! `worker_connections`: a table of connection slots, and the connections that give theirs up when it runs low.
//!
//! A client's connection takes one slot, the one to its upstream another, as long as it is open: also while it is kept for the next request.
//! nginx's listening socket and the channel to its master take two more. A full table drops whoever is accepted (a reset, if the client has
//! spoken already), and ends a request that wants an upstream with 500.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use crate::machine::exchange::{Level, LogLine};
use crate::time::Timestamp;

/// Slots that are taken before the first client comes: the listening socket, and the channel to the master (measured: of 16, 14 clients are
/// accepted).
pub const LISTENING: u32 = 2;

/// `ngx_drain_connections`: no more give way at once than this.
const MOST_DRAINED: usize = 32;

/// The slots of one event loop. Clients are known by numbers that their driver gives them.
#[derive(Clone, Debug)]
pub struct Slots {
    /// `worker_connections`, as the log names it.
    total: u32,
    free: u32,
    /// Connections that may be closed to make room, the one that has been so for longest first (`reusable_connections_queue`).
    reusable: BTreeMap<Place, u64>,
    next: NonZeroU64,
    /// Closed to make room, and not heard of since.
    evicted: BTreeSet<u64>,
    /// The second in which that was last written to the log.
    told_at: Option<u64>,
}

/// A place among those that may be closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place(NonZeroU64);

/// What came of asking for a slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Whether there was one.
    pub granted: bool,
    /// Clients whose connections are to be closed for it. Their slots are free already.
    pub evicted: Vec<u64>,
    /// What the error log says of it, without the "while ..." of whoever asked.
    pub line: Option<LogLine>,
}

impl Slots {
    /// As many as `worker_connections` says.
    pub fn new(worker_connections: u32) -> Slots {
        Slots {
            total: worker_connections,
            free: worker_connections.saturating_sub(LISTENING),
            reusable: BTreeMap::new(),
            next: NonZeroU64::MIN,
            evicted: BTreeSet::new(),
            told_at: None,
        }
    }

    /// `ngx_get_connection`: a slot for a connection, a client's or one to an upstream.
    pub fn take(&mut self, now: Timestamp) -> Taken {
        let (evicted, warning) = self.drain(now);
        let granted = self.free > 0;
        self.free = self.free.saturating_sub(1);
        let lack = || {
            let text = format!("{} worker_connections are not enough", self.total);
            LogLine::bare(Level::Alert, &text)
        };
        Taken {
            granted,
            evicted,
            line: if granted { warning } else { Some(lack()) },
        }
    }

    /// `ngx_drain_connections`: while a sixteenth or less is free, idle connections give way, the oldest first.
    fn drain(&mut self, now: Timestamp) -> (Vec<u64>, Option<LogLine>) {
        if self.free > self.total / 16 || self.reusable.is_empty() {
            return (Vec::new(), None);
        }
        let second = now.as_secs();
        let says = self.told_at.replace(second) != Some(second);
        let count = (self.reusable.len() / 8).clamp(1, MOST_DRAINED);
        let mut evicted = Vec::with_capacity(count);
        for _ in 0..count {
            let Some((_, client)) = self.reusable.pop_first() else {
                break;
            };
            self.evicted.insert(client);
            self.free += 1;
            evicted.push(client);
        }
        let text = || {
            format!(
                "{} worker_connections are not enough, reusing connections",
                self.total
            )
        };
        let warning = says.then(|| LogLine::bare(Level::Warn, &text()));
        (evicted, warning)
    }

    /// A client's connection is closed.
    pub fn leave(&mut self, client: u64, place: &mut Option<Place>) {
        self.set_reusable(client, place, false);
        if !self.evicted.remove(&client) {
            self.give_back();
        }
    }

    /// A connection to an upstream is closed.
    pub fn give_back(&mut self) {
        self.free += 1;
        assert!(
            self.free <= self.total,
            "more slots were given back than taken"
        );
    }

    /// `ngx_reusable_connection`: whether a client's connection may be closed to make room from now on. It keeps its place while it may.
    pub fn set_reusable(&mut self, client: u64, place: &mut Option<Place>, may: bool) {
        if may == place.is_some() {
            return;
        }
        *place = match place.take() {
            Some(place) => {
                self.reusable.remove(&place);
                None
            }
            None => {
                let place = Place(self.next);
                self.next = self.next.saturating_add(1);
                self.reusable.insert(place, client);
                Some(place)
            }
        };
    }

    /// Whether less than an eighth is free (`ngx_accept_disabled`).
    pub fn is_crowded(&self) -> bool {
        self.free < self.total / 8
    }

    /// Slots that are somebody's: of connections that are open, but for those that were closed to make room and have not gone yet.
    pub fn taken(&self) -> u32 {
        self.total.saturating_sub(LISTENING) - self.free
    }

    /// Clients that were closed to make room and have not gone yet.
    pub fn evicted(&self) -> u32 {
        self.evicted.len() as u32
    }

    /// Slots that nobody has.
    pub fn free(&self) -> u32 {
        self.free
    }
}
