//! `[backend]`: the application server, in gunicorn's names and with gunicorn's defaults.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as Unknown, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::handler::{Handler, Work};
use super::log_target::LogTarget;
use super::socket_access::BackendSocket;
use crate::seed::Seed;
use crate::time::Span;

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
/// gunicorn `threads`: default 1.
pub const THREADS: u32 = 1;
/// Ours: more processes than any machine of a workshop carries.
pub const MOST_WORKERS: u32 = 512;
/// Ours: more threads than one interpreter lock feeds.
pub const MOST_THREADS: u32 = 512;
/// Ours: as many as a process may have descriptors on the largest of ordinary machines.
pub const MOST_CONNECTIONS: u32 = 1_048_576;
/// Ours: records tell the workers of several instances apart by their ages, of which each instance has so many: the first worker of the second
/// instance is number 1 000 001.
pub const AGES_OF_INSTANCE: u32 = 1_000_000;
/// gunicorn `worker_connections`: default 1000.
pub const WORKER_CONNECTIONS: u32 = 1000;
/// gunicorn `keepalive`: default 2 s.
pub const KEEPALIVE: Span = Span::from_secs(2);

/// The backend.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendConfig {
    /// TCP on loopback or a Unix socket.
    #[serde(default)]
    pub bind: Bind,
    /// Backends side by side, peers of the proxy before them: each a master with workers of its own.
    #[serde(default = "instances", skip_serializing_if = "is_single")]
    pub instances: u32,
    /// Worker processes of each instance, 1 to 512.
    #[serde(default = "workers")]
    pub workers: u32,
    /// How a worker serves, as written; with `threads` above 1, `sync` becomes gthread.
    #[serde(default)]
    pub worker_class: WorkerClass,
    /// Threads that serve requests in one worker: gthread only. More than 1 makes `sync` gthread.
    #[serde(default = "threads")]
    pub threads: u32,
    /// Connections that one worker has at most: gthread and gevent. The others do not enforce it.
    #[serde(default = "worker_connections")]
    pub worker_connections: u32,
    /// How long an idle connection is kept for its next request; zero closes after each response. Sync workers always close.
    #[serde(default = "keepalive")]
    pub keepalive: Span,
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
    /// On what disk the files of the heartbeats are. Unset is the system's folder for temporary files, where changing a file's times costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_tmp_dir: Option<WorkerTmpDir>,
    /// CPU time that server and framework use for each request beside the handler, half of it before the handler and half behind it, if the process
    /// has slept before; two fifths of that if it goes from one request to the next. The lab's own worker needs 0.1 to 0.3 ms, gunicorn with
    /// CPython 0.4 to 1.4 ms more; the real one brings its own and does not read this.
    #[serde(default)]
    pub cpu_per_request: Span,
    /// Where the access log goes.
    #[serde(default, skip_serializing_if = "LogTarget::is_plain")]
    pub accesslog: LogTarget,
    /// Where the error log goes, in which master and workers say what they do.
    #[serde(default, skip_serializing_if = "LogTarget::is_plain")]
    pub errorlog: LogTarget,
    /// Importing the application, which every worker does for itself.
    #[serde(default)]
    pub boot: Boot,
    /// Buffers of accepted connections (set on the listener, inherited), and who may connect to a Unix socket.
    #[serde(default)]
    pub socket: BackendSocket,
    /// The application: a handler per path.
    #[serde(default)]
    pub app: BTreeMap<String, Handler>,
}

/// gunicorn `worker_tmp_dir`, by what counts about it. Needs a `/dev/fuse` that may be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerTmpDir {
    /// How long this disk takes to change a file's times, which is a heartbeat: zero is a disk of memory.
    pub utime: Span,
}

/// gunicorn `bind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bind {
    /// 127.0.0.1 with a port that the kernel chooses (gunicorn's default family).
    #[default]
    Tcp,
    /// A Unix stream socket in the run's private folder.
    Unix,
}

/// gunicorn `worker_class`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerClass {
    /// One request at a time, blocking I/O.
    #[default]
    Sync,
    /// A main thread that accepts, and `threads` that serve; blocking I/O.
    Gthread,
    /// One greenlet per connection on a hub.
    Gevent,
    /// gunicorn's own ASGI worker: one task per connection on an event loop.
    Asgi,
    /// `uvicorn_worker.UvicornWorker`: the same with uvicorn's loop.
    Uvicorn,
}

/// `boot`: what happens while a worker imports the application: after its signal handlers are in place, before its first beat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BootFault {
    /// An exception: the worker exits with 3, and its master halts.
    Import,
    /// The module is there, the application object is not: the worker exits with 4, and its master halts.
    Missing,
    /// The process is gone without a word, by `_exit(7)`: the master forks the next one at once.
    Crash,
}

impl WorkerClass {
    /// The class of this name in files and logs.
    pub fn named(name: &str) -> Option<WorkerClass> {
        let name: StrDeserializer<'_, Unknown> = name.into_deserializer();
        WorkerClass::deserialize(name).ok()
    }

    /// The class that serves with so many threads: `sync` with several becomes gthread (gunicorn's `Config.worker_class_str`).
    pub const fn with_threads(self, threads: u32) -> WorkerClass {
        match self {
            WorkerClass::Sync if threads > 1 => WorkerClass::Gthread,
            class => class,
        }
    }

    /// Its name in files and logs.
    pub const fn name(self) -> &'static str {
        match self {
            WorkerClass::Sync => "sync",
            WorkerClass::Gthread => "gthread",
            WorkerClass::Gevent => "gevent",
            WorkerClass::Asgi => "asgi",
            WorkerClass::Uvicorn => "uvicorn",
        }
    }
}

impl BackendConfig {
    /// The class that serves.
    pub const fn class(&self) -> WorkerClass {
        self.worker_class.with_threads(self.threads)
    }

    /// Requests that one worker serves at a time; `None` if nothing limits them.
    pub const fn slots_per_worker(&self) -> Option<u32> {
        match self.class() {
            WorkerClass::Sync => Some(1),
            WorkerClass::Gthread => Some(self.threads),
            WorkerClass::Gevent => Some(self.worker_connections),
            WorkerClass::Asgi | WorkerClass::Uvicorn => None,
        }
    }

    /// Worker processes of all instances.
    pub fn all_workers(&self) -> u64 {
        u64::from(self.workers) * u64::from(self.instances.max(1))
    }

    /// Requests that all workers serve at a time; `None` if nothing limits them.
    pub fn slots(&self) -> Option<u64> {
        let each = self.slots_per_worker()?;
        Some(u64::from(each) * self.all_workers())
    }

    /// Whether it is up: every worker waits for requests. Workers that cannot boot never will: then it is up when it has begun to try.
    pub const fn is_up(&self, booted: usize, forked: bool) -> bool {
        match self.boot.fault {
            None => booted >= self.workers as usize,
            Some(_) => forked,
        }
    }

    /// The handler for a request path: the query string does not count, and no handler means 404.
    pub fn handler(&self, path: &str) -> Option<&Handler> {
        let path = path.split('?').next().unwrap_or(path);
        self.app.get(path)
    }

    /// What the application does for one request; a function of path, seed and id.
    pub fn work(&self, path: &str, seed: Seed, request_id: Option<u64>) -> Work {
        let handler = self.handler(path);
        handler.map_or_else(Work::not_found, |handler| handler.work(seed, request_id))
    }
}

const fn instances() -> u32 {
    1
}
fn is_single(instances: &u32) -> bool {
    *instances == 1
}
const fn workers() -> u32 {
    WORKERS
}
const fn threads() -> u32 {
    THREADS
}
const fn worker_connections() -> u32 {
    WORKER_CONNECTIONS
}
const fn keepalive() -> Span {
    KEEPALIVE
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
