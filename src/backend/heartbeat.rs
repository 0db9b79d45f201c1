//! The heartbeat file: unlinked at once, its modification time set to the monotonic clock by the worker, read by the master.
//!
//! As in gunicorn (`workers/workertmp.py`). Until the first beat the file has a modification time of the wall clock, far ahead of the
//! monotonic one, so that a worker that is still starting is never found stale.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Timespec, Timestamps};

use crate::time::{Clock, Timestamp};

/// One worker's heartbeat file.
#[derive(Debug)]
pub(super) struct Heartbeat {
    file: OwnedFd,
    clock: Clock,
}

impl Heartbeat {
    /// Makes the file in `dir` and unlinks it.
    pub(super) fn new(dir: &Path, age: u32, clock: Clock) -> io::Result<Heartbeat> {
        let path = dir.join(format!("heartbeat-{}-{age}", std::process::id()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(Heartbeat {
            file: file.into(),
            clock,
        })
    }

    /// `notify`: beats.
    pub(super) fn notify(&self, now: Timestamp) -> io::Result<()> {
        let ns = self.clock.origin_ns() + now.as_ns();
        let time = Timespec {
            tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: (ns % 1_000_000_000) as _,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        Ok(rustix::fs::futimens(&self.file, &times)?)
    }

    /// `last_update`: when it last beat. In the far future before the first beat.
    pub(super) fn last_update(&self) -> Option<Timestamp> {
        let stat = rustix::fs::fstat(&self.file).ok()?;
        let secs = u64::try_from(stat.st_mtime).ok()?;
        let ns = secs.saturating_mul(1_000_000_000) + u64::from(stat.st_mtime_nsec as u32);
        Some(Timestamp::from_ns(
            ns.saturating_sub(self.clock.origin_ns()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_read_back_and_no_name_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::start();
        let heartbeat = Heartbeat::new(dir.path(), 1, clock).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(
            heartbeat.last_update().unwrap() > clock.now(),
            "not beaten yet"
        );
        let now = clock.now();
        heartbeat.notify(now).unwrap();
        assert_eq!(heartbeat.last_update(), Some(now));
    }
}
