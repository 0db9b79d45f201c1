//! The kernel between the parties, as a model: stream sockets, accept queues, ports.
//!
//! Pure like the machines: a call takes `now` and returns what the system call would have, and who must be woken is left in an
//! outbox ([`Wake`]). Measured on Linux 6.18 (loopback, 4 KiB pages); the arithmetic shared with predictions is in
//! `machine::sockbuf`.
//!
//! **What is exact.** Unix stream sockets: every skb's true size is charged to its sender and given back when the skb has been
//! read whole; a send succeeds while less than SO_SNDBUF is charged, and POLLOUT (also what wakes a blocked sender) needs a
//! quarter or less. The accept queue's `backlog + 1`, EAGAIN at once on Unix, dropped SYNs, their retries and half-finished handshakes on TCP (see `half`).
//!
//! **What is a fit.** TCP absorption: median error 2 %, nine of ten cells within 10 %, every measured
//! cell within 15 % from SO_SNDBUF 16 KiB on, worst 25 % below.
//! How long a blocked sender sleeps follows the kernel's rules skb by skb: in `skbs` where a receive queue is wide (SO_RCVBUF of 128 KiB and more), each skb on its own, in
//! `tcp` by counters of them, which a million connections have room for. The holds of a slow reader are the measured
//! staircase, within 5 % or 1 ms where a size is 15 % of a step or more from an edge (`results/reference/stairs.csv`). TCP_MAXSEG below 1448 moves
//! the lumps' edges by up to a segment.
//!
//! **Lines.** A client with a `link` has a rate, a round trip and loss: see `far` for its model. Measured through a relay of packets:
//! rate within 2 %, one window per round trip within 5 % (windows of 64 KiB and more: 17 %); absorption as on veth, median 4 %.
//!
//! **Limits** of loopback. Segments arrive at once: no congestion control but what `skbs` has of it, no loss, no probes, no receive-buffer autotuning beyond
//! `tcp_rmem[1]` (real ones grow where a reader that was woken late takes 64 KiB at once: about one in ten at 4 MB/s), no
//! memory pressure (real sockets shrink once 1.1 GiB are queued on this machine; the most bytes held are counted instead), no cost
//! of CPU. SO_RCVBUF is always set before `connect`. Clients have as many source addresses as they
//! need; each proxy has one, with 28 232 ports and `tcp_tw_reuse = 2` (one second of TIME_WAIT).

mod calls;
mod connect;
mod connections;
mod divisor;
mod far;
mod flow;
mod half;
mod late;
mod line;
mod listen;
mod ports;
mod shape;
mod skbs;
#[cfg(test)]
mod stairs;
mod table;
mod tcp;
#[cfg(test)]
mod tests;
mod unix;
mod vanish;

pub use connect::Options;
pub use line::Line;
pub use listen::{Listener, ListenerId};
pub use table::{Kernel, Queued};

use crate::time::Timestamp;

/// A socket: twice the connection's index for the side that connected, one more for the side that accepted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SocketId(pub u32);

impl SocketId {
    /// The other end.
    pub(super) fn peer(self) -> SocketId {
        SocketId(self.0 ^ 1)
    }

    /// The index of an end within its connection: 0 connected, 1 accepted.
    pub(super) fn end(self) -> usize {
        (self.0 & 1) as usize
    }

    pub(super) fn connection(self) -> usize {
        (self.0 >> 1) as usize
    }
}

/// What a call can fail with; the kernel's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errno {
    /// ENOENT: the path of a Unix socket is gone.
    NoEntry,
    /// EACCES (13).
    Access,
    /// ECONNREFUSED (111).
    Refused,
    /// EAGAIN (11): a Unix listener whose queue is full.
    Again,
    /// EADDRNOTAVAIL (99): no ephemeral port is left.
    NoPorts,
    /// EMFILE (24): the process may have no more open files.
    NoFiles,
    /// ENOSPC: a disk is full.
    NoSpace,
    /// ETIMEDOUT (110): no answer to the last SYN.
    TimedOut,
    /// ECONNRESET (104).
    Reset,
    /// EPIPE (32).
    Pipe,
}

/// What `connect` on a non-blocking socket comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connect {
    /// Established at once.
    Connected(SocketId),
    /// EINPROGRESS: the SYN was dropped; a [`Wake`] will tell.
    InProgress(SocketId),
}

/// What `recv` comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recv {
    /// So many bytes.
    Bytes(u64),
    /// EAGAIN; the end is watched from now on.
    WouldBlock,
    /// The peer has closed or shut down its side.
    Eof,
}

/// Who must be woken, and why. Each is sent once per watch (edge-triggered).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// Bytes, an end or an error arrived at a watched socket.
    Readable(SocketId),
    /// A sender that came up short may try again.
    Writable(SocketId),
    /// A connection in progress is established.
    Connected(SocketId),
    /// A connection in progress has failed (ETIMEDOUT); the socket is still to be closed.
    ConnectFailed(SocketId),
    /// A connection joined the accept queue.
    Acceptable(ListenerId),
    /// Call [`Kernel::on_syn_timer`] then.
    SynTimer {
        /// When.
        at: Timestamp,
        /// The connecting socket.
        socket: SocketId,
        /// Which life of that socket.
        generation: u32,
    },
    /// Call [`Kernel::on_line_timer`] then.
    LineTimer {
        /// When.
        at: Timestamp,
        /// The socket whose bytes travel.
        socket: SocketId,
        /// Which life of that socket.
        generation: u32,
    },
}

/// The books of one direction of all connections to one listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Bytes that senders handed over.
    pub written: u64,
    /// Bytes that readers took.
    pub read: u64,
    /// Bytes lost to resets and to ends that closed without reading.
    pub lost: u64,
    /// Bytes held now.
    pub held: u64,
    /// The most that was held.
    pub most_held: u64,
}
