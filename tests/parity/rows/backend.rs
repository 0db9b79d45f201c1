//! The backend's own rules: the arbiter's timeout, `max_requests`, the accept queue.

use super::{PAGE, SOON, UNBUFFERED, VISITORS};
use crate::band::{EXACT, give, percent, percent_or_ms};
use crate::row::{Real, Row, fact};

/// Jobs that keep one worker busy, faster than it can work.
const BURST: &str = r#"
[[clients]]
name = "burst"
arrival.once = { count = 8, start = "300ms", spread = "160ms" }
request.path = "/job"
behavior.healthy = {}
"#;

const JOB: &str = r#"
[backend.app."/job"]
wait = "250ms"
response = "1KiB"
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "healthy",
        question: "What does a request take when nothing is wrong?",
        plan: &[
            "duration = \"1500ms\"\ndrain = \"1s\"\n[backend]\nbind = \"unix\"\nworkers = 2",
            PAGE,
            "[proxy]",
            VISITORS,
        ],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.received_bytes", EXACT),
            fact("visitors.hold.p50", percent_or_ms(5.0, SOON)),
            fact("visitors.latency.p50", percent_or_ms(5.0, SOON)),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "killed-in-send",
        question: "When does the arbiter kill a worker that only sends, and what is left of the response?",
        plan: &[
            r#"
duration = "3s"
drain = "3s"
[backend]
bind = "unix"
workers = 2
timeout = "1s"
[backend.app."/download"]
response = "1280KiB"
"#,
            PAGE,
            UNBUFFERED,
            r#"
[[clients]]
name = "slow"
arrival.once = { count = 1, start = "300ms" }
request.path = "/download"
behavior.slow-read = { rate = "256KiB/s", rcvbuf = "4KiB" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("workers.killed_by_timeout", EXACT),
            fact("workers.spawned", EXACT),
            fact("events.worker_timeout", EXACT),
            fact("slow.outcomes.truncated", EXACT),
            fact("slow.proxy_status.200", EXACT),
            // The aborted worker ends only when its 500 finds room behind the body: a step of what the socket takes in.
            fact("slow.hold.p50", percent(9.0)),
            fact("slow.received_bytes", percent(10.0)),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "killed-in-app",
        question: "And one whose handler takes too long?",
        plan: &[
            r#"
duration = "2500ms"
drain = "3s"
[backend]
bind = "unix"
workers = 2
timeout = "1s"
[backend.app."/hang"]
wait = "30s"
response = "1KiB"
"#,
            PAGE,
            UNBUFFERED,
            r#"
[[clients]]
name = "asking"
arrival.once = { count = 1, start = "300ms" }
request.path = "/hang"
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: &[
            fact("workers.killed_by_timeout", EXACT),
            fact("workers.spawned", EXACT),
            fact("asking.status.502", EXACT),
            fact("asking.status.500", EXACT),
            // The arbiter looks once a second, from an instant on that depends on how quickly the stack came up.
            fact("asking.hold.p50", percent(9.0)),
            fact("asking.latency.p50", percent(9.0)),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "accept-queue-full-unix",
        question: "How does a full accept queue of a Unix socket fail?",
        plan: &[
            r#"
duration = "1200ms"
drain = "3s"
[backend]
bind = "unix"
workers = 1
backlog = 2
"#,
            JOB,
            UNBUFFERED,
            BURST,
        ],
        facts: &[
            fact("burst.requests", EXACT),
            fact("burst.status.200", give(1.0)),
            fact("burst.status.502", give(1.0)),
            fact("burst.hold.p50", percent(4.0)),
            fact("burst.queue_wait.max", percent(8.0)),
            fact("accept_queue.limit", EXACT),
            fact("accept_queue.max", give(1.0)),
            fact("accept_queue.refused", give(1.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "accept-queue-full-tcp",
        question: "And one of a TCP socket?",
        plan: &[
            r#"
duration = "1200ms"
drain = "3s"
[backend]
bind = "tcp"
workers = 1
backlog = 2
"#,
            JOB,
            UNBUFFERED,
            "proxy_connect_timeout = \"600ms\"",
            BURST,
        ],
        facts: &[
            fact("burst.requests", EXACT),
            fact("burst.status.200", give(1.0)),
            fact("burst.status.504", give(1.0)),
            fact("burst.hold.p50", percent(4.0)),
            fact("accept_queue.max", give(1.0)),
            fact("proxy.timers_fired.proxy_connect_timeout", give(1.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "max-requests",
        question: "How many workers does max_requests use up, and does anybody notice?",
        plan: &[
            r#"
duration = "2s"
drain = "2s"
[backend]
bind = "unix"
workers = 2
max_requests = 5
"#,
            PAGE,
            "[proxy]",
            VISITORS,
        ],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("workers.spawned", give(1.0)),
            fact("workers.killed_by_timeout", EXACT),
        ],
        real: Real::Plays,
    },
];
