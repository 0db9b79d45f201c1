//! The peers of an upstream, as one event loop knows them: which one is asked next, which ones are left out, which connections are kept.
//!
//! nginx's round robin (`ngx_http_upstream_round_robin.c`) with equal weights, and its keep-alive cache
//! (`ngx_http_upstream_keepalive_module.c`). Time is counted in whole seconds, as there. A single peer is never left out and never asked
//! twice; the exception for kept connections is the exchange's business.

mod pool;
#[cfg(test)]
mod tests;

pub use pool::{Life, Pool, Ticket};

use super::upstream_config::UpstreamConfig;
use crate::time::Timestamp;

/// The peers of one upstream, and the connections to them that are kept.
#[derive(Clone, Debug)]
pub struct Peers {
    max_fails: u32,
    /// In whole seconds.
    fail_timeout: u64,
    peers: Vec<Peer>,
    /// The idle connections.
    pub pool: Pool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    fails: u32,
    /// Seconds of the last failure.
    accessed: u64,
    /// Seconds of the last failure, or of the attempt that tries it again.
    checked: u64,
    current_weight: i64,
    effective_weight: i64,
}

/// The peers that a request has asked, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tried(u64);

/// Whom to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// A connection that an earlier request has left.
    Kept {
        /// The peer, from 0.
        peer: u32,
        /// Which connection.
        ticket: Ticket,
        /// Its life so far, this request included.
        life: Life,
    },
    /// A new connection to this peer.
    Fresh {
        /// From 0.
        peer: u32,
    },
    /// All are left out, or have been asked.
    NoneAlive,
}

/// Weight of every peer.
const WEIGHT: i64 = 1;
/// The most peers: one bit each in [`Tried`].
pub const MOST_PEERS: u32 = 64;

impl Peers {
    /// `count` peers, at least one, nothing known of them.
    pub fn new(config: &UpstreamConfig, count: u32) -> Peers {
        let fresh = Peer {
            effective_weight: WEIGHT,
            ..Peer::default()
        };
        Peers {
            max_fails: config.max_fails,
            fail_timeout: config.fail_timeout.as_secs(),
            peers: vec![fresh; count.clamp(1, MOST_PEERS) as usize],
            pool: Pool::new(config),
        }
    }

    /// Whom to ask now, and it counts as asked (`ngx_http_upstream_get_keepalive_peer`).
    pub fn choose(&mut self, now: Timestamp, tried: &mut Tried) -> Choice {
        let Some(peer) = self.next(now, tried) else {
            return Choice::NoneAlive;
        };
        match self.pool.take(peer) {
            Some((ticket, life)) => Choice::Kept { peer, ticket, life },
            None => Choice::Fresh { peer },
        }
    }

    /// `ngx_http_upstream_get_peer`.
    fn next(&mut self, now: Timestamp, tried: &mut Tried) -> Option<u32> {
        if self.peers.len() == 1 {
            return Some(0);
        }
        let now = now.as_secs();
        let (max_fails, fail_timeout) = (self.max_fails, self.fail_timeout);
        let mut total = 0;
        let mut best: Option<(usize, i64)> = None;
        for (index, peer) in self.peers.iter_mut().enumerate() {
            let rests = max_fails > 0
                && peer.fails >= max_fails
                && now.saturating_sub(peer.checked) <= fail_timeout;
            if tried.has(index) || rests {
                continue;
            }
            peer.current_weight += peer.effective_weight;
            total += peer.effective_weight;
            peer.effective_weight = (peer.effective_weight + 1).min(WEIGHT);
            if best.is_none_or(|(_, weight)| peer.current_weight > weight) {
                best = Some((index, peer.current_weight));
            }
        }
        let (index, _) = best?;
        tried.add(index);
        let peer = &mut self.peers[index];
        peer.current_weight -= total;
        if now.saturating_sub(peer.checked) > fail_timeout {
            peer.checked = now;
        }
        Some(index as u32)
    }

    /// A peer is done with a request, or has failed it (`ngx_http_upstream_free_round_robin_peer`). Whether it is left out from now on.
    pub fn release(&mut self, now: Timestamp, peer: u32, failed: bool) -> bool {
        if self.peers.len() == 1 {
            return false;
        }
        let peer = &mut self.peers[peer as usize];
        if !failed {
            // It lives if it was tried again after its last failure.
            if peer.accessed < peer.checked {
                peer.fails = 0;
            }
            return false;
        }
        let now = now.as_secs();
        peer.fails += 1;
        (peer.accessed, peer.checked) = (now, now);
        if self.max_fails == 0 {
            return false;
        }
        peer.effective_weight = (peer.effective_weight - WEIGHT / i64::from(self.max_fails)).max(0);
        peer.fails >= self.max_fails
    }
}

impl Tried {
    fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    fn add(&mut self, index: usize) {
        self.0 |= 1 << index;
    }
}
