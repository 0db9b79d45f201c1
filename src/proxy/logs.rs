//! The access log (combined, plus two times) and the error log, in nginx's formats.
//!
//! Lines go through a bounded queue to one writing thread per proxy: a worker never waits for a disk. A line that finds
//! the queue full is dropped and counted. The thread takes what there is, flushes, and lets the next lines gather for a moment: to be woken
//! for each would cost more than to write it.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
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

#[derive(Debug)]
enum Line {
    Access(String),
    Error(String),
    /// Both files are opened anew.
    Reopen,
    /// Whoever waits is told that all before it is written.
    Flush(SyncSender<()>),
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
        self.thread.thread().unpark();
        let _ = self.thread.join();
    }
}

/// Opens both logs and starts the writing thread.
pub(super) fn open(access: &Path, error: &Path) -> Result<(Logs, Writers), ProxyError> {
    let files = Files::open((access.to_owned(), error.to_owned()))?;
    let (queue, lines) = sync_channel(QUEUE_LIMIT);
    let dropped = Arc::new(AtomicU64::new(0));
    let count = dropped.clone();
    let thread = std::thread::Builder::new()
        .name("proxy-logs".to_owned())
        .spawn(move || write(&lines, files, &count))
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

/// The two logs. A full disk loses log lines, not requests: write errors are ignored here as nginx ignores them.
struct Files {
    paths: (PathBuf, PathBuf),
    access: BufWriter<File>,
    error: BufWriter<File>,
}

impl Files {
    fn open(paths: (PathBuf, PathBuf)) -> Result<Files, ProxyError> {
        Ok(Files {
            access: append_to(&paths.0)?,
            error: append_to(&paths.1)?,
            paths,
        })
    }

    fn put(&mut self, line: Line) {
        match line {
            Line::Access(text) => drop(writeln!(self.access, "{text}")),
            Line::Error(text) => drop(writeln!(self.error, "{text}")),
            Line::Flush(waits) => {
                self.flush();
                let _ = waits.send(());
            }
            // Without a new file the old one is written on, as nginx does.
            Line::Reopen => {
                if let Ok(files) = Files::open(self.paths.clone()) {
                    self.flush();
                    *self = files;
                }
            }
        }
    }

    fn flush(&mut self) {
        let _ = self.access.flush();
        let _ = self.error.flush();
    }
}

fn write(lines: &Receiver<Line>, mut files: Files, dropped: &AtomicU64) {
    while let Ok(line) = lines.recv() {
        files.put(line);
        while let Ok(line) = lines.try_recv() {
            files.put(line);
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let text = format!("{lost} log lines were dropped");
            files.put(Line::Error(error_line("alert", &text)));
        }
        files.flush();
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

    /// Waits until all lines before are in their files.
    pub(super) fn flush(&self) {
        let (written, waits) = sync_channel(1);
        if self.queue.send(Line::Flush(written)).is_ok() {
            let _ = waits.recv();
        }
    }

    /// Has both files opened anew.
    pub(super) fn reopen(&self) {
        self.send(Line::Reopen);
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
