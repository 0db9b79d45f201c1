//! Which settings a worker class ignores: gunicorn takes them all and says nothing.
//!
//! From gunicorn 27.0.1's sources (`workers/*.py`) and uvicorn-worker 0.4. Only what the scenario format has is listed.

use super::backend_config::WorkerClass;

/// A key of `[backend]` that does nothing for a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ignored {
    /// The key.
    pub key: &'static str,
    /// Why nothing comes of it: the rest of a sentence that begins with the class.
    pub why: &'static str,
}

const fn ignored(key: &'static str, why: &'static str) -> Ignored {
    Ignored { key, why }
}

const THREADS: Ignored = ignored(
    "threads",
    "serves on one thread; only sync (which it makes gthread) and gthread read it",
);
const LINGER: Ignored = ignored("linger", "closes at once; only sync and gthread linger");

const SYNC: &[Ignored] = &[
    ignored("keepalive", "closes after each response"),
    ignored("worker_connections", "has one connection at a time"),
];
const GEVENT: &[Ignored] = &[THREADS, LINGER];
const ASGI: &[Ignored] = &[
    THREADS,
    LINGER,
    ignored("worker_connections", "stores it and never enforces it"),
    ignored(
        "backlog",
        "listens again through asyncio, with a backlog of 100",
    ),
];
const UVICORN: &[Ignored] = &[
    THREADS,
    LINGER,
    ignored("worker_connections", "is never told of it"),
];

/// The settings that a class ignores. `threads` is not among those of sync: more than one makes it gthread.
pub const fn ignored_by(class: WorkerClass) -> &'static [Ignored] {
    match class {
        WorkerClass::Sync => SYNC,
        WorkerClass::Gthread => &[],
        WorkerClass::Gevent => GEVENT,
        WorkerClass::Asgi => ASGI,
        WorkerClass::Uvicorn => UVICORN,
    }
}
