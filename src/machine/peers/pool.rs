//! Idle connections to peers: nginx's `keepalive` of an upstream block. The last one given is the first one taken.

use std::collections::VecDeque;

use crate::machine::upstream_config::UpstreamConfig;
use crate::time::{Span, Timestamp};

/// nginx `keepalive_time`: a connection older than this is not kept.
const KEEPALIVE_TIME: Span = Span::from_secs(3600);

/// The idle connections of one event loop. Sockets belong to the driver, which knows them by their tickets.
#[derive(Clone, Debug)]
pub struct Pool {
    size: usize,
    timeout: Span,
    requests: u32,
    /// Newest first.
    idle: VecDeque<Idle>,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Idle {
    ticket: Ticket,
    peer: u32,
    until: Timestamp,
    life: Life,
}

/// An idle connection's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticket(pub u64);

/// What a connection has been through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Requests sent over it.
    pub requests: u32,
}

impl Pool {
    pub(super) fn new(config: &UpstreamConfig) -> Pool {
        Pool {
            size: config.keepalive as usize,
            timeout: config.keepalive_timeout,
            requests: config.keepalive_requests,
            idle: VecDeque::new(),
            next: 0,
        }
    }

    /// Takes the newest idle connection to a peer.
    pub(super) fn take(&mut self, peer: u32) -> Option<(Ticket, Life)> {
        let index = self.idle.iter().position(|idle| idle.peer == peer)?;
        let Idle { ticket, life, .. } = self.idle.remove(index)?;
        let requests = life.requests + 1;
        Some((ticket, Life { requests, ..life }))
    }

    /// Keeps a connection, if there is room for any: its ticket, and that of the oldest one where it has to make room
    /// (`ngx_http_upstream_free_keepalive_peer`). `None`: it is to be closed.
    pub fn keep(
        &mut self,
        now: Timestamp,
        peer: u32,
        life: Life,
    ) -> Option<(Ticket, Option<Ticket>)> {
        let worn = life.requests >= self.requests || now.since(life.opened_at) > KEEPALIVE_TIME;
        if self.size == 0 || worn {
            return None;
        }
        let evicted = match self.idle.len() < self.size {
            true => None,
            false => self.idle.pop_back().map(|idle| idle.ticket),
        };
        let ticket = Ticket(self.next);
        self.next += 1;
        self.idle.push_front(Idle {
            ticket,
            peer,
            until: now + self.timeout,
            life,
        });
        Some((ticket, evicted))
    }

    /// The peer has closed an idle connection, or said something on it, or its time is over: it is to be closed. False if it is in use again.
    pub fn lose(&mut self, ticket: Ticket) -> bool {
        let before = self.idle.len();
        self.idle.retain(|idle| idle.ticket != ticket);
        self.idle.len() < before
    }

    /// Until when an idle connection may stay so: for who has a timer for each, and calls [`Pool::lose`] then.
    pub fn until(&self, ticket: Ticket) -> Option<Timestamp> {
        let mut idle = self.idle.iter();
        idle.find(|idle| idle.ticket == ticket)
            .map(|idle| idle.until)
    }

    /// When to call [`Pool::expire`].
    pub fn deadline(&self) -> Option<Timestamp> {
        self.idle.back().map(|idle| idle.until)
    }

    /// A connection that has been idle for too long, taken out; to be asked until there is none.
    pub fn expire(&mut self, now: Timestamp) -> Option<Ticket> {
        let oldest = self.idle.back().filter(|idle| idle.until <= now)?;
        let ticket = oldest.ticket;
        self.idle.pop_back();
        Some(ticket)
    }

    /// The event loop quits: the idle ones, which are to be closed. No other is kept from now on (`ngx_http_upstream_free_keepalive_peer`).
    pub fn close(&mut self) -> Vec<Ticket> {
        self.size = 0;
        self.idle.drain(..).map(|idle| idle.ticket).collect()
    }

    /// How many are idle.
    pub fn len(&self) -> usize {
        self.idle.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }
}
