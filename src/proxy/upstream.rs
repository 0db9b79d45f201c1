//! The connection to the tier behind the proxy, TCP or Unix.

use std::cell::{Cell, OnceCell};
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, Waker, ready};

use socket2::SockRef;
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;

use super::room::UpstreamSlot;
use crate::machine::exchange::OsError;
use crate::net::{Address, begin_connect, inode_of, stream_to, watch};
use crate::record::Endpoint;

/// A peer: an instance of the tier behind the proxy.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    address: Address,
    source: Option<IpAddr>,
    /// As the error log names it in `connect() to ...`.
    pub(super) name: String,
    /// The `Host` that is sent to a single peer: nginx's `$proxy_host`.
    pub(super) host: String,
}

impl Peer {
    pub(super) fn new(address: &Address, source: Option<IpAddr>) -> Peer {
        let (name, host) = match address {
            Address::Tcp(tcp) => (tcp.to_string(), tcp.to_string()),
            Address::Unix(_) => (address.to_string(), "localhost".to_owned()),
        };
        Peer {
            address: address.clone(),
            source,
            name,
            host,
        }
    }

    pub(super) fn all(addresses: &[Address], source: Option<IpAddr>) -> Box<[Peer]> {
        let peers = addresses.iter().map(|address| Peer::new(address, source));
        peers.collect()
    }

    /// What the error log prints as `upstream: "..."`.
    pub(super) fn url(&self, target: &str) -> String {
        match self.address {
            Address::Tcp(_) => format!("http://{}{target}", self.name),
            Address::Unix(_) => format!("http://{}:{target}", self.name),
        }
    }
}

/// A connection to a peer, and the slot that it takes.
pub(super) struct Upstream {
    stream: Stream,
    /// Its name in the kernel's tables stays the same, however many requests it serves.
    endpoint: OnceCell<Option<Endpoint>>,
    /// The last read took all that there was.
    drained: Cell<bool>,
    _slot: UpstreamSlot,
}

enum Stream {
    Tcp(TcpStream),
    /// Watched for what comes from the peer, and for room only once there was none: the kernel tells of room at every read of a Unix socket's peer, and
    /// would wake the event loop twice for every request.
    Unix {
        socket: AsyncFd<OwnedFd>,
        tells_of_room: bool,
    },
}

impl Stream {
    fn unix(socket: OwnedFd, tells_of_room: bool) -> io::Result<Stream> {
        let interest = match tells_of_room {
            true => Interest::READABLE.add(Interest::WRITABLE),
            false => Interest::READABLE,
        };
        Ok(Stream::Unix {
            socket: watch(socket, interest)?,
            tells_of_room,
        })
    }
}

/// A connect that did not fail at once.
pub(super) enum Connecting {
    /// Established.
    Done(Upstream),
    /// EINPROGRESS: wait until it is writable, then ask [`Upstream::connect_result`].
    Pending(Upstream),
}

/// Starts to connect, without waiting for anything.
pub(super) fn connect(peer: &Peer, slot: UpstreamSlot) -> io::Result<Connecting> {
    let (socket, address) = stream_to(&peer.address)?;
    if let (Address::Tcp(_), Some(source)) = (&peer.address, peer.source) {
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    let pending = begin_connect(&socket, &address)?;
    let stream = match peer.address {
        Address::Tcp(_) => {
            let _ = socket.set_tcp_nodelay(true);
            Stream::Tcp(TcpStream::from_std(socket.into())?)
        }
        Address::Unix(_) => Stream::unix(socket.into(), pending)?,
    };
    let upstream = Upstream {
        stream,
        endpoint: OnceCell::new(),
        drained: Cell::new(false),
        _slot: slot,
    };
    Ok(if pending {
        Connecting::Pending(upstream)
    } else {
        Connecting::Done(upstream)
    })
}

impl Upstream {
    /// Whether a pending connect succeeded.
    pub(super) fn connect_result(&self) -> io::Result<()> {
        match SockRef::from(self).take_error()? {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// This end, by which the kernel's tables name it.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        *self.endpoint.get_or_init(|| match &self.stream {
            Stream::Tcp(stream) => Some(Endpoint::Tcp(stream.local_addr().ok()?)),
            Stream::Unix { socket, .. } => Some(Endpoint::Unix(inode_of(socket)?)),
        })
    }

    pub(super) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match &self.stream {
            Stream::Tcp(stream) => stream.ready(interest).await,
            // It needs no place in a list of those who wait.
            Stream::Unix { socket, .. } if interest == Interest::READABLE => {
                let ready = |context: &mut Context<'_>| socket.poll_read_ready(context);
                Ok(poll_fn(ready).await?.ready())
            }
            Stream::Unix { socket, .. } => Ok(socket.ready(interest).await?.ready()),
        }
    }

    /// Whether an idle connection is no longer silent: the peer closed it, or spoke unasked. If not, `watcher` is woken when it may be so.
    pub(super) fn poll_speaks(&self, watcher: &Waker) -> Poll<()> {
        let mut context = Context::from_waker(watcher);
        loop {
            if ready!(self.poll_read_ready(&mut context)).is_err() || self.has_spoken() {
                return Poll::Ready(());
            }
        }
    }

    /// It is idle no longer, and does not wake whoever watches those.
    pub(super) fn is_not_watched(&self) {
        let mut nobody = Context::from_waker(Waker::noop());
        let _ = self.poll_read_ready(&mut nobody);
    }

    fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.stream {
            Stream::Tcp(stream) => stream.poll_read_ready(context),
            Stream::Unix { socket, .. } => socket.poll_read_ready(context).map_ok(|_| ()),
        }
    }

    /// Whether the last read has left something, of which the kernel does not tell again.
    pub(super) fn has_more(&self) -> bool {
        !self.drained.get() && self.has_spoken()
    }

    fn has_spoken(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(self).peek(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.forget(Interest::READABLE);
                false
            }
            _ => true,
        }
    }

    /// Reads what is there.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len();
        self.after_read(read(SockRef::from(self), buffer), room)
    }

    /// Reads what is there, to several places.
    pub(super) fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let room = buffers.iter().map(|buffer| buffer.len()).sum();
        let read = rustix::io::readv(self, buffers).map_err(io::Error::from);
        self.after_read(read, room)
    }

    /// Less than there was room for is all that there was, and what comes later tells of itself (`ngx_unix_recv`).
    fn after_read(&self, read: io::Result<usize>, room: usize) -> io::Result<usize> {
        let drained = matches!(read, Ok(n) if n > 0 && n < room);
        self.drained.set(drained);
        if drained {
            self.forget(Interest::READABLE);
        }
        if matches!(&read, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            self.forget(Interest::READABLE);
        }
        read
    }

    /// Writes what fits of `len` bytes; if that is not all, room for the rest will be told of.
    pub(super) fn write(&mut self, slices: &[IoSlice<'_>], len: usize) -> io::Result<usize> {
        let written = write(&*self, slices);
        match &written {
            Ok(n) if *n == len => return written,
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return written,
            _ => {}
        }
        match &self.stream {
            // What the kernel has told of it until now it tells anew.
            Stream::Unix {
                socket,
                tells_of_room: false,
            } => self.stream = Stream::unix(socket.get_ref().try_clone()?, true)?,
            _ => self.forget(Interest::WRITABLE),
        }
        written
    }

    /// Forgets a readiness that is known, so that `ready` waits for the next edge.
    pub(super) fn forget(&self, interest: Interest) {
        let nothing = || Err(io::ErrorKind::WouldBlock.into());
        let _: io::Result<()> = match &self.stream {
            Stream::Tcp(stream) => stream.try_io(interest, nothing),
            Stream::Unix { socket, .. } => socket.try_io(interest, |_| nothing()),
        };
    }
}

impl AsFd for Upstream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Stream::Tcp(stream) => stream.as_fd(),
            Stream::Unix { socket, .. } => socket.as_fd(),
        }
    }
}

/// Reads without asking tokio whether the socket is readable. tokio answers would-block, without a system call, for a readiness
/// that it has not seen or was told to forget; the machine knows better.
pub(super) fn read(socket: SockRef<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    (&*socket).read(buffer)
}

/// Writes without asking tokio whether the socket is writable: `writev`, as nginx. Rust's programs ignore SIGPIPE, and so does nginx.
pub(super) fn write(socket: impl AsFd, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    Ok(rustix::io::writev(socket, slices)?)
}

/// The number and words of an error, as nginx logs them.
pub(super) fn os_error(error: &io::Error) -> OsError {
    OsError {
        code: error.raw_os_error().unwrap_or(0),
        name: crate::net::words_of(error),
    }
}
