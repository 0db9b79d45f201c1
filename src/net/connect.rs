//! Connecting without waiting: what proxy, clients and probes begin alike.

use std::io;

use socket2::{Domain, SockAddr, Socket, Type};

use super::Address;

/// A stream socket for connections to `address` that never blocks, and the address as the kernel takes it.
///
/// # Errors
/// Those of `socket`; a path that is too long for a Unix socket.
pub fn stream_to(address: &Address) -> io::Result<(Socket, SockAddr)> {
    let (domain, address) = match address {
        Address::Tcp(tcp) => (Domain::for_address(*tcp), SockAddr::from(*tcp)),
        Address::Unix(path) => (Domain::UNIX, SockAddr::unix(path)?),
    };
    let kind = Type::STREAM.nonblocking().cloexec();
    Ok((Socket::new(domain, kind, None)?, address))
}

/// Begins to connect; whether the answer is still to come (EINPROGRESS). On Unix it never is: a full accept queue is EAGAIN at once,
/// and POLLOUT could not wait for it.
///
/// # Errors
/// Those of `connect`.
pub fn begin_connect(socket: &Socket, address: &SockAddr) -> io::Result<bool> {
    match socket.connect(address) {
        Ok(()) => Ok(false),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(true),
        Err(error) => Err(error),
    }
}
