//! Waiting with `poll`, and the wake pipe that makes a signal end the wait.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::pipe::PipeFlags;

use crate::time::{Clock, Span};

/// Waits until one of `fds` is readable (or has ended), a signal arrives, or `timeout` is over. Which are ready; none after a signal.
pub(super) fn readable<const N: usize>(fds: [BorrowedFd<'_>; N], timeout: Span) -> [bool; N] {
    let mut polled = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    let ready = poll_for(&mut polled, timeout);
    std::array::from_fn(|index| ready[index])
}

/// Waits until one of these is ready (or has ended), a signal arrives, or `timeout` is over. Which are ready; none after a signal.
pub(super) fn poll_for(polled: &mut [PollFd<'_>], timeout: Span) -> Vec<bool> {
    let timeout = Timespec {
        tv_sec: i64::try_from(timeout.as_ns() / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(timeout.as_ns() % 1_000_000_000).unwrap_or(0),
    };
    match rustix::event::poll(polled, Some(&timeout)) {
        Ok(_) => polled.iter().map(|fd| !fd.revents().is_empty()).collect(),
        Err(_) => vec![false; polled.len()],
    }
}

/// Sleeps through signals, which stay counted.
pub(super) fn sleep(clock: Clock, span: Span) {
    let until = clock.now() + span;
    loop {
        let left = until.since(clock.now());
        if left.is_zero() {
            return;
        }
        let [] = readable([], left);
    }
}

/// A pipe into which signal handlers write a byte.
#[derive(Debug)]
pub(super) struct WakePipe {
    read: OwnedFd,
    write: OwnedFd,
}

impl WakePipe {
    pub(super) fn new() -> io::Result<WakePipe> {
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(WakePipe { read, write })
    }

    pub(super) fn reader(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    pub(super) fn writer(&self) -> BorrowedFd<'_> {
        self.write.as_fd()
    }

    /// Ends the wait of whoever polls it.
    pub(super) fn ring(&self) {
        // A full pipe rings, too.
        let _ = rustix::io::write(&self.write, &[1]);
    }

    /// Takes out all bytes.
    pub(super) fn drain(&self) {
        let mut bytes = [0; 64];
        while matches!(rustix::io::read(&self.read, &mut bytes), Ok(n) if n > 0) {}
    }
}
