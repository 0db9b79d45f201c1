//! Making a connection: socket options first, then `connect`, then what the kernel granted.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use socket2::{SockAddr, SockRef, Socket};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use super::world::World;
use crate::apart;
use crate::machine::behavior::SocketKnobs;
use crate::machine::visit::Wait;
use crate::net::{Address, begin_connect, inode_of, stream_to};
use crate::record::Endpoint;

/// Connections per source address when sources are spread: well below the 28 232 ports of Linux's default range.
pub(super) const CONNECTIONS_PER_SOURCE: usize = 20_000;
/// Source addresses to spread over, from 127.0.0.1 on: the whole of 127/8 is local without any setup.
const SOURCES: u64 = 250;

/// A connection that counts as held until it is dropped.
pub(super) struct Connection {
    wire: Wire,
    /// This end of it, where that can be told.
    end: Option<Endpoint>,
    world: Rc<World>,
}

enum Wire {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What came of an attempt to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written {
    /// So many bytes were taken; none if the socket has no room.
    Taken(usize),
    /// The connection is broken.
    Failed,
}

/// What the kernel says about a connection that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Granted {
    pub(super) rcvbuf_bytes: Option<u64>,
    pub(super) client_port: Option<u16>,
}

/// Connects to a client's target. What a Unix socket does not have (a receive buffer, segments) is not asked for.
pub(super) async fn dial(
    world: &Rc<World>,
    (group, client): (u32, u32),
    knobs: SocketKnobs,
    request_id: u64,
) -> io::Result<(Connection, Granted)> {
    let (wire, granted) = match world.target(client) {
        Address::Tcp(target) => {
            let of = world.group(group);
            let made = match of.far_source(group, client) {
                Some(source) => (far_stream_to(world.target(client))?, Some(source)),
                None => {
                    let own = of.source(group, client);
                    let source = own.or(world.spread_sources.then(|| source(request_id)));
                    (stream_to(world.target(client))?, source)
                }
            };
            dial_tcp(*target, made, knobs).await?
        }
        unix @ Address::Unix(_) => {
            let (socket, address) = stream_to(unix)?;
            begin_connect(&socket, &address)?;
            let stream = UnixStream::from_std(socket.into())?;
            (Wire::Unix(stream), Granted::default())
        }
    };
    world.gauges.held_connections.add(1);
    let end = wire.end();
    if let Some(end) = end {
        world.gauges.visitors.enter(end, group);
    }
    let world = Rc::clone(world);
    Ok((Connection { wire, end, world }, granted))
}

async fn dial_tcp(
    target: SocketAddr,
    ((socket, address), source): ((Socket, SockAddr), Option<Ipv4Addr>),
    knobs: SocketKnobs,
) -> io::Result<(Wire, Granted)> {
    socket.set_tcp_nodelay(true)?;
    // Before `connect`, because the window that the SYN promises is kept: shrinking it later makes the kernel drop segments.
    if let Some(rcvbuf) = knobs.rcvbuf {
        socket.set_recv_buffer_size(rcvbuf.as_usize())?;
    }
    if let Some(mss) = knobs.mss {
        socket.set_tcp_mss(mss)?;
    }
    if let (Some(source), true) = (source, target.is_ipv4()) {
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((IpAddr::V4(source), 0)).into())?;
    }
    begin_connect(&socket, &address)?;
    let stream = TcpStream::from_std(socket.into())?;
    stream.writable().await?;
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    let granted = Granted {
        rcvbuf_bytes: Some(SockRef::from(&stream).recv_buffer_size()? as u64),
        client_port: Some(stream.local_addr()?.port()),
    };
    Ok((Wire::Tcp(stream), granted))
}

/// A socket where clients are that are far away.
fn far_stream_to(target: &Address) -> io::Result<(Socket, SockAddr)> {
    let nowhere = || io::Error::from_raw_os_error(libc::ENETUNREACH);
    let apart = apart::here().ok_or_else(nowhere)?;
    apart.among_clients(|| stream_to(target))?
}

fn source(request_id: u64) -> Ipv4Addr {
    let block = request_id / CONNECTIONS_PER_SOURCE as u64 % SOURCES;
    Ipv4Addr::new(127, 0, 0, 1 + u8::try_from(block).unwrap_or_default())
}

impl Wire {
    /// This end, by which the observer finds it in the kernel's tables.
    fn end(&self) -> Option<Endpoint> {
        match self {
            Wire::Tcp(stream) => Some(Endpoint::Tcp(stream.local_addr().ok()?)),
            Wire::Unix(stream) => Some(Endpoint::Unix(inode_of(stream)?)),
        }
    }
}

impl Connection {
    /// Reads what is there, at most a buffer full.
    pub(super) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.wire {
            Wire::Tcp(stream) => stream.try_read(buffer),
            Wire::Unix(stream) => stream.try_read(buffer),
        }
    }

    /// Writes what the socket takes now.
    pub(super) fn try_write(&self, bytes: &[u8]) -> Written {
        let written = match &self.wire {
            Wire::Tcp(stream) => stream.try_write(bytes),
            Wire::Unix(stream) => stream.try_write(bytes),
        };
        match written {
            Ok(n) => Written::Taken(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Written::Taken(0),
            Err(_) => Written::Failed,
        }
    }

    /// `shutdown(SHUT_WR)`. If the connection is broken already, the next call on it tells.
    pub(super) fn shutdown_write(&self) {
        let _ = self.socket().shutdown(std::net::Shutdown::Write);
    }

    /// Closes it by a reset; on Unix there is none.
    pub(super) fn reset(self) {
        // Without it the close is an ordinary one, which is all that can be done then.
        let _ = self.socket().set_linger(Some(std::time::Duration::ZERO));
    }

    fn socket(&self) -> SockRef<'_> {
        match &self.wire {
            Wire::Tcp(stream) => SockRef::from(stream),
            Wire::Unix(stream) => SockRef::from(stream),
        }
    }

    /// Waits until the socket may be ready for what is waited for; `None` if that is nothing.
    pub(super) fn interest(&self, wait: Wait) -> Option<impl Future<Output = ()>> {
        let interest = match (wait.readable, wait.writable) {
            (false, false) => return None,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
            (true, true) => Interest::READABLE | Interest::WRITABLE,
        };
        Some(async move {
            // What is wrong with a socket is told by the next call on it.
            let _ = match &self.wire {
                Wire::Tcp(stream) => stream.ready(interest).await,
                Wire::Unix(stream) => stream.ready(interest).await,
            };
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.world.gauges.held_connections.sub(1);
        if let Some(end) = self.end {
            self.world.gauges.visitors.leave(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_spread_in_blocks() {
        let cases = [
            (1, [127, 0, 0, 1]),
            (19_999, [127, 0, 0, 1]),
            (20_000, [127, 0, 0, 2]),
            (4_999_999, [127, 0, 0, 250]),
            (5_000_000, [127, 0, 0, 1]),
        ];
        for (request_id, address) in cases {
            assert_eq!(source(request_id), Ipv4Addr::from(address), "{request_id}");
        }
    }

    #[test]
    fn a_spread_source_is_what_the_listener_sees() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let source = Ipv4Addr::new(127, 0, 0, 2);
        let (_wire, granted) = runtime
            .block_on(async {
                let socket = stream_to(&Address::Tcp(target))?;
                dial_tcp(target, (socket, Some(source)), SocketKnobs::default()).await
            })
            .unwrap();
        let (_, peer) = listener.accept().unwrap();
        assert_eq!(peer.ip(), IpAddr::V4(source));
        assert_eq!(granted.client_port, Some(peer.port()));
    }
}
