//! The access log (combined, plus two times) and the error log, in nginx's formats.
//!
//! Lines go through a bounded queue to one writing thread per proxy: a worker never waits for a disk. A line that finds
//! the queue full is dropped and counted. The thread takes what there is, flushes, and lets the next lines gather for a moment: to be woken
//! for each would cost more than to write it.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ProxyError;
use super::dates::Civil;

/// Lines that may wait for the writing thread.
const QUEUE_LIMIT: usize = 65_536;

/// Lines gather for so long.
const GATHER: Duration = Duration::from_millis(5);

enum Line {
    Access(String),
    Error(String),
}

/// Where a worker's lines go.
#[derive(Clone)]
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
        self.thread.thread().unpark();
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
        std::thread::park_timeout(GATHER);
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
    let pid = std::process::id();
    format!("{} [{level}] {pid}#{pid}: {text}", Civil::now().log_time())
}
