//! Which of several event loops accepts the next connection.
//!
//! Each nginx worker adds the listening socket to its epoll with EPOLLEXCLUSIVE (`ngx_event_process_init`, with `accept_mutex` off and more than
//! one worker), and the kernel wakes whoever is first in the socket's queue: one of them would get everything. So a worker goes to
//! the end of that queue with its first connection, and with every sixteenth from then on; and with each of them while less than an eighth of its
//! slots was free (`ngx_reorder_accept_events`, since 1.21.6). One that has no slot at all stays where it is: `ngx_event_accept` returns before it
//! comes to that.

use std::collections::VecDeque;

/// `c->requests++ % 16`.
const IN_A_ROW: u32 = 16;

/// The order in which the event loops of a proxy are woken.
#[derive(Clone, Debug)]
pub struct Turns {
    order: VecDeque<u32>,
    /// By loop: how many it has accepted.
    accepted: Vec<u32>,
}

impl Turns {
    /// Of so many loops, numbered from 0.
    pub fn new(loops: u32) -> Turns {
        Turns {
            order: (0..loops).collect(),
            accepted: vec![0; loops as usize],
        }
    }

    /// Who is woken by the next connection; nobody where all pause.
    pub fn first(&self) -> Option<u32> {
        self.order.front().copied()
    }

    /// A loop has accepted a connection for which there was a slot; `is_crowded` says what [`super::Slots::is_crowded`] said before.
    pub fn accepted(&mut self, by: u32, is_crowded: bool) {
        let count = &mut self.accepted[by as usize];
        let moves = count.is_multiple_of(IN_A_ROW) || is_crowded;
        *count = count.wrapping_add(1);
        if moves {
            self.pause(by);
            self.order.push_back(by);
        }
    }

    /// A loop has no descriptor left, and does not listen for a while.
    pub fn pause(&mut self, who: u32) {
        self.order.retain(|other| *other != who);
    }

    /// It listens again, behind all others.
    pub fn resume(&mut self, who: u32) {
        self.pause(who);
        self.order.push_back(who);
    }
}
