//! Faults: workers that fall sick, and the heartbeat that notices.

use super::{PAGE, VISITORS};
use crate::band::{EXACT, give};
use crate::row::{Fact, Real, Row, fact};

/// Two workers, of which a heartbeat of a second is wanted, over TCP and without a proxy.
const WATCHED: &str = r#"
duration = "3500ms"
drain = "500ms"
[backend]
workers = 2
timeout = "1s"
linger = "0s"
"#;

/// Who falls sick while idle costs nobody a request: the other one takes all. The master finds the silence, and forks another.
const FACTS: &[Fact] = &[
    fact("visitors.status.200", give(1.0)),
    fact("events.worker_timeout", EXACT),
    fact("events.act", EXACT),
    fact("workers.spawned", EXACT),
];

const GEVENT: &str = "worker_class = \"gevent\"\n";
const ASGI: &str = "worker_class = \"asgi\"\n";

const SPIN: &str = "[[act]]\nat = \"633ms\"\nfault = { to = \"worker 1\", kind = \"spin\" }\n";
const STOP: &str = "[[act]]\nat = \"633ms\"\nfault = { to = \"worker 1\", kind = \"stop\" }\n";
const LEAK: &str = "[[act]]\nat = \"633ms\"\nfault = { to = \"worker 1\", kind = \"fd-leak\" }\n";
const WRITE: &str =
    "[[act]]\nat = \"633ms\"\nfault = { to = \"worker 1\", kind = \"slow-write\" }\n";
const ZOMBIE: &str = "[[act]]\nat = \"633ms\"\nfault = { to = \"worker 1\", kind = \"zombie\" }\n";

/// A page of a pipe, whose reader takes some twelve lines a second.
const PIPED: &str = r#"
duration = "2500ms"
drain = "500ms"
[backend]
bind = "unix"
workers = 1
linger = "0s"
accesslog.pipe = { size = "4KiB", reads = "1500B/s" }
[proxy]
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "a-worker-spins",
        question: "Who notices a worker that computes for ever, and what becomes of it?",
        plan: &[WATCHED, PAGE, SPIN, VISITORS],
        facts: FACTS,
        real: Real::Plays,
    },
    Row {
        name: "a-worker-is-stopped",
        question: "And one that is stopped?",
        plan: &[WATCHED, PAGE, STOP, VISITORS],
        facts: FACTS,
        real: Real::Plays,
    },
    Row {
        name: "a-worker-writes-to-nobody",
        question: "And one that writes to a client that does not read?",
        plan: &[WATCHED, PAGE, WRITE, VISITORS],
        facts: FACTS,
        real: Real::Plays,
    },
    Row {
        name: "a-leak-heals-by-crash",
        question: "What does gunicorn do when it has no descriptor left to accept with?",
        plan: &[WATCHED, PAGE, LEAK, VISITORS],
        facts: &[
            fact("visitors.status.200", give(1.0)),
            fact("events.worker_timeout", EXACT),
            fact("events.worker_exited", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "a-hub-rests-without-descriptors",
        question: "And a gevent worker, whose loop is not the one that fails?",
        plan: &[WATCHED, GEVENT, PAGE, LEAK, VISITORS],
        facts: FACTS,
        real: Real::Plays,
    },
    Row {
        name: "a-loop-rests-without-descriptors",
        question: "And an asgi worker?",
        plan: &[WATCHED, ASGI, PAGE, LEAK, VISITORS],
        facts: FACTS,
        real: Real::Plays,
    },
    Row {
        name: "nobody-waits-for-a-dead-worker",
        question: "Who serves while the master is stopped and a worker is dead?",
        plan: &[WATCHED, PAGE, ZOMBIE, VISITORS],
        facts: &[
            fact("visitors.status.200", give(1.0)),
            fact("events.worker_timeout", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "a-log-pipe-that-is-read-slowly",
        question: "How many does a server serve that logs into a pipe?",
        plan: &[PIPED, PAGE, VISITORS],
        facts: &[
            fact("visitors.status.200", give(3.0)),
            fact("visitors.requests", EXACT),
        ],
        real: Real::Cannot("the facts of their runs are read from their logs"),
    },
];
