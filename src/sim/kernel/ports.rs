//! Ephemeral ports of one source address towards one destination, and their TIME_WAIT.

use std::collections::VecDeque;

use crate::time::{Span, Timestamp};

/// `net.ipv4.ip_local_port_range`.
const FIRST: u16 = 32_768;
const LAST: u16 = 60_999;
/// `tcp_tw_reuse = 2` (the default): on loopback a port in TIME_WAIT may be taken again after a second.
const REUSE_AFTER: Span = Span::from_secs(1);

/// The ports that are free, in the order in which they will be given out.
#[derive(Debug)]
pub(super) struct Ports {
    free: VecDeque<u16>,
    time_wait: VecDeque<(Timestamp, u16)>,
    /// Any number of source addresses: ports never run out, they repeat.
    unlimited: bool,
    next: u16,
}

impl Ports {
    /// One source address.
    pub(super) fn limited() -> Ports {
        Ports {
            free: (FIRST..=LAST).collect(),
            time_wait: VecDeque::new(),
            unlimited: false,
            next: FIRST,
        }
    }

    /// As many source addresses as are needed.
    pub(super) fn unlimited() -> Ports {
        Ports {
            free: VecDeque::new(),
            time_wait: VecDeque::new(),
            unlimited: true,
            next: FIRST,
        }
    }

    /// A port, or `None` (EADDRNOTAVAIL).
    pub(super) fn take(&mut self, now: Timestamp) -> Option<u16> {
        if self.unlimited {
            let port = self.next;
            self.next = if port == LAST { FIRST } else { port + 1 };
            return Some(port);
        }
        while let Some((until, port)) = self.time_wait.front().copied()
            && until <= now
        {
            self.time_wait.pop_front();
            self.free.push_back(port);
        }
        self.free.pop_front()
    }

    /// The connection is gone; `closed_first` by an orderly FIN, this side keeps the port in TIME_WAIT.
    pub(super) fn give_back(&mut self, now: Timestamp, port: u16, closed_first: bool) {
        match (self.unlimited, closed_first) {
            (true, _) => {}
            (false, true) => self.time_wait.push_back((now + REUSE_AFTER, port)),
            (false, false) => self.free.push_back(port),
        }
    }
}
