//! The access log (combined, plus two times) and the error log, in nginx's formats.
//!
//! Lines go through a bounded queue to one writing thread per proxy: a worker never waits for a disk. A line that finds
//! the queue full is dropped and counted. The thread flushes whenever it has caught up.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use super::ProxyError;
use crate::time::utc_now;

/// Lines that may wait for the writing thread.
const QUEUE_LIMIT: usize = 65_536;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

#[derive(Debug)]
enum Line {
    Access(String),
    Error(String),
}

/// Where a worker's lines go.
#[derive(Clone, Debug)]
pub(super) struct Logs {
    queue: SyncSender<Line>,
    dropped: Arc<AtomicU64>,
}

/// The writing thread. It ends when every [`Logs`] is gone.
#[derive(Debug)]
pub(super) struct Writers {
    thread: JoinHandle<()>,
}

impl Writers {
    /// Waits until everything is written.
    pub(super) fn finish(self) {
        let _ = self.thread.join();
    }
}

/// Opens both logs and starts the writing thread.
pub(super) fn open(access: &Path, error: &Path) -> Result<(Logs, Writers), ProxyError> {
    let access = append_to(access)?;
    let error = append_to(error)?;
    let (queue, lines) = sync_channel(QUEUE_LIMIT);
    let dropped = Arc::new(AtomicU64::new(0));
    let count = dropped.clone();
    let thread = std::thread::Builder::new()
        .name("proxy-logs".to_owned())
        .spawn(move || write(&lines, access, error, &count))
        .map_err(ProxyError::Worker)?;
    Ok((Logs { queue, dropped }, Writers { thread }))
}

fn append_to(path: &Path) -> Result<BufWriter<File>, ProxyError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(BufWriter::new)
        .map_err(|error| ProxyError::Open {
            path: path.to_owned(),
            error,
        })
}

/// A full disk loses log lines, not requests: write errors are ignored here as nginx ignores them.
fn write(
    lines: &Receiver<Line>,
    mut access: BufWriter<File>,
    mut error: BufWriter<File>,
    dropped: &AtomicU64,
) {
    let put = |line: Line, access: &mut BufWriter<File>, error: &mut BufWriter<File>| match line {
        Line::Access(text) => drop(writeln!(access, "{text}")),
        Line::Error(text) => drop(writeln!(error, "{text}")),
    };
    while let Ok(line) = lines.recv() {
        put(line, &mut access, &mut error);
        while let Ok(line) = lines.try_recv() {
            put(line, &mut access, &mut error);
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let text = error_line("alert", &format!("{lost} log lines were dropped"));
            drop(writeln!(error, "{text}"));
        }
        let _ = access.flush();
        let _ = error.flush();
    }
}

impl Logs {
    /// Queues a line of the access log.
    pub(super) fn access(&self, text: String) {
        self.send(Line::Access(text));
    }

    /// Queues a line of the error log; `text` starts after the process id.
    pub(super) fn error(&self, level: &str, text: &str) {
        self.send(Line::Error(error_line(level, text)));
    }

    fn send(&self, line: Line) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(line) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// `2026/11/22 21:49:08 [error] 14401#14401: text`.
fn error_line(level: &str, text: &str) -> String {
    let now = Civil::now();
    let pid = std::process::id();
    format!(
        "{}/{:02}/{:02} {} [{level}] {pid}#{pid}: {text}",
        now.year,
        now.month,
        now.day,
        now.time()
    )
}

/// A point of time in UTC, in calendar terms.
pub(super) struct Civil {
    year: i64,
    month: u64,
    day: u64,
    seconds: u64,
    weekday: &'static str,
}

impl Civil {
    pub(super) fn now() -> Civil {
        Civil::at(utc_now())
    }

    /// Days to a date by the civil-from-days method: years start in March, eras are 400 years.
    fn at(at: SystemTime) -> Civil {
        let since = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let days = since / 86_400;
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        Civil {
            year: (year_of_era + era * 400 + u64::from(month <= 2)) as i64,
            month,
            day: of_year - (153 * march_month + 2) / 5 + 1,
            seconds: since % 86_400,
            weekday: WEEKDAYS[(days % 7) as usize],
        }
    }

    fn time(&self) -> String {
        let (h, m, s) = (
            self.seconds / 3600,
            self.seconds / 60 % 60,
            self.seconds % 60,
        );
        format!("{h:02}:{m:02}:{s:02}")
    }

    fn month_name(&self) -> &'static str {
        MONTHS[(self.month - 1) as usize]
    }

    /// `22/Nov/2026:21:49:08 +0000`, nginx's `$time_local` in UTC.
    pub(super) fn time_local(&self) -> String {
        let (day, month, year) = (self.day, self.month_name(), self.year);
        format!("{day:02}/{month}/{year}:{} +0000", self.time())
    }

    /// `Sun, 22 Nov 2026 21:49:08 GMT`, for the `Date` field.
    pub(super) fn http_date(&self) -> String {
        let (weekday, day, month) = (self.weekday, self.day, self.month_name());
        format!(
            "{weekday}, {day:02} {month} {} {} GMT",
            self.year,
            self.time()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates() {
        for (secs, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        ] {
            let at = UNIX_EPOCH + Duration::from_secs(secs);
            assert_eq!(Civil::at(at).http_date(), date);
        }
    }
}
