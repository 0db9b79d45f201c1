//! Listening sockets: the accept queue, and what happens to those who find it full.

use std::collections::VecDeque;

use super::SocketId;
use super::ports::Ports;
use crate::machine::socket_access::Bar;
use crate::net::BufferSizes;
use crate::time::Span;

/// When a dropped SYN is sent again, counted from the first one: about 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s (`tcp_syn_linear_timeouts = 4`, then
/// `tcp_syn_retries = 6` that double; the timer wheel rounds up, the more the longer). Measured on Linux 6.18: 1.03, 2.05, 4.08, 5.11, 7.12, 11.25,
/// 19.44, 35.58 and 69.37 s.
pub(super) const SYN_RETRIES: [Span; 10] = [
    Span::from_ms(1024),
    Span::from_ms(2048),
    Span::from_ms(3072),
    Span::from_ms(4096),
    Span::from_ms(5120),
    Span::from_ms(7168),
    Span::from_ms(11_264),
    Span::from_ms(19_456),
    Span::from_ms(35_584),
    Span::from_ms(69_376),
];
/// ETIMEDOUT follows. Measured: 133.87 s.
pub(super) const SYN_GIVES_UP: Span = Span::from_ms(133_888);

/// Which listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListenerId(pub u8);

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    /// Whether it is a Unix socket.
    pub(super) unix: bool,
    /// `listen`'s argument, capped by `somaxconn`; the queue holds one more.
    pub(super) backlog: u32,
    /// Inherited by accepted connections.
    pub(super) buffers: BufferSizes,
    /// Nobody listens any more.
    pub(super) closed: bool,
    /// Its path is gone, so that nobody finds it any more.
    pub(super) unlinked: bool,
    /// What keeps everybody out.
    pub(super) barred: Option<Bar>,
    /// Accepted ends of established connections, in order.
    pub(super) queue: VecDeque<SocketId>,
    /// Connections that found the queue full: EAGAIN on Unix, dropped SYNs (retries included) on TCP.
    pub(super) overflows: u64,
    /// By source address.
    pub(super) ports: Vec<Ports>,
}

impl Listener {
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() > self.backlog as usize
    }

    /// How many connections wait.
    pub fn depth(&self) -> usize {
        self.queue.len()
    }

    /// The backlog granted.
    pub fn backlog(&self) -> u32 {
        self.backlog
    }

    /// How often a connection found the queue full.
    pub fn overflows(&self) -> u64 {
        self.overflows
    }
}
