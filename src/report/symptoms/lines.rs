//! Lines that several symptoms have, and how a line is written in the table.

use super::{Line, Log};

pub(super) const fn error(level: &'static str, text: &'static str, fixed: &'static str) -> Line {
    let log = Log::Error(level);
    Line { log, text, fixed }
}

/// A line that is the same each time up to what nginx appends (`, client: …, upstream: …`).
pub(super) const fn nginx(level: &'static str, text: &'static str) -> Line {
    error(level, text, text)
}

pub(super) const fn gunicorn(text: &'static str, fixed: &'static str) -> Line {
    let log = Log::Gunicorn;
    Line { log, text, fixed }
}

pub(super) const fn access(text: &'static str) -> Line {
    let (log, fixed) = (Log::Access, "");
    Line { log, text, fixed }
}

pub(super) const fn client(text: &'static str) -> Line {
    let (log, fixed) = (Log::Client, "");
    Line { log, text, fixed }
}

pub(super) const HEADER_TIMEOUT: Line = nginx(
    "error",
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
);
pub(super) const CONNECT_TIMEOUT: Line = nginx(
    "error",
    "upstream timed out (110: Connection timed out) while connecting to upstream",
);
pub(super) const CLOSED_BEFORE_HEADER: Line = nginx(
    "error",
    "upstream prematurely closed connection while reading response header from upstream",
);
pub(super) const CLOSED_IN_BODY: Line = nginx(
    "error",
    "upstream prematurely closed connection while reading upstream",
);
pub(super) const REFUSED: Line = nginx(
    "error",
    "connect() failed (111: Connection refused) while connecting to upstream",
);
pub(super) const NO_FILE: Line = error(
    "crit",
    "connect() to unix:/run/gunicorn.sock failed (2: No such file or directory) while connecting to upstream",
    "failed (2: No such file or directory) while connecting to upstream",
);
pub(super) const WORKER_TIMEOUT: Line = gunicorn(
    "[CRITICAL] WORKER TIMEOUT (pid:4711)",
    "WORKER TIMEOUT (pid:",
);
pub(super) const SIGKILL: Line = gunicorn(
    "[ERROR] Worker (pid:4711) was sent SIGKILL! Perhaps out of memory?",
    "was sent SIGKILL! Perhaps out of memory?",
);
pub(super) const CLIENT_LEFT: Line = nginx(
    "info",
    "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while sending request to upstream",
);
