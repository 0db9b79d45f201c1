//! Where a log goes: into a file, or into a pipe that somebody reads, as a container's log driver does.
//!
//! A pipe is a slow client. It takes in 64 KiB, and whoever writes to a full one sleeps in `write` (state S, `anon_pipe_write`) until a whole page of it
//! is free: a worker and its request, a master and with it the murder of everybody else, an event loop and all its visitors. Measured on Linux 6.18.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::switch;
use crate::time::Span;
use crate::units::{ByteRate, Bytes};

/// What a pipe holds unless it is asked for something else (`F_SETPIPE_SZ`): 16 pages.
pub const PIPE_SIZE: Bytes = Bytes::kib(64);
/// A page: a write is added to the last one only if all of it fits, and a writer that waits is woken when a whole one is free.
pub const PAGE: u64 = 4096;

/// Ours: how often a reader comes round.
pub const READ_EVERY: Span = Span::from_ms(50);

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
    #[serde(default = "switch::on", skip_serializing_if = "switch::is_on")]
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

impl LogPipe {
    /// Bytes that its reader has read by now if there always were some, so long after it has begun.
    pub fn due(&self, elapsed: Span) -> u64 {
        self.reads.0.saturating_mul(elapsed.as_us()) / Span::from_secs(1).as_us()
    }
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

/// A pipe as the kernel fills and empties it (`pipe_write`, `pipe_read`), for writes of a page at most, which are never split.
#[derive(Clone, Debug)]
pub struct Pipe {
    /// Of each page in use: up to where it was read, and up to where it was written.
    pages: VecDeque<(u64, u64)>,
    most_pages: usize,
}

impl Pipe {
    /// An empty one.
    pub fn new(size: Bytes) -> Pipe {
        Pipe {
            pages: VecDeque::new(),
            most_pages: usize::try_from(size.0 / PAGE).unwrap_or(usize::MAX).max(1),
        }
    }

    /// Takes a line in; `false` if there is no room for it, and its writer waits.
    pub fn write(&mut self, line: u64) -> bool {
        if let Some((_, written)) = self.pages.back_mut()
            && *written + line <= PAGE
        {
            *written += line;
            return true;
        }
        let has_room = self.pages.len() < self.most_pages;
        if has_room {
            self.pages.push_back((0, line));
        }
        has_room
    }

    /// Gives out so many bytes at most; how many.
    pub fn read(&mut self, most: u64) -> u64 {
        let mut taken = 0;
        while let Some((read, written)) = self.pages.front_mut() {
            let some = (*written - *read).min(most - taken);
            (*read, taken) = (*read + some, taken + some);
            if *read < *written {
                break;
            }
            self.pages.pop_front();
        }
        taken
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_was_measured() {
        let fits = |line| {
            let mut pipe = Pipe::new(PIPE_SIZE);
            (0..).take_while(|_| pipe.write(line)).count()
        };
        // 100-byte writes fill a pipe at 64 000 bytes; lines of 15 bytes stop nginx at the 4 369th.
        assert_eq!(fits(100) * 100, 64_000);
        assert_eq!(fits(15), 4_368);
        assert_eq!(fits(PAGE), 16);
    }

    #[test]
    fn a_byte_that_is_read_makes_no_room_and_a_page_does() {
        let mut pipe = Pipe::new(Bytes::kib(8));
        while pipe.write(1_000) {}
        assert_eq!(pipe.read(1), 1);
        assert!(!pipe.write(1_000));
        assert_eq!(pipe.read(3_999), 3_999);
        assert!(pipe.write(1_000), "a whole page is free");
        assert_eq!(pipe.read(u64::MAX), 5_000);
        assert!(pipe.is_empty());
    }
}
