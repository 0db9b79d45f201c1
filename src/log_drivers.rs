//! Who reads the pipes into which logs go: what a container's log driver is to a container.
//!
//! Each reads at its own pace from a named pipe in the run's private folder. It has the pipe open before anybody writes, and until nobody does any more; at
//! the end of a run it catches up, so that whoever waits for it can end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode};

use crate::machine::log_target::{ACCESS_PIPE, ACCESSLOG_PIPE, ERRORLOG_PIPE, LogPipe, READ_EVERY};
use crate::plan::Plan;
use crate::time::{Clock, Timestamp};

/// How often one that catches up does.
const CATCHING_UP: Duration = Duration::from_millis(2);

/// The readers of a run. Dropping them closes the pipes.
#[derive(Debug, Default)]
pub(crate) struct LogDrivers {
    drivers: Vec<Driver>,
}

#[derive(Debug)]
struct Driver {
    /// A word on it lets it catch up; its end ends it.
    words: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl LogDrivers {
    /// Makes the pipes that a plan wants, and begins to read.
    ///
    /// # Errors
    /// Those of the file system; a size that the kernel does not give; a thread.
    pub(crate) fn start(plan: &Plan, folder: &Path) -> io::Result<LogDrivers> {
        let proxy = plan.proxy.as_ref().and_then(|proxy| proxy.access_log.pipe);
        let pipes = [
            (proxy, ACCESS_PIPE),
            (plan.backend.accesslog.pipe, ACCESSLOG_PIPE),
            (plan.backend.errorlog.pipe, ERRORLOG_PIPE),
        ];
        let mut drivers = LogDrivers::default();
        for (pipe, name) in pipes {
            if let Some(pipe) = pipe {
                let driver = Driver::start(pipe, &folder.join(name))?;
                drivers.drivers.push(driver);
            }
        }
        Ok(drivers)
    }

    /// From now on they read whatever comes.
    pub(crate) fn catch_up(&self) {
        let words = self.drivers.iter().filter_map(|one| one.words.as_ref());
        words.for_each(|words| {
            // A driver that is gone has nothing to catch up with.
            let _ = words.send(());
        });
    }
}

impl Driver {
    fn start(pipe: LogPipe, path: &Path) -> io::Result<Driver> {
        rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)?;
        let size = usize::try_from(pipe.size.0).unwrap_or(usize::MAX);
        rustix::pipe::fcntl_setpipe_size(&file, size)?;
        let (words, hears) = channel();
        let thread = std::thread::Builder::new()
            .name("log-driver".to_owned())
            .spawn(move || drive(file, pipe, &hears))?;
        Ok(Driver {
            words: Some(words),
            thread: Some(thread),
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.words = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads at its pace, until a word lets it catch up, and until there are no words any more.
fn drive(mut pipe: File, config: LogPipe, words: &Receiver<()>) {
    let clock = Clock::start();
    let mut read = 0;
    loop {
        match words.recv_timeout(READ_EVERY.to_duration()) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Ok(()) => break,
        }
        let due = config.due(clock.now().since(Timestamp::ZERO));
        read += take(&mut pipe, due.saturating_sub(read));
    }
    while !matches!(
        words.recv_timeout(CATCHING_UP),
        Err(RecvTimeoutError::Disconnected)
    ) {
        take(&mut pipe, u64::MAX);
    }
}

/// Reads so much at most, as far as there is something; how much.
fn take(pipe: &mut File, most: u64) -> u64 {
    let mut buffer = [0; 65_536];
    let mut taken = 0;
    while taken < most {
        let want = usize::try_from(most - taken).unwrap_or(usize::MAX);
        let room = want.min(buffer.len());
        match pipe.read(&mut buffer[..room]) {
            // Nobody writes, or nothing is there.
            Ok(0) | Err(_) => break,
            Ok(n) => taken += n as u64,
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::units::{ByteRate, Bytes};

    #[test]
    fn a_driver_that_does_not_read_lets_a_pipe_fill_and_then_catches_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ACCESS_PIPE);
        let pipe = LogPipe {
            reads: ByteRate(0),
            size: Bytes::kib(4),
        };
        let driver = Driver::start(pipe, &path).unwrap();
        let mut writer = OpenOptions::new()
            .append(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&path)
            .unwrap();
        let fits = (0..)
            .take_while(|_| writer.write(&[b'x'; 100]).is_ok())
            .count();
        assert_eq!(fits, 40, "whole lines of a page");
        let mut blocking = OpenOptions::new().append(true).open(&path).unwrap();
        driver.words.as_ref().unwrap().send(()).unwrap();
        // Would never return.
        blocking.write_all(&[b'x'; 20_000]).unwrap();
    }
}
