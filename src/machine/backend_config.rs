//! `[backend]`: the application server, in gunicorn's names and with gunicorn's defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::net::BufferSizes;
use crate::time::Span;
use crate::units::Bytes;

/// gunicorn `workers`: default 1.
pub const WORKERS: u32 = 1;
/// gunicorn `timeout`: default 30 s. Zero switches the murder off.
pub const TIMEOUT: Span = Span::from_secs(30);
/// gunicorn `graceful_timeout`: default 30 s.
pub const GRACEFUL_TIMEOUT: Span = Span::from_secs(30);
/// gunicorn `backlog`: default 2048, capped by the kernel's `somaxconn`.
pub const BACKLOG: u32 = 2048;
/// gunicorn 26.0 and later linger up to 2 s on close (`util.close_graceful`).
pub const LINGER: Span = Span::from_secs(2);
/// Ours: one application write per 64 KiB, a common chunk size of file iterators.
pub const WRITE_SIZE: Bytes = Bytes::kib(64);

/// The backend.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackendConfig {
    /// TCP on loopback or a Unix socket.
    #[serde(default)]
    pub bind: Bind,
    /// Worker processes, 1 to 512.
    #[serde(default = "workers")]
    pub workers: u32,
    /// How a worker serves.
    #[serde(default)]
    pub worker_class: WorkerClass,
    /// Heartbeat limit; zero means none.
    #[serde(default = "timeout")]
    pub timeout: Span,
    /// How long workers may finish after TERM.
    #[serde(default = "graceful_timeout")]
    pub graceful_timeout: Span,
    /// `listen` backlog; the accept queue holds one more.
    #[serde(default = "backlog")]
    pub backlog: u32,
    /// Requests after which a worker ends; zero means no limit.
    #[serde(default)]
    pub max_requests: u32,
    /// Up to so many more, drawn per worker.
    #[serde(default)]
    pub max_requests_jitter: u32,
    /// Lingering close: how long to wait for the peer to close; zero closes at once, as gunicorn did before 26.0.
    #[serde(default = "linger")]
    pub linger: Span,
    /// Importing the application, which every worker does for itself.
    #[serde(default)]
    pub boot: Boot,
    /// Socket buffers of accepted connections (set on the listener, inherited).
    #[serde(default)]
    pub socket: BufferSizes,
    /// The application: a handler per path.
    #[serde(default)]
    pub app: BTreeMap<String, Handler>,
}

/// gunicorn `bind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bind {
    /// 127.0.0.1 with a port that the kernel chooses (gunicorn's default family).
    #[default]
    Tcp,
    /// A Unix stream socket in the run's private folder.
    Unix,
}

/// gunicorn `worker_class`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerClass {
    /// One request at a time, blocking I/O.
    #[default]
    Sync,
}

/// `boot`: what happens while a worker imports the application: after its signal handlers are in place, before its first beat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// How long it takes. It is never murdered for that: nobody holds a beat against it that it has not begun.
    #[serde(default)]
    pub time: Span,
    /// How it fails at its end; unset is well.
    #[serde(default)]
    pub fault: Option<BootFault>,
}

/// How importing the application can fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootFault {
    /// An exception: the worker exits with 3, and its master halts.
    Import,
    /// The module is there, the application object is not: the worker exits with 4, and its master halts.
    Missing,
    /// The process is gone without a word, by `_exit(7)`: the master forks the next one at once.
    Crash,
}

/// What the application does for a path.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// Time spent waiting (a query), without CPU.
    #[serde(default)]
    pub wait: Span,
    /// Time spent burning CPU.
    #[serde(default)]
    pub cpu: Span,
    /// Size of the response body.
    #[serde(default)]
    pub response: Bytes,
    /// Bytes per application write.
    #[serde(default = "write_size")]
    pub write_size: Bytes,
}

impl BackendConfig {
    /// The handler for a request path: the query string does not count, and no handler means 404.
    pub fn handler(&self, path: &str) -> Option<&Handler> {
        let path = path.split('?').next().unwrap_or(path);
        self.app.get(path)
    }
}

const fn workers() -> u32 {
    WORKERS
}
const fn timeout() -> Span {
    TIMEOUT
}
const fn graceful_timeout() -> Span {
    GRACEFUL_TIMEOUT
}
const fn backlog() -> u32 {
    BACKLOG
}
const fn linger() -> Span {
    LINGER
}
const fn write_size() -> Bytes {
    WRITE_SIZE
}
