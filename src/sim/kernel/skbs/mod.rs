//! TCP on loopback, skb by skb, for receive queues so wide that an skb is as large as it can be.
//!
//! There the steps of a blocked sender depend on which skbs were merged: their memory comes back together, and that decides how wide a window a
//! reader offers. The counters of `tcp` cannot say it, so the queues themselves are here: what Linux 6.18 does to each skb, function by function
//! (in parentheses at each rule), without constants of a fit. A sender and a receiver take turns as on one machine: what is sent arrives at once
//! (or when a reader's call is over), what is acknowledged is heard when a sender's call is over.
//!
//! Held read by read against the memory and the windows of real sockets (`SO_MEMINFO`, `TCP_INFO`, the kernel's `tcp_probe`): the same bytes
//! for hundreds of milliseconds, then the same steps.
//!
//! **Limits.** No loss, no probes of a tail (`tcp_schedule_loss_probe`), SO_RCVBUF set before `connect`, and of congestion control only what the
//! measured machine's (BBR) does on loopback: how many packets fly, and that it paces (`pace`).

mod calls;
mod pace;
mod pages;
mod receiver;
mod sender;

use std::collections::VecDeque;

use receiver::Receiver;
use sender::Sender;

use crate::machine::sockbuf::KernelBuffers;
use crate::time::Timestamp;

/// Kernel: payload of one loopback segment, and so of an skb that is full.
const SEGMENT: u64 = 65_483;
/// Kernel: what an skb is charged beyond its payload (`SKB_TRUESIZE` of a head that holds the headers only).
const OVERHEAD: u64 = 832;
/// Kernel: page fragments of one skb (`MAX_SKB_FRAGS`).
const MOST_FRAGS: u32 = 17;

/// Bytes of the stream in one skb: up to two segments travel together.
#[derive(Clone, Copy, Debug)]
struct Skb {
    from: u64,
    to: u64,
}

/// What a receiver tells: everything up to `upto` has arrived, and so much more is welcome.
#[derive(Clone, Copy, Debug)]
struct Told {
    upto: u64,
    window: u64,
}

impl Skb {
    fn len(self) -> u64 {
        self.to - self.from
    }

    fn segments(self) -> u64 {
        self.len().div_ceil(SEGMENT)
    }
}

/// One direction of a connection.
#[derive(Clone, Debug)]
pub(super) struct SkbFlow {
    sender: Sender,
    receiver: Receiver,
    packets: Vec<Skb>,
    told: VecDeque<Told>,
    /// A timer runs until then.
    timed: Option<Timestamp>,
    /// The reader is gone; and since when nobody acknowledges what was sent, when its sender gives up.
    gone: bool,
    gives_up: Option<Timestamp>,
}

impl SkbFlow {
    /// Whether a receiver that asks for so much has a queue of this kind: its first window, half of the buffer, holds two whole segments.
    pub(super) fn is_for(kernel: &KernelBuffers, rcvbuf: Option<u64>) -> bool {
        rcvbuf.is_some() && kernel.tcp_rcvbuf(rcvbuf) >= 4 * SEGMENT
    }

    /// `sndbuf` as asked for by the sender, `rcvbuf` by the receiver.
    pub(super) fn new(kernel: &KernelBuffers, sndbuf: Option<u64>, rcvbuf: Option<u64>) -> SkbFlow {
        let receiver = Receiver::new(kernel.tcp_rcvbuf(rcvbuf));
        let granted = kernel.tcp_sndbuf(sndbuf);
        SkbFlow {
            sender: Sender::new(granted, sndbuf.is_some(), receiver.window()),
            receiver,
            packets: Vec::new(),
            told: VecDeque::new(),
            timed: None,
            gone: false,
            gives_up: None,
        }
    }
}
