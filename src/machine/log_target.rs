//! Where a log goes: into a file, or into a pipe that somebody reads, as a container's log driver does.
//!
//! A pipe is a slow client. It takes in 64 KiB, and whoever writes to a full one sleeps in `write` (state S, `anon_pipe_write`) until a whole page of it
//! is free: a worker and its request, a master and with it the murder of everybody else, an event loop and all its visitors. Measured on Linux 6.18.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{ByteRate, Bytes};

/// What a pipe holds unless it is asked for something else (`F_SETPIPE_SZ`): 16 pages.
pub const PIPE_SIZE: Bytes = Bytes::kib(64);
/// A page: a write is added to the last one only if all of it fits, and a writer that waits is woken when a whole one is free.
pub const PAGE: u64 = 4096;

/// The proxy's access log where it is a pipe: its name in the run's private folder.
pub const ACCESS_PIPE: &str = "access.pipe";
/// gunicorn's access log.
pub const ACCESSLOG_PIPE: &str = "accesslog.pipe";
/// gunicorn's error log.
pub const ERRORLOG_PIPE: &str = "errorlog.pipe";

/// gunicorn's access log where it is not opened for appending, beside its other log.
pub const UNAPPENDED: &str = "backend-access.log";

/// Where a log goes; unset is a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogTarget {
    /// Into a pipe instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipe: Option<LogPipe>,
    /// Whether the file is opened for appending, as nginx and gunicorn do; a shell's `>` does not, and whoever writes behind it goes on where it was even after
    /// the file was cut to nothing. Only of gunicorn's access log.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub append: bool,
}

impl Default for LogTarget {
    fn default() -> LogTarget {
        LogTarget {
            pipe: None,
            append: true,
        }
    }
}

/// A pipe, and who reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogPipe {
    /// How quickly it is read; zero is a reader that has it open and does not read.
    #[serde(default)]
    pub reads: ByteRate,
    /// What it holds: a power of two, from a page to `/proc/sys/fs/pipe-max-size`.
    #[serde(default = "pipe_size")]
    pub size: Bytes,
}

impl LogTarget {
    /// Whether there is nothing to say of it.
    pub fn is_plain(&self) -> bool {
        *self == LogTarget::default()
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.pipe.is_none()
    }
}

const fn pipe_size() -> Bytes {
    PIPE_SIZE
}
const fn yes() -> bool {
    true
}
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
const fn is_yes(value: &bool) -> bool {
    *value
}

/// Lines of so many bytes that fit into an empty pipe: whole ones in each page, since a write of less than a page is not split.
pub fn lines_that_fit(size: Bytes, line: u64) -> u64 {
    let pages = size.0 / PAGE;
    match line {
        0 => 0,
        line if line <= PAGE => pages * (PAGE / line),
        line => size.0 / line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_was_measured() {
        // 100-byte writes fill a pipe at 64 000 bytes; lines of 15 bytes stop nginx at the 4 369th.
        assert_eq!(lines_that_fit(PIPE_SIZE, 100) * 100, 64_000);
        assert_eq!(lines_that_fit(PIPE_SIZE, 15), 4_368);
        assert_eq!(lines_that_fit(PIPE_SIZE, 65_536), 1);
        assert_eq!(lines_that_fit(PIPE_SIZE, 0), 0);
    }
}
