//! What socket options make of one direction of a TCP connection on loopback: sizes of buffers, skbs and windows.

use std::rc::Rc;

use super::divisor::Divisor;
use crate::machine::farbuf;
use crate::machine::sockbuf::{COALESCED_BELOW, KernelBuffers, MERGED_SKBS, TcpFit};

/// Bytes of timestamps in each segment: an MSS of 1448 carries 1436.
const TIMESTAMPS: u64 = 12;
/// Measured: with an MSS of this a socket without SO_SNDBUF has `AUTO_SNDBUF` towards a small window.
const AUTO_MSS: f64 = 1448.0;
const AUTO_SNDBUF: f64 = 241_920.0;
/// Fitted through the second measured point (MSS 536: 497 664).
const AUTO_EXPONENT: f64 = 0.726;
/// Measured: towards a window of 64 KiB and more it is about three times that.
const AUTO_WIDE: f64 = 3.0;
/// Kernel: what a sender that nobody pinned has before it was ever blocked: three times the initial window of ten segments
/// (`tcp_sndbuf_expand`), each charged twice what 64 KiB and their overhead need.
const FIRST_SNDBUF: u64 = 3_939_840;
/// Kernel: from half of this on a window is scaled (it does not fit 16 bits).
const SCALED_FROM: u64 = 131_072;
/// Kernel: what each segment of the first fill widens the offered window by, twice the MSS (`tcp_grow_window`).
const WIDENS: u64 = 2 * 65_483;
/// Of the first fill, what is merged in a receive queue, where each write of 64 KiB ends an skb: four of them and the head of a response.
const FIRST_LUMP: u32 = 4 * 65_536 + 256;
/// Measured, in receive buffers that have room for more: what arrives behind that stays in skbs of one write.
pub(super) const WRITTEN: u32 = 65_536;
/// And behind it skbs are merged by threes three times, before it is as many as fit.
pub(super) const LOOSE: u32 = 3;
/// The kernel counts the share of payload in 256ths (`scaling_ratio`).
const WHOLE: u64 = 256;

/// What socket options make of one direction of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Effective SO_SNDBUF of the sender, and before it was ever blocked.
    pub(super) sndbuf: u32,
    pub(super) first_sndbuf: u32,
    /// A full skb, and one written before the reader emptied its queue.
    pub(super) skb: Skb,
    pub(super) first_skb: Skb,
    pub(super) lumps: Lumps,
    /// What sender and receiver are charged beyond it.
    pub(super) overhead: u32,
    /// Memory of the receive queue.
    memory: u32,
    /// The largest window that is offered.
    ceiling: u32,
    /// Payload in 256ths of memory.
    ratio: u16,
    /// Windows are whole segments.
    unscaled: bool,
}

/// An skb, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Skb {
    pub(super) payload: Divisor,
    /// What its sender is charged.
    pub(super) charged: Divisor,
}

/// What is freed together in a receive queue, in bytes: of its first fill the head, then what is in skbs of one write, then those that are
/// merged loosely, and after that as many as fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lumps {
    pub(super) first: Divisor,
    pub(super) written: Divisor,
    pub(super) loose: Divisor,
    pub(super) merged: Divisor,
}

/// The shapes that a kernel has made, by what was asked for: SO_SNDBUF, SO_RCVBUF, TCP_MAXSEG. A handful.
#[derive(Debug, Default)]
pub(super) struct Shapes(Vec<(Asked, Rc<Shape>)>);

/// SO_SNDBUF of the sender, SO_RCVBUF of the receiver, and TCP_MAXSEG.
pub(super) type Asked = (Option<u64>, Option<u64>, Option<u32>);

impl Shapes {
    /// The shape of these options, made if it is the first.
    pub(super) fn of(&mut self, kernel: &KernelBuffers, asked: Asked) -> Rc<Shape> {
        if let Some((_, shape)) = self.0.iter().find(|(known, _)| *known == asked) {
            return Rc::clone(shape);
        }
        let (sndbuf, rcvbuf, mss) = asked;
        let shape = Rc::new(Shape::new(kernel, sndbuf, rcvbuf, mss));
        self.0.push((asked, Rc::clone(&shape)));
        shape
    }
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
        let granted = match (sndbuf, mss) {
            (None, Some(mss)) => {
                auto_sndbuf(mss, window < COALESCED_BELOW).min(kernel.tcp_wmem_max)
            }
            _ => kernel.tcp_sndbuf(sndbuf),
        };
        let first_sndbuf = match sndbuf {
            Some(_) => granted,
            None => granted.min(FIRST_SNDBUF),
        };
        let queue = match mss {
            Some(mss) => segmented(&kernel.tcp, window, u64::from(mss)),
            None => whole(&kernel.tcp, window),
        };
        let small = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        let skb = |payload: u64| Skb {
            payload: Divisor::new(small(payload)),
            charged: Divisor::new(small(payload + kernel.tcp.skb_overhead)),
        };
        Shape {
            sndbuf: small(granted),
            first_sndbuf: small(first_sndbuf),
            skb: skb(queue.skb),
            first_skb: skb(queue.first_skb),
            lumps: Lumps {
                first: Divisor::new(FIRST_LUMP),
                written: Divisor::new(WRITTEN),
                loose: Divisor::new(small(queue.skb * u64::from(LOOSE))),
                merged: Divisor::new(small(queue.skb * MERGED_SKBS)),
            },
            overhead: small(kernel.tcp.skb_overhead),
            memory: small(queue.memory),
            ceiling: small(queue.ceiling),
            ratio: queue.ratio as u16,
            unscaled: window < SCALED_FROM,
        }
    }

    /// The payload that a receive queue with so much memory in use still takes.
    pub(super) fn free(&self, charged: u32) -> u32 {
        let free = u64::from(self.memory.saturating_sub(charged));
        (free * u64::from(self.ratio) / WHOLE) as u32
    }

    /// The window for so much free payload: none that is below a segment, once the queue is half full.
    pub(super) fn offers(&self, free: u32, segment: Divisor) -> u32 {
        if self.is_tight(free) && (free < self.memory / 16 || free < segment.get()) {
            return 0;
        }
        let offered = free.min(self.ceiling);
        match self.unscaled {
            true => segment.whole(offered),
            false => offered,
        }
    }

    /// Less than half of the queue is free.
    pub(super) fn is_tight(&self, free: u32) -> bool {
        2 * u64::from(free) * WHOLE < u64::from(self.memory) * u64::from(self.ratio)
    }
}

/// How a receive queue is filled.
struct Queue {
    skb: u64,
    first_skb: u64,
    memory: u64,
    ceiling: u64,
    ratio: u64,
}

/// With loopback's 64 KiB segments.
fn whole(fit: &TcpFit, window: u64) -> Queue {
    let first_skb = fit.first_skb_payload(window);
    let ratio = (first_skb * WHOLE / (first_skb + fit.skb_overhead)).max(1);
    // It begins at half the buffer and is widened as long as the buffer would take it.
    let mut ceiling = farbuf::window(window);
    let mut held = 0;
    loop {
        held += first_skb;
        let room = window.saturating_sub(held + fit.skb_overhead) * ratio / WHOLE;
        if room <= ceiling {
            break;
        }
        ceiling = room.min(ceiling + WIDENS);
    }
    let skb = fit.skb_payload(window).max(first_skb);
    Queue {
        skb,
        first_skb,
        memory: window,
        ceiling: ceiling.max(2 * skb),
        ratio,
    }
}

/// With TCP_MAXSEG: whole segments up to half the first window, a queue of 72 % of the buffer.
fn segmented(fit: &TcpFit, window: u64, mss: u64) -> Queue {
    let mss = mss.saturating_sub(TIMESTAMPS).max(1);
    let whole_segments = |bytes: u64| (bytes / mss).max(1) * mss;
    let skb = whole_segments((window / 4).min(65_483));
    let queue = if window >= COALESCED_BELOW {
        fit.wide_queue(window)
    } else {
        whole_segments(window * 72 / 100).max(2 * mss)
    };
    Queue {
        skb,
        first_skb: skb,
        memory: queue.next_multiple_of(skb) + fit.skb_overhead,
        ceiling: queue,
        ratio: WHOLE,
    }
}

fn auto_sndbuf(mss: u32, narrow: bool) -> u64 {
    let wide = if narrow { 1.0 } else { AUTO_WIDE };
    (AUTO_SNDBUF * wide * (AUTO_MSS / f64::from(mss.max(1))).powf(AUTO_EXPONENT)) as u64
}
