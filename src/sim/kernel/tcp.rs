//! TCP on loopback: a send buffer of skbs, a receive queue whose memory comes back in lumps.
//!
//! Everything is arithmetic on four counters, so that a million connections fit: bytes written, delivered to the receive
//! queue, read, and *returned*, up to which the queue's memory has been freed. skbs that were coalesced are freed together,
//! which is why `returned` moves in lumps and the window with it.

use crate::machine::sockbuf::{COALESCED_BELOW, KernelBuffers, TcpFit, tcp_writable};

/// Bytes of timestamps in each segment: an MSS of 1448 carries 1436.
const TIMESTAMPS: u64 = 12;
/// Measured: with an MSS of this a socket without SO_SNDBUF has `AUTO_SNDBUF` towards a small window.
const AUTO_MSS: f64 = 1448.0;
const AUTO_SNDBUF: f64 = 241_920.0;
/// Fitted through the second measured point (MSS 536: 497 664).
const AUTO_EXPONENT: f64 = 0.726;
/// Measured: towards a window of 64 KiB and more it is about three times that.
const AUTO_WIDE: f64 = 3.0;

/// What socket options make of one direction of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Effective SO_SNDBUF of the sender.
    sndbuf: u32,
    /// Payload of a full skb.
    skb: u32,
    /// What the sender is charged beyond it.
    overhead: u32,
    /// Bytes that the receive queue takes in.
    queue: u32,
    /// The same before it was ever emptied.
    first_queue: u32,
    /// Bytes that are freed together.
    lump: u32,
}

impl Shape {
    /// `sndbuf` as asked for by the sender, `rcvbuf` by the receiver, `mss` as set by either.
    pub(super) fn new(
        kernel: &KernelBuffers,
        sndbuf: Option<u64>,
        rcvbuf: Option<u64>,
        mss: Option<u32>,
    ) -> Shape {
        let window = kernel.tcp_rcvbuf(rcvbuf);
        let narrow = window < COALESCED_BELOW;
        let sndbuf = match (sndbuf, mss) {
            (None, Some(mss)) => auto_sndbuf(mss, narrow).min(kernel.tcp_wmem_max),
            _ => kernel.tcp_sndbuf(sndbuf),
        };
        let (skb, queue, first_queue) = match mss {
            Some(mss) => segmented(&kernel.tcp, window, u64::from(mss)),
            None => whole(&kernel.tcp, window),
        };
        let lump = if narrow { first_queue } else { skb };
        let small = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        Shape {
            sndbuf: small(sndbuf),
            skb: small(skb),
            overhead: small(kernel.tcp.skb_overhead),
            queue: small(queue),
            first_queue: small(first_queue),
            lump: small(lump),
        }
    }

    /// The most payload that the send buffer holds: the last skb may overshoot.
    fn send_capacity(&self) -> u64 {
        let skb = u64::from(self.skb);
        u64::from(self.sndbuf).div_ceil(skb + u64::from(self.overhead)) * skb
    }

    /// The true size of so many queued bytes.
    fn truesize(&self, bytes: u64) -> u64 {
        bytes + u64::from(self.overhead) * bytes.div_ceil(u64::from(self.skb))
    }
}

/// skb payload and queue with loopback's 64 KiB segments.
fn whole(fit: &TcpFit, window: u64) -> (u64, u64, u64) {
    let skb = fit.skb_payload(window);
    if window >= COALESCED_BELOW {
        let queue = fit.wide_queue(window);
        return (skb, queue, queue);
    }
    // The last skb is let in while the queue is not quite full: hence a fifth of one more.
    let skbs = ((10 * window / (skb + fit.skb_overhead) + 2) / 10).max(2);
    let queue = skb * skbs;
    let first = match window {
        0..6000 => window * 8 / 9,
        6000..20_000 => queue,
        _ => window * 7 / 8,
    };
    (skb, queue, first.max(queue))
}

/// The same with TCP_MAXSEG: whole segments up to half the first window, a queue of 72 % of the buffer.
fn segmented(fit: &TcpFit, window: u64, mss: u64) -> (u64, u64, u64) {
    let mss = mss.saturating_sub(TIMESTAMPS).max(1);
    let whole_segments = |bytes: u64| (bytes / mss).max(1) * mss;
    let skb = whole_segments((window / 4).min(65_483));
    let queue = if window >= COALESCED_BELOW {
        fit.wide_queue(window)
    } else {
        whole_segments(window * 72 / 100).max(2 * mss)
    };
    (skb, queue, queue)
}

fn auto_sndbuf(mss: u32, narrow: bool) -> u64 {
    let wide = if narrow { 1.0 } else { AUTO_WIDE };
    (AUTO_SNDBUF * wide * (AUTO_MSS / f64::from(mss.max(1))).powf(AUTO_EXPONENT)) as u64
}

/// One direction.
#[derive(Clone, Debug)]
pub(super) struct TcpFlow {
    shape: Shape,
    written: u64,
    delivered: u64,
    read: u64,
    returned: u64,
    emptied: bool,
}

impl TcpFlow {
    pub(super) fn new(shape: Shape) -> TcpFlow {
        TcpFlow {
            shape,
            written: 0,
            delivered: 0,
            read: 0,
            returned: 0,
            emptied: false,
        }
    }

    pub(super) fn write(&mut self, n: u64) -> u64 {
        let mut left = n;
        loop {
            let taken = left.min(self.shape.send_capacity() - self.unsent());
            self.written += taken;
            left -= taken;
            self.deliver();
            if taken == 0 || left == 0 {
                return n - left;
            }
        }
    }

    pub(super) fn read(&mut self, max: u64) -> u64 {
        let taken = max.min(self.unread());
        self.read += taken;
        let lumps = (self.read - self.returned) / u64::from(self.shape.lump);
        self.returned += lumps * u64::from(self.shape.lump);
        if self.read == self.delivered {
            self.returned = self.read;
            self.emptied |= self.read > 0;
        }
        self.deliver();
        taken
    }

    /// What the window lets through.
    fn deliver(&mut self) {
        let unsent = self.unsent();
        let window = self.window();
        // Silly window avoidance: not for less than half an skb, unless that is all there is.
        if window >= unsent.min(u64::from(self.shape.skb / 2)) {
            self.delivered += unsent.min(window);
        }
        debug_assert!(self.returned <= self.read && self.read <= self.delivered);
        debug_assert!(self.delivered <= self.written);
    }

    fn window(&self) -> u64 {
        let queue = if self.emptied {
            self.shape.queue
        } else {
            self.shape.first_queue
        };
        u64::from(queue).saturating_sub(self.delivered - self.returned)
    }

    pub(super) fn unread(&self) -> u64 {
        self.delivered - self.read
    }

    pub(super) fn unsent(&self) -> u64 {
        self.written - self.delivered
    }

    pub(super) fn is_writable(&self) -> bool {
        tcp_writable(
            self.shape.truesize(self.unsent()),
            u64::from(self.shape.sndbuf),
        )
    }

    pub(super) fn purge_unsent(&mut self) -> u64 {
        let lost = self.unsent();
        self.written = self.delivered;
        lost
    }
}
