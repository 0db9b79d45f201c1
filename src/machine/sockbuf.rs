//! How many bytes the kernel takes in before a sender blocks: arithmetic, no socket.
//!
//! Unix stream sockets are modelled exactly (skb true size; checked against every measured cell). TCP on loopback is a fit:
//! settled capacity = send side + receive side, median error 2 %, 90 % of cells within 10 %, worst 24 %; the cells with a send
//! buffer below 16 KiB are the bad ones, all others are within 15 %. Not modelled: networks (see `farbuf`), `TCP_NOTSENT_LOWAT`,
//! `TCP_MAXSEG`, memory pressure (350 default connections full at once), and timing: what a sender gets in *at first* is 7 to 100 % of the
//! settled figure. All constants were measured on Linux 6.18, x86_64, 4 KiB pages; another kernel may differ, which is why
//! those of the fit are a value ([`TcpFit`]) that can be measured anew.

use serde::{Deserialize, Serialize};

/// Kernel: the smallest effective SO_SNDBUF (`SOCK_MIN_SNDBUF`).
pub const SMALLEST_SNDBUF: u64 = 4608;
/// Kernel: the smallest effective SO_RCVBUF (`SOCK_MIN_RCVBUF`).
pub const SMALLEST_RCVBUF: u64 = 2304;
/// Kernel: a Unix skb carries at most 3776 linear bytes and 32 KiB in pages.
const UNIX_SKB_PAYLOAD: u64 = UNIX_SKB_LINEAR + 32_768;
const UNIX_SKB_LINEAR: u64 = 3776;
const PAGE: u64 = 4096;
/// Kernel: `struct sk_buff` itself, and the shared info behind its linear data.
const SKB_STRUCT: u64 = 256;
const SKB_SHARED_INFO: u64 = 320;
/// Below this receive buffer windows are small: an skb carries a quarter of it, and the queue is filled with two or three of them.
pub const COALESCED_BELOW: u64 = 100_000;
/// Below this one the whole queue is two skbs.
const TWO_SKBS_BELOW: u64 = 200_000;
/// Measured: full skbs that are merged into one in a wide receive queue, and freed together.
pub const MERGED_SKBS: u64 = 5;
/// From this receive buffer on an skb is as large as it can be.
const WIDE_FROM: u64 = 524_288;
/// Kernel: most payload of one loopback TCP skb.
const TCP_LARGEST_SKB: u64 = 65_483;

/// The limits under which the kernel sizes socket buffers. The defaults are those of the measured machine (and of a plain
/// Linux with 4 GiB or more, but for `wmem_max` and `rmem_max`, which distributions set from 212992 to 4 MiB).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelBuffers {
    /// `net.core.wmem_max`: cap of a requested SO_SNDBUF, before doubling.
    pub wmem_max: u64,
    /// `net.core.wmem_default`: SO_SNDBUF of a Unix socket that asks for nothing.
    pub wmem_default: u64,
    /// `net.core.rmem_max`: cap of a requested SO_RCVBUF, before doubling.
    pub rmem_max: u64,
    /// `net.ipv4.tcp_wmem[2]`: how far TCP autotuning grows a send buffer.
    pub tcp_wmem_max: u64,
    /// `net.ipv4.tcp_rmem[1]`: the receive buffer with which TCP autotuning begins.
    pub tcp_rmem_default: u64,
    /// How TCP fills them.
    #[serde(default)]
    pub tcp: TcpFit,
}

/// The constants of the TCP fit, as measured on Linux 6.18 unless calibrated otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TcpFit {
    /// Bytes that a sender is charged for an skb beyond its payload.
    pub skb_overhead: u64,
    /// Payload of a full skb towards a receive buffer below 100 000 bytes, in thousandths of that buffer.
    pub narrow_skb_permille: u64,
    /// The same between there and 512 KiB.
    pub middle_skb_permille: u64,
    /// Payload that a receive queue of 100 000 bytes or more takes in, in thousandths of the buffer.
    pub wide_queue_permille: u64,
}

impl Default for TcpFit {
    fn default() -> TcpFit {
        TcpFit {
            skb_overhead: 832,
            narrow_skb_permille: 250,
            middle_skb_permille: 363,
            wide_queue_permille: 975,
        }
    }
}

impl TcpFit {
    /// Payload of a full loopback TCP skb towards a peer with this effective receive buffer (the size goal).
    pub fn skb_payload(&self, rcvbuf: u64) -> u64 {
        match rcvbuf {
            0..COALESCED_BELOW => rcvbuf * self.narrow_skb_permille / 1000,
            COALESCED_BELOW..WIDE_FROM => rcvbuf * self.middle_skb_permille / 1000,
            _ => TCP_LARGEST_SKB,
        }
        .clamp(1, TCP_LARGEST_SKB)
    }

    /// The same before the window has grown: half of the first window, which is half of the buffer.
    pub fn first_skb_payload(&self, rcvbuf: u64) -> u64 {
        let quarter = rcvbuf * self.narrow_skb_permille / 1000;
        quarter.clamp(SMALLEST_RCVBUF / 2, TCP_LARGEST_SKB)
    }

    /// Payload that a receive queue takes in when its skbs are not coalesced into one lump.
    pub fn wide_queue(&self, rcvbuf: u64) -> u64 {
        rcvbuf * self.wide_queue_permille / 1000
    }

    /// Bytes that loopback TCP takes in, once settled, between an effective send and an effective receive buffer.
    pub fn absorbs(&self, sndbuf: u64, rcvbuf: u64) -> u64 {
        let receive_side = if rcvbuf < COALESCED_BELOW {
            self.narrow_queue(rcvbuf)
        } else {
            self.wide_queue(rcvbuf)
        };
        self.send_side(sndbuf, rcvbuf) + receive_side
    }

    /// Bytes that must leave a full loopback TCP send buffer before a blocked sender is woken: a third of it, in whole skbs and in what the
    /// reader's queue frees at a time.
    pub fn refill(&self, sndbuf: u64, rcvbuf: u64) -> u64 {
        let skb = self.skb_payload(rcvbuf);
        let charged = skb + self.skb_overhead;
        let kept = 2 * sndbuf / 3 / charged;
        let freed = (sndbuf.div_ceil(charged) - kept) * skb;
        freed.next_multiple_of(self.lump(rcvbuf))
    }

    /// Bytes that a receive queue frees together, and lets in again.
    fn lump(&self, rcvbuf: u64) -> u64 {
        let skb = self.skb_payload(rcvbuf);
        match rcvbuf {
            0..COALESCED_BELOW => self.narrow_queue(rcvbuf),
            COALESCED_BELOW..TWO_SKBS_BELOW => 2 * skb,
            _ => self.wide_queue(rcvbuf).clamp(skb, MERGED_SKBS * skb),
        }
    }

    fn narrow_queue(&self, rcvbuf: u64) -> u64 {
        let skb = self.skb_payload(rcvbuf);
        skb * (rcvbuf / (skb + self.skb_overhead)).max(2)
    }

    /// What the send buffer holds: the last skb may overshoot.
    fn send_side(&self, sndbuf: u64, rcvbuf: u64) -> u64 {
        let skb = self.skb_payload(rcvbuf);
        sndbuf.div_ceil(skb + self.skb_overhead) * skb
    }
}

impl Default for KernelBuffers {
    fn default() -> KernelBuffers {
        KernelBuffers {
            wmem_max: 4_194_304,
            wmem_default: 212_992,
            rmem_max: 4_194_304,
            tcp_wmem_max: 4_194_304,
            tcp_rmem_default: 131_072,
            tcp: TcpFit::default(),
        }
    }
}

impl KernelBuffers {
    /// Effective SO_SNDBUF (what `getsockopt` returns) for a requested size in bytes.
    pub fn effective_sndbuf(&self, requested: u64) -> u64 {
        SMALLEST_SNDBUF.max(2 * requested.min(self.wmem_max))
    }

    /// Effective SO_RCVBUF for a requested size in bytes.
    pub fn effective_rcvbuf(&self, requested: u64) -> u64 {
        SMALLEST_RCVBUF.max(2 * requested.min(self.rmem_max))
    }

    /// Effective SO_SNDBUF of a Unix socket.
    pub fn unix_sndbuf(&self, requested: Option<u64>) -> u64 {
        requested.map_or(self.wmem_default, |bytes| self.effective_sndbuf(bytes))
    }

    /// Effective SO_SNDBUF of a loopback TCP socket; unset, the 64 KiB segments drive it to the limit at once.
    pub fn tcp_sndbuf(&self, requested: Option<u64>) -> u64 {
        requested.map_or(self.tcp_wmem_max, |bytes| self.effective_sndbuf(bytes))
    }

    /// Effective SO_RCVBUF of a TCP socket, before autotuning grows it (which needs a reader).
    pub fn tcp_rcvbuf(&self, requested: Option<u64>) -> u64 {
        requested.map_or(self.tcp_rmem_default, |bytes| self.effective_rcvbuf(bytes))
    }

    /// Bytes that a Unix stream takes in by writes of `write_size` while the peer does not read. Exact.
    pub fn unix_absorbs(&self, sndbuf: Option<u64>, write_size: u64) -> u64 {
        unix_absorbs(self.unix_sndbuf(sndbuf), write_size)
    }

    /// Bytes that loopback TCP takes in, once settled, while the peer does not read: see the module's head for its error.
    pub fn tcp_absorbs(&self, sndbuf: Option<u64>, rcvbuf: Option<u64>) -> u64 {
        self.tcp
            .absorbs(self.tcp_sndbuf(sndbuf), self.tcp_rcvbuf(rcvbuf))
    }
}

/// True size that one Unix skb with this payload is charged to its sender.
pub fn unix_truesize(payload: u64) -> u64 {
    let in_pages = payload.min(
        payload
            .saturating_sub(UNIX_SKB_LINEAR)
            .next_multiple_of(PAGE),
    );
    let linear = payload - in_pages;
    SKB_STRUCT + kmalloc_size(linear + SKB_SHARED_INFO) + in_pages.next_multiple_of(PAGE)
}

/// The most payload of one skb on a Unix socket with this effective send buffer.
pub fn unix_skb_payload(sndbuf: u64) -> u64 {
    (sndbuf / 2 - 64).min(UNIX_SKB_PAYLOAD)
}

/// Bytes that a Unix stream with an effective send buffer takes in by writes of one size, nothing being read.
pub fn unix_absorbs(sndbuf: u64, write_size: u64) -> u64 {
    assert!(write_size > 0, "a write of nothing never fills a buffer");
    let sndbuf = sndbuf.max(SMALLEST_SNDBUF);
    let (mut used, mut total) = (0, 0);
    loop {
        let mut left = write_size;
        while left > 0 {
            // The check comes before the allocation: the last skb may overshoot.
            if used >= sndbuf {
                return total;
            }
            let chunk = left.min(unix_skb_payload(sndbuf));
            used += unix_truesize(chunk);
            total += chunk;
            left -= chunk;
        }
    }
}

/// Bytes that must be read from a full Unix stream before a blocked sender is woken: until a quarter is in flight.
pub fn unix_refill(sndbuf: u64, write_size: u64) -> u64 {
    assert!(write_size > 0, "a write of nothing never fills a buffer");
    let sndbuf = sndbuf.max(SMALLEST_SNDBUF);
    let mut skbs = Vec::new();
    let mut used = 0;
    let mut left = 0;
    while used < sndbuf {
        if left == 0 {
            left = write_size;
        }
        let chunk = left.min(unix_skb_payload(sndbuf));
        used += unix_truesize(chunk);
        skbs.push(chunk);
        left -= chunk;
    }
    let mut read = 0;
    for chunk in skbs {
        if unix_writable(used, sndbuf) {
            break;
        }
        used -= unix_truesize(chunk);
        read += chunk;
    }
    read
}

/// Whether POLLOUT is on for a TCP sender: at most two thirds of its send buffer are queued.
pub fn tcp_writable(queued_truesize: u64, sndbuf: u64) -> bool {
    3 * queued_truesize <= 2 * sndbuf
}

/// Whether POLLOUT is on for a Unix sender: at most a quarter of its send buffer is in flight.
pub fn unix_writable(queued_truesize: u64, sndbuf: u64) -> bool {
    4 * queued_truesize <= sndbuf
}

/// The kernel's allocation classes, from 512 to 8192 bytes.
fn kmalloc_size(bytes: u64) -> u64 {
    bytes.max(512).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SND: [Option<u64>; 6] = [
        None,
        Some(4096),
        Some(16_384),
        Some(65_536),
        Some(262_144),
        Some(1_048_576),
    ];

    #[test]
    fn requested_sizes_are_doubled_capped_and_floored() {
        let kernel = KernelBuffers::default();
        for (asked, sndbuf, rcvbuf) in [
            (1, 4608, 2304),
            (1000, 4608, 2304),
            (2303, 4608, 4606),
            (4096, 8192, 8192),
            (65_536, 131_072, 131_072),
            (1 << 30, 8_388_608, 8_388_608),
        ] {
            assert_eq!(kernel.effective_sndbuf(asked), sndbuf, "{asked}");
            assert_eq!(kernel.effective_rcvbuf(asked), rcvbuf, "{asked}");
        }
    }

    #[test]
    fn unix_absorption_is_exact_in_every_measured_cell() {
        let kernel = KernelBuffers::default();
        let measured = [
            [95_232, 180_224, 212_992, 233_152],
            [4096, 8128, 8064, 8064],
            [15_360, 28_672, 32_704, 32_640],
            [58_368, 110_592, 131_072, 131_072],
            [233_472, 442_368, 507_904, 524_288],
            [932_864, 1_769_472, 2_015_232, 2_068_160],
        ];
        for (sndbuf, row) in SND.iter().zip(measured) {
            for (write, bytes) in [1024, 4096, 16_384, 65_536].into_iter().zip(row) {
                assert_eq!(
                    kernel.unix_absorbs(*sndbuf, write),
                    bytes,
                    "{sndbuf:?} {write}"
                );
            }
        }
        for (write, bytes) in [(1, 171), (100, 17_100), (500, 51_500)] {
            assert_eq!(unix_absorbs(131_072, write), bytes, "{write}");
        }
        assert_eq!(kernel.unix_absorbs(None, 100), 27_800);
    }

    #[test]
    fn unix_true_sizes_are_the_measured_ones() {
        for (payload, truesize) in [
            (1, 768),
            (192, 768),
            (1024, 2304),
            (2048, 4352),
            (4096, 4864),
            (16_384, 17_152),
        ] {
            assert_eq!(unix_truesize(payload), truesize, "{payload}");
        }
    }

    #[test]
    fn tcp_absorption_stays_within_its_stated_error() {
        let kernel = KernelBuffers::default();
        let rcv = [
            None,
            Some(2304),
            Some(4096),
            Some(16_384),
            Some(65_536),
            Some(262_144),
            Some(1_048_576),
        ];
        let measured: [[u64; 7]; 6] = [
            [
                4_259_840, 2_440_576, 2_990_080, 3_917_824, 4_263_560, 4_661_687, 6_249_663,
            ],
            [167_936, 10_368, 12_288, 38_912, 165_016, 585_773, 2_148_776],
            [167_936, 23_680, 30_720, 61_440, 165_016, 585_773, 2_148_776],
            [
                273_408, 81_280, 100_352, 159_744, 269_480, 715_664, 2_281_620,
            ],
            [
                673_792, 309_376, 380_928, 518_144, 659_552, 1_060_122, 2_648_151,
            ],
            [
                2_203_136, 1_222_912, 1_499_136, 1_972_224, 2_226_512, 2_631_714, 4_154_207,
            ],
        ];
        let mut errors = Vec::new();
        for (sndbuf, row) in SND.iter().zip(measured) {
            for (rcvbuf, bytes) in rcv.iter().zip(row) {
                let model = kernel.tcp_absorbs(*sndbuf, *rcvbuf) as f64;
                let error = (model / bytes as f64 - 1.0).abs();
                let small = sndbuf.is_some_and(|bytes| bytes < 16_384);
                let limit = if small { 0.25 } else { 0.15 };
                assert!(error <= limit, "{sndbuf:?} {rcvbuf:?}: {model} for {bytes}");
                errors.push(error);
            }
        }
        errors.sort_by(f64::total_cmp);
        assert!(
            errors[errors.len() / 2] < 0.03,
            "{}",
            errors[errors.len() / 2]
        );
    }

    #[test]
    fn a_blocked_unix_sender_sleeps_for_the_measured_lump() {
        // Measured: default buffer, 64 KiB items: 42 stalls of 196 608 bytes each.
        assert_eq!(unix_refill(212_992, 65_536), 196_608);
        // Measured: 131 072, 1 KiB writes: 43 of 57 queued KiB.
        assert_eq!(unix_refill(131_072, 1024), 43 * 1024);
    }

    #[test]
    fn a_blocked_tcp_sender_sleeps_for_about_a_third() {
        // Measured steps of a slow reader's staircase: effective buffers, bytes.
        for (sndbuf, rcvbuf, measured) in [
            (4_194_304, 131_072, 1_428_480),
            (4_194_304, 8192, 1_005_000),
            (4_194_304, 32_768, 1_277_952),
            (4_194_304, 65_536, 1_376_256),
            (2_097_152, 131_072, 761_856),
            (2_097_152, 32_768, 638_976),
            (524_288, 8192, 128_000),
        ] {
            let step = TcpFit::default().refill(sndbuf, rcvbuf) as f64;
            let error = step / f64::from(measured) - 1.0;
            assert!(error.abs() < 0.04, "{sndbuf} {rcvbuf}: {step}");
        }
    }

    #[test]
    fn writable_rules_differ_by_family() {
        assert!(tcp_writable(200, 300) && !tcp_writable(201, 300));
        assert!(unix_writable(100, 400) && !unix_writable(101, 400));
    }
}
