//! One way of one line: a queue with a limit, and what it is sending.

use std::collections::VecDeque;

use super::Whose;
use super::lot::Lot;
use super::standing::Standings;
use crate::machine::link::{DropPolicy, Link};
use crate::time::{Span, Timestamp};

/// Ours: the least that a packet is held back for others to overtake it.
const LEAST_HELD_BACK: Span = Span::from_ms(1);

/// A packet before the line.
#[derive(Debug)]
pub(super) struct Waiting<P> {
    pub(super) whose: Whose,
    pub(super) lot: Lot,
    pub(super) came_at: Timestamp,
    pub(super) bytes: u64,
    pub(super) packet: P,
}

/// The line.
#[derive(Debug)]
pub(super) struct Line<P> {
    waiting: VecDeque<Waiting<P>>,
    waiting_bytes: u64,
    standings: Standings,
    is_busy: bool,
    /// When the latest packet that keeps the order arrives.
    arrives_at: Timestamp,
}

impl<P> Default for Line<P> {
    fn default() -> Line<P> {
        Line {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            standings: Standings::default(),
            is_busy: false,
            arrives_at: Timestamp::ZERO,
        }
    }
}

impl<P> Line<P> {
    /// Whether it is sending.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Who waited in its queue so far.
    pub(super) fn standings(&self) -> &Standings {
        &self.standings
    }

    /// How many packets wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Puts a packet behind the others, if there is room, or room can be made; how many were dropped.
    pub(super) fn enqueue(&mut self, link: &Link, packet: Waiting<P>) -> u64 {
        let limit = link.queue();
        let mut dropped = 0;
        // What finds the line free does not wait.
        let waits = self.is_busy || !self.waiting.is_empty();
        while waits && self.waiting_bytes + packet.bytes > limit {
            let oldest = match link.nature.drop {
                DropPolicy::Tail => None,
                DropPolicy::Head => self.waiting.pop_front(),
            };
            let Some(oldest) = oldest else {
                return dropped + 1;
            };
            self.waiting_bytes -= oldest.bytes;
            self.standings.drop(oldest.whose.group, oldest.bytes);
            dropped += 1;
        }
        self.waiting_bytes += packet.bytes;
        self.standings.come(packet.whose.group, packet.bytes);
        self.waiting.push_back(packet);
        dropped
    }

    /// The line is free: which packet goes, when the line is free again, and when the packet arrives.
    pub(super) fn send<'a>(
        &mut self,
        now: Timestamp,
        link_of: impl Fn(Whose) -> Option<&'a Link>,
    ) -> Option<(Waiting<P>, Timestamp, Timestamp)> {
        let next = self.waiting.pop_front();
        self.is_busy = next.is_some();
        let next = next?;
        let link = link_of(next.whose)?;
        self.waiting_bytes -= next.bytes;
        let waited = now.since(next.came_at);
        self.standings.go(next.whose.group, next.bytes, waited);
        let free_at = now + link.line_time(next.bytes);
        let mut arrives_at = free_at + link.one_way() + next.lot.jitter;
        if next.lot.is_held_back {
            let quarter = Span::from_ns(link.one_way().as_ns() / 4);
            arrives_at = arrives_at + quarter.max(LEAST_HELD_BACK);
        } else {
            arrives_at = arrives_at.max(self.arrives_at);
            self.arrives_at = arrives_at;
        }
        Some((next, free_at, arrives_at))
    }
}
