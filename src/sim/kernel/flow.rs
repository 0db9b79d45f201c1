//! One direction of a connection, of either family.

use super::far::FarFlow;
use super::skbs::SkbFlow;
use super::tcp::TcpFlow;
use super::unix::UnixFlow;
use crate::time::Timestamp;

/// Bytes on their way from one end to the other.
#[derive(Clone, Debug)]
pub(super) enum Flow {
    Tcp(TcpFlow),
    Unix(Box<UnixFlow>),
    /// TCP skb by skb, towards a wide receive queue. Boxed: few ask for one.
    Skbs(Box<SkbFlow>),
    /// Over a line of the client's own. Boxed: few connections have one, and it must not cost the others memory.
    Far(Box<FarFlow>),
}

macro_rules! either {
    ($flow:expr, $inner:ident => $call:expr) => {
        match $flow {
            Flow::Tcp($inner) => $call,
            Flow::Unix($inner) => $call,
            Flow::Skbs($inner) => $call,
            Flow::Far($inner) => $call,
        }
    };
}

impl Flow {
    /// The kernel takes up to `n` bytes; how many it took.
    pub(super) fn write(&mut self, now: Timestamp, n: u64) -> u64 {
        match self {
            Flow::Tcp(flow) => flow.write(n),
            Flow::Unix(flow) => flow.write(n),
            Flow::Far(flow) => flow.write(n),
            Flow::Skbs(flow) => flow.write(now, n),
        }
    }

    /// The reader takes up to `max` bytes; how many there were.
    pub(super) fn read(&mut self, now: Timestamp, max: u64) -> u64 {
        match self {
            Flow::Tcp(flow) => flow.read(max),
            Flow::Unix(flow) => flow.read(max),
            Flow::Far(flow) => flow.read(max),
            Flow::Skbs(flow) => flow.read(now, max),
        }
    }

    /// Bytes that the reader could take now.
    pub(super) fn unread(&self) -> u64 {
        either!(self, flow => flow.unread())
    }

    /// Bytes that have not reached the receive queue (none on Unix, which has no other queue).
    pub(super) fn unsent(&self) -> u64 {
        match self {
            Flow::Tcp(flow) => flow.unsent(),
            Flow::Skbs(flow) => flow.unsent(),
            Flow::Far(flow) => flow.unsent(),
            Flow::Unix(_) => 0,
        }
    }

    /// Whether POLLOUT is on.
    pub(super) fn is_writable(&self) -> bool {
        either!(self, flow => flow.is_writable())
    }

    /// The sender's queue is purged; how many bytes that loses.
    pub(super) fn purge_unsent(&mut self) -> u64 {
        match self {
            Flow::Tcp(flow) => flow.purge_unsent(),
            Flow::Skbs(flow) => flow.purge_unsent(),
            Flow::Far(flow) => flow.purge_unsent(),
            Flow::Unix(_) => 0,
        }
    }

    /// Whether something happens on it at instants of its own, beside an acknowledgement that is put off.
    #[inline]
    pub(super) fn goes_on_by_itself(&self) -> bool {
        matches!(self, Flow::Far(_) | Flow::Skbs(_))
    }

    /// Whether it goes over a line.
    pub(super) fn is_far(&self) -> bool {
        matches!(self, Flow::Far(_))
    }

    /// Whether an end that its writer `shut` has come to its reader, behind all bytes.
    pub(super) fn end_arrived(&self, shut: bool) -> bool {
        match self {
            Flow::Far(flow) => flow.fin_arrived(),
            _ => shut && self.unsent() == 0,
        }
    }

    /// Bytes held.
    pub(super) fn held(&self) -> u64 {
        self.unread() + self.unsent()
    }
}
