//! What the sim charges for bytes beside room in buffers: time of whoever sends them, and of those behind. Constants of a host, not of a program.
//!
//! [`Costs::MEASURED`] is of one host of two cores. Another is quicker or slower, by a factor that differs from cost to cost, so they are a value that can
//! be measured anew (`slowlab doctor --calibrate FILE`, `--kernel FILE`): a sim is to be held against the host that it stands for.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// Nanoseconds of a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// CPU time of a process for handing a KiB over to a socket.
    pub send_kib_ns: u64,
    /// What a KiB costs it beyond that if it is read at once: the reader's wake-up, and the caches that both want.
    pub read_kib_ns: u64,
    /// Time until a KiB is through the socket, and through a proxy with a client that reads at once.
    pub pass_on_kib_ns: u64,
    /// What each piece costs beyond that which a proxy reads and writes by itself: two system calls, and a reader that is woken. A file of before has none.
    #[serde(default = "Costs::known_piece")]
    pub pass_on_piece_ns: u64,
    /// Time that an event loop needs for a KiB that it reads and writes to a file or to a client.
    pub relay_kib_ns: u64,
    /// Until an event loop is at that pace with a response that is more than what is between it and its worker: it is woken, makes a temp file and
    /// touches memory that it has not touched before.
    pub relay_begins_ns: u64,
}

impl Costs {
    /// Measured on two cores, quick clients, nobody waiting: `sendall` of 96 MiB in pieces of 64 KiB held a gevent worker behind an unbuffering proxy on the
    /// lab for 99 to 118 ms where that reads 4 KiB at a time (`proxy_buffer_size`), 71 to 76 at 8 KiB, 53 to 54 at 16 and 41 at 64: 375 ns for a KiB
    /// and 2.9 us for a piece (gunicorn and nginx: 91 to 124, 86 to 107, 71 to 73, 76 to 90); with 1 ms of CPU before each piece, during which others
    /// pass on, for 0.10 to 0.13 s more than the CPU. What stays in the buffers, since its reader is slow, costs less: 1 MiB
    /// held a worker for 0.4 to 0.7 ms on the lab and 0.9 to 1.6 ms in gunicorn, 4 MiB for 1.3 and 2.6 ms (`results/reference/stairs.csv`). Who has to
    /// wait for room waits for the one that reads all of them. Behind nginx and behind the lab's proxy, buffering, one slow reader at a time, `send` of
    /// 512 KiB took a worker 0.72 and 0.65 to 0.74 ms at the median of 24, 1 MiB 1.02 to 1.12 and 1.03 to 1.15, 4 MiB 2.8 to 2.9 and 3.0, 16 MiB 9.2 to 9.3
    /// and 10.2 to 10.4: 540 ns for a KiB that goes into the temp file, and 0.55 ms until the proxy is at that pace. Hosts differ here most: three
    /// responses of 8 MiB at once were in the temp files of nginx after 35 ms on one, and after 6 to 22 on another, from hour to hour.
    pub const MEASURED: Costs = Costs {
        send_kib_ns: 450,
        read_kib_ns: 650,
        pass_on_kib_ns: 375,
        pass_on_piece_ns: 2_900,
        relay_kib_ns: 540,
        relay_begins_ns: 550_000,
    };

    /// What handing so many bytes over costs.
    pub fn sending(&self, bytes: u64) -> Span {
        times(self.send_kib_ns, bytes)
    }

    /// What it costs beyond that if they are read at once.
    pub fn being_read(&self, bytes: u64) -> Span {
        times(self.read_kib_ns, bytes)
    }

    /// Until they are through, one behind the other, in such pieces.
    pub fn passing_on(&self, bytes: u64, piece_bytes: u64) -> Span {
        let pieces = self.pass_on_piece_ns * bytes / piece_bytes.max(1);
        times(self.pass_on_kib_ns, bytes).saturating_add(Span::from_ns(pieces))
    }

    /// How long an event loop needs for them.
    pub fn relaying(&self, bytes: u64) -> Span {
        times(self.relay_kib_ns, bytes)
    }

    const fn known_piece() -> u64 {
        Costs::MEASURED.pass_on_piece_ns
    }

    /// Until it is at that pace.
    pub fn begins(&self) -> Span {
        Span::from_ns(self.relay_begins_ns)
    }
}

impl Default for Costs {
    fn default() -> Costs {
        Costs::MEASURED
    }
}

fn times(each_kib_ns: u64, bytes: u64) -> Span {
    Span::from_ns(each_kib_ns * bytes / 1024)
}
