//! What this machine's sockets really take in while nobody reads, beside what `machine::sockbuf` says.
//!
//! Each cell is one pair of real sockets on loopback: the accepted side writes 4 KiB at a time until it has been refused for a
//! while (*settled* capacity). The model's figures use this machine's sysctls. Takes about six seconds and, for an instant, 4 MiB
//! of kernel memory.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, SockRef, Socket, Type};

use crate::machine::sockbuf::KernelBuffers;
use crate::net::{BufferSizes, apply_before_use};
use crate::units::Bytes;

/// The write that most tables of the reference use.
const WRITE: usize = 4096;
/// A sender that was refused so often in a row, 5 ms apart, has settled. TCP lets in a last part with the first window probe, after 208
/// ms: with 60 ms of quiet the cells of 16 KiB came out 10 and 14 % too small (150 528 and 141 328 bytes for 167 936 and 165 016).
const QUIET_ROUNDS: u32 = 64;
const ROUND_MS: i64 = 5;

/// One pair of sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absorbed {
    /// Unix stream or loopback TCP.
    pub unix: bool,
    /// SO_SNDBUF asked for by the sender.
    pub sndbuf: Option<u64>,
    /// SO_RCVBUF asked for by the reader (TCP).
    pub rcvbuf: Option<u64>,
    /// Bytes that went in.
    pub measured: u64,
    /// Bytes that the model says.
    pub model: u64,
}

impl Absorbed {
    /// The model's error, as a share of what was measured.
    pub fn error(&self) -> f64 {
        self.model as f64 / self.measured.max(1) as f64 - 1.0
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
    }
}

/// Measures a few cells of each family.
///
/// # Errors
/// Sockets that cannot be made.
pub fn calibrate(kernel: &KernelBuffers) -> io::Result<Vec<Absorbed>> {
    let mut cells = Vec::new();
    for sndbuf in [None, Some(4096), Some(16_384), Some(65_536), Some(262_144)] {
        let (sender, _reader) = Socket::pair(Domain::UNIX, Type::STREAM, None)?;
        apply_before_use(SockRef::from(&sender), sizes(sndbuf, None))?;
        cells.push(Absorbed {
            unix: true,
            sndbuf,
            rcvbuf: None,
            measured: fill(&sender)?,
            model: kernel.unix_absorbs(sndbuf, WRITE as u64),
        });
    }
    for sndbuf in [None, Some(16_384), Some(65_536), Some(262_144)] {
        for rcvbuf in [None, Some(4096), Some(65_536)] {
            let (sender, _reader) = tcp_pair(sndbuf, rcvbuf)?;
            cells.push(Absorbed {
                unix: false,
                sndbuf,
                rcvbuf,
                measured: fill(&sender)?,
                model: kernel.tcp_absorbs(sndbuf, rcvbuf),
            });
        }
    }
    Ok(cells)
}

fn sizes(sndbuf: Option<u64>, rcvbuf: Option<u64>) -> BufferSizes {
    BufferSizes {
        sndbuf: sndbuf.map(Bytes),
        rcvbuf: rcvbuf.map(Bytes),
    }
}

/// The accepted side, with its send buffer inherited from the listener, and the reader.
fn tcp_pair(sndbuf: Option<u64>, rcvbuf: Option<u64>) -> io::Result<(Socket, Socket)> {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    apply_before_use(SockRef::from(&listener), sizes(sndbuf, None))?;
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    listener.listen(1)?;
    let reader = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    apply_before_use(SockRef::from(&reader), sizes(None, rcvbuf))?;
    reader.connect(&listener.local_addr()?)?;
    let (sender, _) = listener.accept()?;
    Ok((sender, reader))
}

/// Writes until nothing more goes in for a while.
fn fill(sender: &Socket) -> io::Result<u64> {
    sender.set_nonblocking(true)?;
    let pause = rustix::time::Timespec {
        tv_sec: 0,
        tv_nsec: ROUND_MS * 1_000_000,
    };
    let (mut total, mut quiet) = (0, 0);
    while quiet < QUIET_ROUNDS {
        match sender.send(&[0; WRITE]) {
            Ok(n) => {
                total += n as u64;
                quiet = 0;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                quiet += 1;
                // A wait for nothing: a signal that ends it early only shortens one round.
                let _ = rustix::event::poll(&mut [], Some(&pause));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_holds_on_this_kernel() {
        let kernel = kernel_buffers(&super::super::machine::facts().sysctls);
        for cell in calibrate(&kernel).unwrap() {
            // Unix is exact where it was measured; another skb may be a little larger. TCP varies by itself on a busy machine.
            let limit = if cell.unix { 0.05 } else { 0.35 };
            assert!(cell.error().abs() <= limit, "{cell:?}");
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
