//! What a proxy has only so much of: connection slots, and requests of one address.

use super::{PAGE, VISITORS};
use crate::band::{EXACT, give};
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
arrival.once = { count = 13, start = "50ms", spread = "200ms" }
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
];
