//! Listening sockets: the accept queue, and what happens to those who find it full.

use std::collections::VecDeque;

use super::SocketId;
use super::ports::Ports;
use crate::machine::socket_access::Bar;
use crate::net::BufferSizes;

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
