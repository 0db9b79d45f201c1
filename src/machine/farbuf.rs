//! How many bytes TCP takes in across a network, where segments are small: arithmetic, no socket. Loopback is in `sockbuf`.
//!
//! Held against a relay of packets with segments of 1448 bytes (Linux 6.18, 40 cells): see `sim::kernel::far`. A segment comes in an skb of its own there, as a
//! network card delivers it; over a bare veth pair, whose skbs can be merged, a receive queue takes in half as much again.

use super::link::SEGMENT_TRUESIZE;
use super::sockbuf;

/// Kernel: what a sender is charged for an skb beyond its payload, in bytes.
pub const SKB_OVERHEAD: u64 = 832;
/// Kernel: `TCP_RMEM_TO_WIN_SCALE`.
const SCALE_BITS: u32 = 8;

/// The window that a receiver on a network (not loopback) offers at first with this effective receive buffer.
pub fn window(rcvbuf: u64) -> u64 {
    // Measured: 2304 for the floor, half of all others.
    rcvbuf.min(sockbuf::SMALLEST_RCVBUF.max(rcvbuf / 2))
}

/// The window that it offers once it has seen a segment, to a sender whose last one is just being read. Measured over 1448 bytes, in whole segments:
/// 2896, 8688, 18 824, 39 096 and 80 480 bytes for SO_RCVBUF of 4 to 64 KiB, and within 0.4 % of that for 128 and 256 KiB.
pub fn learnt_window(rcvbuf: u64, segment: u64) -> u64 {
    payload_share(rcvbuf.saturating_sub(SEGMENT_TRUESIZE), segment)
}

/// Bytes that its receive queue takes in while nobody reads. Measured over 1448 bytes: within 1 % but for SO_RCVBUF of 8 and 16 KiB, where the
/// response's head takes the place of a segment.
pub fn queue(rcvbuf: u64, segment: u64) -> u64 {
    payload_share(rcvbuf, segment)
}

/// How much payload a buffer holds in segments (`tcp_measure_rcv_mss` sets `scaling_ratio`, in 256ths), at least two of them.
fn payload_share(bytes: u64, segment: u64) -> u64 {
    let ratio = (segment << SCALE_BITS) / SEGMENT_TRUESIZE;
    ((bytes * ratio) >> SCALE_BITS).max(2 * segment)
}

/// Payload of a segment towards such a receiver, at most `mss`. Measured: 730 for the floor.
pub fn segment_payload(rcvbuf: u64, mss: u64) -> u64 {
    match rcvbuf {
        0..6000 => mss.min(rcvbuf * 158 / 1000).max(1),
        _ => mss,
    }
}

/// Payload of a full skb of a sender on a network towards such a receiver: whole segments.
pub fn skb_payload(rcvbuf: u64, segment: u64) -> u64 {
    let goal = match rcvbuf {
        0..131_072 => rcvbuf / 4,
        _ => rcvbuf / 100 * 29,
    };
    (goal.min(45 * segment) / segment).max(1) * segment
}

/// Bytes that TCP on a network takes in between an effective send and receive buffer.
pub fn absorbs(sndbuf: u64, rcvbuf: u64, mss: u64) -> u64 {
    let segment = segment_payload(rcvbuf, mss);
    let skb = skb_payload(rcvbuf, segment);
    sndbuf.div_ceil(skb + SKB_OVERHEAD) * skb + queue(rcvbuf, segment)
}
