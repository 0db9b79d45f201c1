//! What this machine's sockets really take in while nobody reads, and the model's constants fitted to it.
//!
//! A [`Cell`] is one pair of real sockets on loopback whose accepted side has written all that it could (*settled* capacity).
//! [`measure`] fills them, [`refit`] adjusts the TCP constants of `machine::sockbuf`, [`Calibration`] keeps the result for
//! simulated runs. Unix sockets need no fit: their model is exact. [`costs`] measures what bytes cost whoever moves them.

mod file;
mod fit;
mod measure;
mod speed;

use std::collections::BTreeMap;

pub use file::{Calibration, CalibrationError};
pub use fit::{mean_error, refit};
pub use measure::measure;
pub use speed::costs;

use serde::{Deserialize, Serialize};

use crate::machine::sockbuf::{KernelBuffers, TcpFit};

/// The write that most tables of the reference use, in bytes.
const WRITE: u64 = 4096;

/// One pair of sockets, and what it took in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Unix stream or loopback TCP.
    pub unix: bool,
    /// Whether the fit leaves it out, so that it can judge the fit.
    pub check: bool,
    /// SO_SNDBUF asked for by the sender.
    pub sndbuf: Option<u64>,
    /// SO_RCVBUF asked for by the reader (TCP).
    pub rcvbuf: Option<u64>,
    /// Bytes that went in by writes of 4 KiB.
    pub measured: u64,
}

impl Cell {
    /// Bytes that the model says.
    pub fn model(&self, kernel: &KernelBuffers) -> u64 {
        match self.unix {
            true => kernel.unix_absorbs(self.sndbuf, WRITE),
            false => kernel.tcp_absorbs(self.sndbuf, self.rcvbuf),
        }
    }

    /// The model's error, as a share of what was measured.
    pub fn error(&self, kernel: &KernelBuffers) -> f64 {
        self.model(kernel) as f64 / self.measured.max(1) as f64 - 1.0
    }
}

/// The kernel's limits on socket buffers, by the names of sysctls; what is missing keeps the value of the measured machine.
pub fn kernel_buffers(sysctls: &BTreeMap<String, String>) -> KernelBuffers {
    let number = |name: &str, field: usize, default: u64| {
        let value = sysctls
            .get(name)
            .and_then(|value| value.split(' ').nth(field));
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    };
    let measured = KernelBuffers::default();
    KernelBuffers {
        wmem_max: number("net.core.wmem_max", 0, measured.wmem_max),
        wmem_default: number("net.core.wmem_default", 0, measured.wmem_default),
        rmem_max: number("net.core.rmem_max", 0, measured.rmem_max),
        tcp_wmem_max: number("net.ipv4.tcp_wmem", 2, measured.tcp_wmem_max),
        tcp_rmem_default: number("net.ipv4.tcp_rmem", 1, measured.tcp_rmem_default),
        tcp: TcpFit::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_holds_on_this_kernel() {
        let kernel = kernel_buffers(&super::super::machine::facts().sysctls);
        for cell in measure().unwrap() {
            // Unix is exact where it was measured; another skb may be a little larger. TCP varies by itself on a busy machine.
            let limit = if cell.unix { 0.05 } else { 0.35 };
            assert!(cell.error(&kernel).abs() <= limit, "{cell:?}");
        }
    }

    #[test]
    fn sysctls_are_read_by_name_and_field() {
        let sysctls = BTreeMap::from([
            ("net.core.wmem_max".to_owned(), "212992".to_owned()),
            (
                "net.ipv4.tcp_wmem".to_owned(),
                "4096 16384 6291456".to_owned(),
            ),
        ]);
        let kernel = kernel_buffers(&sysctls);
        assert_eq!((kernel.wmem_max, kernel.tcp_wmem_max), (212_992, 6_291_456));
        assert_eq!(kernel.rmem_max, KernelBuffers::default().rmem_max);
    }
}
