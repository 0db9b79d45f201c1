//! File descriptors: how many there are, and how many clients fit.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors kept back for logs, listeners, netlink, temp files of the moment and the workers' pipes.
pub const RESERVED_FDS: u64 = 128;

/// The soft and the hard limit of open files; an absent limit reads as `u64::MAX`.
pub fn nofile() -> (u64, u64) {
    let limit = getrlimit(Resource::Nofile);
    (
        limit.current.unwrap_or(u64::MAX),
        limit.maximum.unwrap_or(u64::MAX),
    )
}

/// Raises the soft limit of open files to the hard one, and returns what holds then. Needs no privilege.
///
/// # Errors
/// Those of `setrlimit`.
pub fn raise_nofile() -> io::Result<(u64, u64)> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )?;
    Ok(nofile())
}

/// How many clients can be held at once under a limit of open files, if each needs so many descriptors in this process: one
/// for itself; two more if the proxy runs here too (its two connections); one more if its response may spill into a temp file.
pub fn clients_that_fit(limit: u64, fds_per_client: u64) -> u64 {
    limit.saturating_sub(RESERVED_FDS) / fds_per_client.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits() {
        assert_eq!(clients_that_fit(20_000, 1), 19_872);
        assert_eq!(clients_that_fit(20_000, 3), 6_624);
        assert_eq!(clients_that_fit(64, 3), 0);
        assert_eq!(clients_that_fit(20_000, 0), 19_872);
    }

    #[test]
    fn the_soft_limit_reaches_the_hard_one() {
        let (soft, hard) = raise_nofile().unwrap();
        assert_eq!(soft, hard);
        assert_eq!(nofile(), (soft, hard));
    }
}
