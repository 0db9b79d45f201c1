//! The way from the proxy to the backend: kept connections, several peers, and what follows when one fails.

use super::{PAGE, VISITORS};
use crate::band::{EXACT, give, percent};
use crate::row::{Real, Row, fact};

/// Threads that keep connections for two seconds.
const THREADS: &str = r#"
duration = "2500ms"
drain = "4s"
[backend]
bind = "unix"
worker_class = "gthread"
threads = 4
keepalive = "2s"
"#;

const POOLED: &str = r#"
[proxy]
proxy_http_version = "1.1"
upstream = { keepalive = 4 }
"#;

/// Two peers that never answer.
const HUNG: &str = r#"
duration = "2500ms"
drain = "4s"
[backend]
bind = "unix"
instances = 2
workers = 1
[backend.app."/"]
fault = "hang"
[proxy]
proxy_read_timeout = "500ms"
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "kept-upstreams",
        question: "How long does a proxy hold a connection that serves request after request?",
        plan: &[THREADS, PAGE, POOLED, VISITORS],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.zombies", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "peers-take-turns",
        question: "Do two peers with a worker each share what one could not serve?",
        plan: &[
            r#"
duration = "2s"
drain = "2s"
[backend]
bind = "unix"
instances = 2
workers = 1
[backend.app."/"]
wait = "60ms"
response = "2KiB"
[proxy]
"#,
            VISITORS,
        ],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.hold.p50", percent(6.0)),
            fact("workers.count", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "no-live-upstreams",
        question: "What do visitors get once both peers have been too slow?",
        plan: &[HUNG, VISITORS],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.504", give(2.0)),
            fact("visitors.status.502", give(2.0)),
            fact("visitors.latency.max", percent(6.0)),
            fact("proxy.timers_fired.proxy_read_timeout", give(3.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "next-upstream-off",
        question: "And if a failure is passed on at once?",
        plan: &[HUNG, "proxy_next_upstream = [\"off\"]", VISITORS],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.504", give(2.0)),
            fact("visitors.status.502", give(2.0)),
        ],
        real: Real::Plays,
    },
];
