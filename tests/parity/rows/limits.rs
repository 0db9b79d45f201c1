//! What a proxy has only so much of: connection slots, requests of one address, and patience at a reload.

use super::{PAGE, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Real, Row, fact};

/// Two workers that have nothing to do.
const IDLE: &str = r#"
duration = "2s"
drain = "4s"
[backend]
bind = "unix"
workers = 2
[backend.app."/report"]
response = "320KiB"
"#;

/// Fourteen are for clients and their upstreams.
const SIXTEEN: &str = r#"
[proxy]
worker_connections = 16
listen.sndbuf = "16KiB"
"#;

/// Their responses are in temp files, so each has a slot and no upstream.
const READERS: &str = r#"
[[clients]]
name = "readers"
arrival.once = { count = 13, start = "50ms", spread = "600ms" }
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
"#;

/// They come one after another and say nothing.
const SILENT: &str = r#"
[[clients]]
name = "silent"
arrival.once = { count = 24, start = "100ms", spread = "600ms" }
request.path = "/"
behavior.idle = {}
"#;

/// All of them at once.
const LATER: &str = r#"
[[clients]]
name = "visitors"
arrival.open = { rate = "20/s", process = "uniform", start = "807ms" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
"#;

/// One that waits for its answer, one that takes it slowly, one on a connection that is kept, and visitors, when the configuration is read anew.
const RELOADED: &str = r#"
duration = "2s"
drain = "4s"
[backend]
bind = "unix"
worker_class = "gthread"
workers = 2
threads = 16
[backend.app."/job"]
wait = "2s"
response = "1KiB"
[backend.app."/report"]
response = "320KiB"
[[clients]]
name = "jobs"
arrival.once = { count = 4, start = "50ms", spread = "200ms" }
request.path = "/job"
behavior.healthy = {}
[[clients]]
name = "readers"
arrival.once = { count = 4, start = "60ms", spread = "200ms" }
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
[[clients]]
name = "idle"
arrival.closed = { count = 4, start = "70ms", think = "10ms" }
request = { path = "/", keepalive = true }
behavior.idle = { after = 1 }
[[act]]
at = "600ms"
signal = { to = "proxy", name = "HUP" }
set = { "proxy.limit_conn" = 20 }
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "slots-are-used-up",
        question: "What does a visitor get when the last slot is its own?",
        plan: &[IDLE, PAGE, SIXTEEN, READERS, LATER],
        facts: &[
            fact("readers.status.200", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.500", EXACT),
            fact("visitors.error_rate", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "slots-by-loop",
        question: "And where two event loops have slots of their own?",
        plan: &[
            IDLE,
            PAGE,
            r#"
[proxy]
worker_processes = 2
worker_connections = 16
listen.sndbuf = "16KiB"
[[clients]]
name = "readers"
arrival.once = { count = 20, start = "50ms", spread = "600ms" }
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
"#,
            LATER,
        ],
        facts: &[
            fact("readers.status.200", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", give(2.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "idle-connections-give-way",
        question: "Does a connection that says nothing keep a slot from one that asks?",
        plan: &[IDLE, PAGE, SIXTEEN, SILENT, VISITORS],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("silent.outcomes.reset", give(2.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "limit-conn",
        question: "What does one address get that asks for more than its share?",
        plan: &[
            IDLE,
            PAGE,
            r#"
[proxy]
limit_conn = 3
listen.sndbuf = "16KiB"
[[clients]]
name = "readers"
arrival.once = { count = 8, start = "50ms", spread = "200ms" }
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
[[clients]]
name = "spread"
arrival.once = { count = 8, start = "300ms", spread = "200ms" }
addresses = 4
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
"#,
            LATER,
        ],
        facts: &[
            fact("readers.status.200", EXACT),
            fact("readers.status.503", EXACT),
            fact("spread.status.200", EXACT),
            fact("visitors.status.503", EXACT),
            fact("visitors.requests", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "limit-conn-with-bodies",
        question: "What becomes of the body of a request that is turned away?",
        plan: &[
            IDLE,
            PAGE,
            r#"
[proxy]
limit_conn = 3
listen.sndbuf = "16KiB"
[[clients]]
name = "readers"
arrival.once = { count = 3, start = "50ms", spread = "100ms" }
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
[[clients]]
name = "uploaders"
arrival.once = { count = 4, start = "400ms", spread = "200ms" }
request = { method = "POST", path = "/", body = "200KiB" }
behavior.healthy = {}
[[clients]]
name = "chunked"
arrival.once = { count = 4, start = "410ms", spread = "200ms" }
request = { method = "POST", path = "/", body = "200KiB", chunked = true }
behavior.healthy = {}
"#,
        ],
        facts: &[
            fact("readers.status.200", EXACT),
            fact("uploaders.status.503", EXACT),
            fact("uploaders.outcomes.complete", EXACT),
            fact("chunked.status.503", EXACT),
            fact("chunked.outcomes.complete", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "reload-drains",
        question: "What does a reload do to those who are still at it?",
        plan: &[
            RELOADED,
            PAGE,
            VISITORS,
            "[proxy]\nlisten.sndbuf = \"16KiB\"",
        ],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("readers.outcomes.complete", EXACT),
            fact("idle.requests", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "reload-cuts",
        question: "And with a shutdown timeout?",
        plan: &[
            RELOADED,
            PAGE,
            VISITORS,
            "[proxy]\nlisten.sndbuf = \"16KiB\"\nworker_shutdown_timeout = \"500ms\"",
        ],
        facts: &[
            fact("jobs.outcomes.reset", EXACT),
            fact("jobs.latency.max", percent_or_ms(5.0, 50.0)),
            fact("readers.outcomes.truncated", EXACT),
            fact("readers.latency.max", percent_or_ms(5.0, 50.0)),
            fact("idle.requests", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
];
