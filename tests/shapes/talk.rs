//! One client: sends bytes, and tells what came back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// More than any answer here.
const MOST: usize = 4 << 20;

/// How the server left the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// It is silent, and the connection is there.
    Open,
    /// It has closed, with a reset or without.
    Closed,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

/// Connects from an address.
pub(crate) fn connect(to: SocketAddr, from: Ipv4Addr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

/// Sends, and listens until the server has said nothing for `patience`.
pub(crate) fn talk(stream: &mut TcpStream, bytes: &[u8], ends: bool, patience: Duration) -> Heard {
    stream.set_read_timeout(Some(patience)).unwrap();
    stream.set_write_timeout(Some(patience)).unwrap();
    // Who refuses early may have closed by now.
    let _ = stream.write_all(bytes);
    if ends {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    let (mut heard, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    let end = loop {
        match stream.read(&mut piece) {
            Ok(0) => break End::Closed,
            Ok(n) => heard.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break End::Open;
            }
            Err(_) => break End::Closed,
        }
        assert!(heard.len() < MOST, "an answer without end");
    };
    Heard { bytes: heard, end }
}

impl Heard {
    /// The statuses of its responses, in order.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let digits = |at: usize| {
            let text = self.bytes.get(at + 9..at + 12)?;
            let text = std::str::from_utf8(text).ok()?;
            text.parse().ok()
        };
        let starts = self.bytes.windows(7).enumerate();
        let starts = starts.filter(|(_, window)| *window == b"HTTP/1.");
        starts.filter_map(|(at, _)| digits(at)).collect()
    }
}
