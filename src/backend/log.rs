//! The log file, in gunicorn's format: `[time] [pid] [LEVEL] text`, and access lines. Times are UTC.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::io::Errno;

use super::messages::MasterSpec;
use super::signals;
use crate::machine::arbiter::Level;
use crate::machine::log_target::{ACCESSLOG_PIPE, ERRORLOG_PIPE, LogTarget, UNAPPENDED};
use crate::machine::worker::Access;
use crate::time::utc_now;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

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
        let t = Civil::of(utc_now());
        self.error.write(&format!(
            "[{:04}-{:02}-{:02} {:02}:{:02}:{:02} +0000] [{}] [{name}] {text}\n",
            t.year, t.month, t.day, t.hour, t.minute, t.second, self.pid
        ));
    }

    /// A line of the access log. `host` is empty on a Unix socket.
    pub(super) fn access(&mut self, host: &str, access: &Access) {
        let t = Civil::of(utc_now());
        let date = format!(
            "{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000",
            t.day,
            MONTHS[t.month - 1],
            t.year,
            t.hour,
            t.minute,
            t.second
        );
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

/// Now, as an HTTP date.
pub(super) fn http_date() -> String {
    let t = Civil::of(utc_now());
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        t.weekday,
        t.day,
        MONTHS[t.month - 1],
        t.year,
        t.hour,
        t.minute,
        t.second
    )
}

/// A UTC date and time of day.
struct Civil {
    year: i64,
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    weekday: &'static str,
}

impl Civil {
    /// The proleptic Gregorian calendar, by eras of 400 years that begin in March (H. Hinnant, `civil_from_days`).
    fn of(time: SystemTime) -> Civil {
        let secs = time
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let (days, of_day) = (secs / 86_400, secs % 86_400);
        let z = days + 719_468;
        let (era, doe) = (z / 146_097, z % 146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + u64::from(month <= 2);
        Civil {
            year: i64::try_from(year).unwrap_or(i64::MAX),
            month: usize::try_from(month).unwrap_or(1),
            day: doy - (153 * mp + 2) / 5 + 1,
            hour: of_day / 3_600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: WEEKDAYS[(days % 7) as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates() {
        for (secs, expected) in [
            (0, "1970-1-1 0:0:0 Thu"),
            (951_782_399, "2000-2-28 23:59:59 Mon"),
            (951_782_400, "2000-2-29 0:0:0 Tue"),
            (1_795_383_542, "2026-11-22 21:39:2 Sun"),
        ] {
            let t = Civil::of(UNIX_EPOCH + Duration::from_secs(secs));
            let text = format!(
                "{}-{}-{} {}:{}:{} {}",
                t.year, t.month, t.day, t.hour, t.minute, t.second, t.weekday
            );
            assert_eq!(text, expected);
        }
    }
}
