//! The log file, in gunicorn's format: `[time] [pid] [LEVEL] text`, and access lines. Times are UTC.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::messages::MasterSpec;
use super::signals;
use crate::machine::arbiter::Level;
use crate::machine::log_target::{ACCESSLOG_PIPE, ERRORLOG_PIPE, LogTarget, UNAPPENDED};
use crate::machine::worker::Access;
use crate::time::calendar::{Civil, Date};

/// An open log. Each process that writes has its own; all append to one file, or to pipes where the configuration says so.
#[derive(Debug)]
pub(super) struct Log {
    access: Target,
    error: Target,
    pid: u32,
}

/// Where lines go.
#[derive(Debug)]
struct Target {
    path: PathBuf,
    file: File,
    append: bool,
}

impl Log {
    /// Opens what a master and its workers write to.
    pub(super) fn open(spec: &MasterSpec) -> io::Result<Log> {
        let target = |target: LogTarget, pipe: &str| {
            let path = match (target.is_file(), target.append) {
                (true, true) => spec.log.clone(),
                // Those who do not append would write over those who do.
                (true, false) => spec.log.with_file_name(UNAPPENDED),
                (false, _) => spec.runtime_dir.join(pipe),
            };
            Target::open(path, target.append)
        };
        Ok(Log {
            access: target(spec.config.accesslog, ACCESSLOG_PIPE)?,
            error: target(spec.config.errorlog, ERRORLOG_PIPE)?,
            pid: std::process::id(),
        })
    }

    /// The same log, written by a process that was forked since.
    pub(super) fn for_this_process(&self) -> io::Result<Log> {
        Ok(Log {
            access: self.access.copy()?,
            error: self.error.copy()?,
            pid: std::process::id(),
        })
    }

    /// Opens the files anew under their names, for a rotation that has moved the old ones away.
    pub(super) fn reopen(&mut self) {
        self.access.reopen();
        self.error.reopen();
    }

    /// A line of the error log. Levels below INFO are left out, as by default in gunicorn.
    pub(super) fn line(&mut self, level: Level, text: &str) {
        let name = match level {
            Level::Debug => return,
            Level::Info => "INFO",
            Level::Warning => "WARNING",
            Level::Error => "ERROR",
            Level::Critical => "CRITICAL",
        };
        let (pid, now) = (self.pid, Civil::now());
        let (Date { year, month, day }, time) = (now.date, now.time());
        self.error.write(&format!(
            "[{year:04}-{month:02}-{day:02} {time} +0000] [{pid}] [{name}] {text}\n"
        ));
    }

    /// A line of the access log. `host` is empty on a Unix socket.
    pub(super) fn access(&mut self, host: &str, access: &Access) {
        let date = Civil::now().time_local();
        self.access.write(&access.line(host, &date));
    }
}

impl Target {
    fn open(path: PathBuf, append: bool) -> io::Result<Target> {
        let file = open(&path, append)?;
        Ok(Target { path, file, append })
    }

    fn copy(&self) -> io::Result<Target> {
        Ok(Target {
            path: self.path.clone(),
            file: self.file.try_clone()?,
            append: self.append,
        })
    }

    fn reopen(&mut self) {
        if let Ok(file) = open(&self.path, self.append) {
            self.file = file;
        }
    }

    /// One write per line. A full disk costs lines, not the server; a full pipe makes it wait, until a signal comes whose handler raises, as ABRT's
    /// and QUIT's do in Python.
    fn write(&self, line: &str) {
        let mut left = line.as_bytes();
        while !left.is_empty() {
            match rustix::io::write(&self.file, left) {
                Ok(written) => left = &left[written..],
                Err(Errno::INTR) if !signals::unwinds() => {}
                Err(_) => return,
            }
        }
    }
}

/// For appending, or as a shell's `>` does it: then all who share the descriptor share where it is.
fn open(path: &Path, append: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match append {
        true => options.append(true),
        false => options.write(true).truncate(true),
    };
    options.create(true).open(path)
}
