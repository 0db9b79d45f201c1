//! An accepted connection: blocking calls that a signal can unwind.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags};
use socket2::SockRef;

use super::super::poll::{WakePipe, readable};
use crate::machine::worker::{Failure, Interrupt, Outcome};
use crate::time::{Clock, Span, Timestamp};
use crate::units::Bytes;

/// What a receive brought.
pub(super) enum Got {
    Bytes(usize),
    Nothing(Outcome<'static>),
}

impl Got {
    /// What the machine is told; `buffer` is the one that was received into.
    pub(super) fn outcome(self, buffer: &[u8]) -> Outcome<'_> {
        match self {
            Got::Bytes(n) => Outcome::Received(&buffer[..n]),
            Got::Nothing(outcome) => outcome,
        }
    }
}

/// A connection taken from the listener.
#[derive(Debug)]
pub(super) struct Connection {
    socket: OwnedFd,
    /// `%(h)s`: the peer's address, empty on a Unix socket.
    pub host: String,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Connection {
    /// One `accept` on the non-blocking listener. The connection itself blocks.
    pub(super) fn accept(listener: impl AsFd) -> Result<Option<Connection>, Failure> {
        match rustix::net::acceptfrom_with(listener, SocketFlags::CLOEXEC) {
            Ok((socket, peer)) => Ok(Some(Connection {
                socket,
                host: peer
                    .and_then(|peer| std::net::SocketAddr::try_from(peer).ok())
                    .map_or_else(String::new, |peer| peer.ip().to_string()),
            })),
            Err(Errno::AGAIN | Errno::CONNABORTED | Errno::INTR) => Ok(None),
            Err(error) => Err(Failure::Other(error.to_string())),
        }
    }

    /// Asks for a send buffer. An accepted Unix socket does not inherit the listener's (measured on 6.18: 16 KiB on the
    /// listener, 208 KiB on what it accepts); a TCP one does, and asking again changes nothing.
    pub(super) fn ask_for_sndbuf(&self, bytes: Bytes) -> Result<(), Failure> {
        SockRef::from(&self.socket)
            .set_send_buffer_size(bytes.as_usize())
            .map_err(|error| Failure::Other(error.to_string()))
    }

    /// A blocking `recv`.
    pub(super) fn recv(&self, buffer: &mut [u8], pending: impl Fn() -> Option<Interrupt>) -> Got {
        loop {
            if let Some(by) = pending() {
                return Got::Nothing(Outcome::Interrupted { by, sent: 0 });
            }
            match rustix::net::recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
                Ok((0, _)) => return Got::Nothing(Outcome::Eof),
                Ok((n, _)) => return Got::Bytes(n),
                Err(Errno::INTR) => {}
                Err(error) => return Got::Nothing(failed(error, 0)),
            }
        }
    }

    /// `sendall` on the blocking socket: here a worker sleeps (state S, in `sock_alloc_send_pskb` or `wait_woken`) while the
    /// kernel's buffers are full.
    pub(super) fn send_all(
        &self,
        bytes: &[u8],
        pending: impl Fn() -> Option<Interrupt>,
    ) -> Outcome<'static> {
        let mut sent = 0;
        while sent < bytes.len() {
            if let Some(by) = pending() {
                let sent = sent as u64;
                return Outcome::Interrupted { by, sent };
            }
            match rustix::net::send(&self.socket, &bytes[sent..], SendFlags::NOSIGNAL) {
                Ok(n) => sent += n,
                Err(Errno::INTR) => {}
                Err(error) => return failed(error, sent as u64),
            }
        }
        Outcome::Sent
    }

    /// One `send` that does not block, for error pages; its result does not matter.
    pub(super) fn send_now(&self, bytes: &[u8]) {
        let _ = self.try_send(bytes);
    }

    /// One `recv` that does not block; nothing if there is nothing yet.
    pub(super) fn try_recv(&self, buffer: &mut [u8]) -> Option<Got> {
        loop {
            return Some(
                match rustix::net::recv(&self.socket, &mut *buffer, RecvFlags::DONTWAIT) {
                    Ok((0, _)) => Got::Nothing(Outcome::Eof),
                    Ok((n, _)) => Got::Bytes(n),
                    Err(Errno::INTR) => continue,
                    Err(Errno::AGAIN) => return None,
                    Err(error) => Got::Nothing(failed(error, 0)),
                },
            );
        }
    }

    /// One `send` that does not block: how many bytes the kernel has taken.
    pub(super) fn try_send(&self, bytes: &[u8]) -> Result<usize, Failure> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            return match rustix::net::send(&self.socket, bytes, flags) {
                Ok(n) => Ok(n),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => Ok(0),
                Err(error) => Err(failure(error)),
            };
        }
    }

    pub(super) fn shutdown_write(&self) -> Outcome<'static> {
        match rustix::net::shutdown(&self.socket, Shutdown::Write) {
            Ok(()) => Outcome::Done,
            Err(error) => failed(error, 0),
        }
    }

    /// A `recv` with a deadline.
    pub(super) fn recv_until(
        &self,
        buffer: &mut [u8],
        clock: Clock,
        until: Timestamp,
        pending: impl Fn() -> Option<Interrupt>,
    ) -> Got {
        loop {
            if let Some(by) = pending() {
                return Got::Nothing(Outcome::Interrupted { by, sent: 0 });
            }
            if let Some(got) = self.try_recv(buffer) {
                return got;
            }
            let left = until.since(clock.now());
            if left.is_zero() {
                return Got::Nothing(Outcome::TimedOut);
            }
            readable([self.socket.as_fd()], left);
        }
    }
}

/// Waits without CPU; TERM does not end it, ABRT and QUIT do.
pub(super) fn wait(
    wake: &WakePipe,
    clock: Clock,
    span: Span,
    pending: impl Fn() -> Option<Interrupt>,
) -> Outcome<'static> {
    let until = clock.now() + span;
    loop {
        if let Some(by) = pending() {
            return Outcome::Interrupted { by, sent: 0 };
        }
        let left = until.since(clock.now());
        if left.is_zero() {
            return Outcome::Done;
        }
        readable([wake.reader()], left);
        wake.drain();
    }
}

/// Uses CPU of this thread, as an interpreted loop does: a signal is seen between two of its steps.
pub(super) fn burn(span: Span, pending: impl Fn() -> Option<Interrupt>) -> Outcome<'static> {
    let start = crate::time::thread_cpu_time();
    while crate::time::thread_cpu_time().saturating_sub(start) < span {
        if let Some(by) = pending() {
            return Outcome::Interrupted { by, sent: 0 };
        }
        spin();
    }
    Outcome::Done
}

/// A microsecond or so of CPU.
pub(super) fn spin() {
    let mut state = 1_u64;
    for _ in 0..1_000 {
        state = std::hint::black_box(state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1));
    }
}

fn failed(error: Errno, sent: u64) -> Outcome<'static> {
    let failure = failure(error);
    Outcome::Failed { failure, sent }
}

fn failure(error: Errno) -> Failure {
    match error {
        Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => Failure::Gone,
        error => Failure::Other(error.to_string()),
    }
}
