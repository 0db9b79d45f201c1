//! A descriptor that an event loop watches for no more than is asked of it.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Has the current runtime watch `fd` for this only. tokio's own sockets are always watched for both directions.
///
/// # Errors
/// Those of `epoll_ctl`.
pub fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(
        unsafe_code,
        reason = "registering a descriptor promises that it stays open"
    )]
    // SAFETY: an `OwnedFd` is open, always gives the same descriptor, and moves into the `AsyncFd`, which hands out no more than shared references to it and
    // closes it after deregistering.
    let watched = unsafe { AsyncFd::register_with_interest(fd, interest) }?;
    Ok(watched)
}
