//! The access log (combined, plus two times) and the error log, in nginx's formats.
//!
//! Written as nginx writes without `buffer=`: a `write` for each line, by the event loop that has it to say. A file takes it into the page cache; a pipe
//! that is full makes the loop wait, and everybody whom it serves (`ngx_http_log_write`).

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::ProxyError;
use super::dates::log_time;

/// Both logs, shared by the event loops.
#[derive(Clone, Debug)]
pub(super) struct Logs {
    access: Arc<Log>,
    error: Arc<Log>,
}

/// One of them, open for appending: a line is one `write`, so that those of several loops do not mix.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: Mutex<Arc<File>>,
}

impl Logs {
    /// Opens both.
    pub(super) fn open(access: &Path, error: &Path) -> Result<Logs, ProxyError> {
        Ok(Logs {
            access: Arc::new(Log::open(access)?),
            error: Arc::new(Log::open(error)?),
        })
    }

    /// Writes a line of the access log, its end included.
    pub(super) fn access(&self, line: &str) {
        self.access.line(line);
    }

    /// Writes a line of the error log; `text` starts after the process id.
    pub(super) fn error(&self, level: &str, text: &str) {
        self.error.line(&error_line(level, text));
    }

    /// Has both files opened anew. Without a new file the old one is written on, as nginx does.
    pub(super) fn reopen(&self) {
        self.access.reopen();
        self.error.reopen();
    }
}

impl Log {
    fn open(path: &Path) -> Result<Log, ProxyError> {
        let file = append_to(path).map_err(|error| ProxyError::Open {
            path: path.to_owned(),
            error,
        })?;
        Ok(Log {
            path: path.to_owned(),
            file: Mutex::new(Arc::new(file)),
        })
    }

    /// A full disk loses log lines, not requests: errors are ignored here as nginx ignores them.
    fn line(&self, line: &str) {
        // The lock is not held while the write waits: another loop waits for the pipe itself, if at all.
        let file = Arc::clone(&self.file.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = (&*file).write_all(line.as_bytes());
    }

    fn reopen(&self) {
        if let Ok(file) = append_to(&self.path) {
            *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(file);
        }
    }
}

fn append_to(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// `2026/11/22 21:49:08 [error] 14401#14401: text`, and the line's end.
fn error_line(level: &str, text: &str) -> String {
    let pid = std::process::id();
    format!("{} [{level}] {pid}#{pid}: {text}\n", log_time())
}
