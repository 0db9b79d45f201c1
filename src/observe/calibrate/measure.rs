//! Fills pairs of real sockets until nothing more goes in. Takes about a second and, for that long, 30 MiB of kernel memory.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, SockRef, Socket, Type};

use super::{Cell, WRITE};
use crate::net::{BufferSizes, apply_before_use};
use crate::units::Bytes;

/// Send and receive buffers that the fit sees, and some between them that judge it.
const SNDBUFS: [Option<u64>; 4] = [None, Some(16_384), Some(65_536), Some(262_144)];
const RCVBUFS: [Option<u64>; 5] = [None, Some(4096), Some(16_384), Some(65_536), Some(262_144)];
const CHECKED: [(u64, u64); 6] = [
    (24_576, 8192),
    (24_576, 98_304),
    (98_304, 8192),
    (98_304, 98_304),
    (393_216, 24_576),
    (393_216, 393_216),
];
/// Nothing went in anywhere for so many rounds: longer than the least retransmission timeout (200 ms), after which a sender with
/// a full window tries once more and finds room.
const QUIET_ROUNDS: u32 = 60;
const ROUND_MS: i64 = 5;
/// A kernel that takes in bytes for ever is not understood here.
const MOST_ROUNDS: u32 = 2000;

/// A pair that is being filled; the reader only has to live.
struct Filling {
    cell: Cell,
    sender: Socket,
    _reader: Socket,
}

/// Measures some cells of each family.
///
/// # Errors
/// Sockets that cannot be made.
pub fn measure() -> io::Result<Vec<Cell>> {
    let mut pairs = Vec::new();
    for sndbuf in [None, Some(4096), Some(16_384), Some(65_536), Some(262_144)] {
        pairs.push(unix_pair(sndbuf)?);
    }
    for sndbuf in SNDBUFS {
        for rcvbuf in RCVBUFS {
            pairs.push(tcp_pair(sndbuf, rcvbuf, false)?);
        }
    }
    for (sndbuf, rcvbuf) in CHECKED {
        pairs.push(tcp_pair(Some(sndbuf), Some(rcvbuf), true)?);
    }
    fill(&mut pairs)?;
    Ok(pairs.into_iter().map(|pair| pair.cell).collect())
}

fn unix_pair(sndbuf: Option<u64>) -> io::Result<Filling> {
    let (sender, reader) = Socket::pair(Domain::UNIX, Type::STREAM, None)?;
    apply_before_use(SockRef::from(&sender), sizes(sndbuf, None))?;
    Ok(Filling {
        cell: Cell {
            unix: true,
            check: false,
            sndbuf,
            rcvbuf: None,
            measured: 0,
        },
        sender,
        _reader: reader,
    })
}

/// The accepted side, with its send buffer inherited from the listener, and the reader.
fn tcp_pair(sndbuf: Option<u64>, rcvbuf: Option<u64>, check: bool) -> io::Result<Filling> {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    apply_before_use(SockRef::from(&listener), sizes(sndbuf, None))?;
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    listener.listen(1)?;
    let reader = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    apply_before_use(SockRef::from(&reader), sizes(None, rcvbuf))?;
    reader.connect(&listener.local_addr()?)?;
    let (sender, _) = listener.accept()?;
    Ok(Filling {
        cell: Cell {
            unix: false,
            check,
            sndbuf,
            rcvbuf,
            measured: 0,
        },
        sender,
        _reader: reader,
    })
}

fn sizes(sndbuf: Option<u64>, rcvbuf: Option<u64>) -> BufferSizes {
    BufferSizes {
        sndbuf: sndbuf.map(Bytes),
        rcvbuf: rcvbuf.map(Bytes),
    }
}

/// Writes to all of them until none takes anything for a while.
fn fill(pairs: &mut [Filling]) -> io::Result<()> {
    for pair in pairs.iter() {
        pair.sender.set_nonblocking(true)?;
    }
    let pause = rustix::time::Timespec {
        tv_sec: 0,
        tv_nsec: ROUND_MS * 1_000_000,
    };
    let mut quiet = 0;
    for _ in 0..MOST_ROUNDS {
        let mut taken = 0;
        for pair in pairs.iter_mut() {
            let bytes = push(&pair.sender)?;
            pair.cell.measured += bytes;
            taken += bytes;
        }
        quiet = if taken > 0 { 0 } else { quiet + 1 };
        if quiet == QUIET_ROUNDS {
            return Ok(());
        }
        // A wait for nothing: a signal that ends it early only shortens one round.
        let _ = rustix::event::poll(&mut [], Some(&pause));
    }
    Err(io::Error::other(
        "sockets that nobody reads went on taking in bytes",
    ))
}

/// Writes until refused.
fn push(sender: &Socket) -> io::Result<u64> {
    let piece = [0; WRITE as usize];
    let mut total = 0;
    loop {
        match sender.send(&piece) {
            Ok(n) => total += n as u64,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}
