//! How many bytes TCP takes in across a network, where segments are small: arithmetic, no socket. Loopback is in `sockbuf`.
//!
//! A fit to a veth pair with segments of 1448 bytes (Linux 6.18, 35 cells with a set SO_SNDBUF): median error 4 %, worst 15 %.

use super::sockbuf;

/// Kernel: what a sender is charged for an skb beyond its payload, in bytes.
pub const SKB_OVERHEAD: u64 = 832;

/// The widest window that a receiver on a network (not loopback) offers with this effective receive buffer.
pub fn window(rcvbuf: u64) -> u64 {
    // Measured: 2304 for the floor, half of all others.
    rcvbuf.min(sockbuf::SMALLEST_RCVBUF.max(rcvbuf / 2))
}

/// Bytes that its receive queue takes in while nobody reads. Fitted on veth, segments of 1448 bytes.
pub fn queue(rcvbuf: u64) -> u64 {
    let per_mille = match rcvbuf {
        0..6000 => 634,
        6000..13_000 => 708,
        13_000..1_500_000 => 920,
        _ => 950,
    };
    rcvbuf * per_mille / 1000
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
    let skb = skb_payload(rcvbuf, segment_payload(rcvbuf, mss));
    sndbuf.div_ceil(skb + SKB_OVERHEAD) * skb + queue(rcvbuf)
}
