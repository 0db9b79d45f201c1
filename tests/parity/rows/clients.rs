//! What clients do beside reading slowly: keeping connections, looping, giving up.

use super::{LOOPS, PAGE, SOON, UNBUFFERED, VISITORS};
use crate::band::{EXACT, give, kib, percent, percent_or_ms};
use crate::row::{Fact, Real, Row, fact, fact_apart};

/// Two connections that are opened and not used, for a second.
const SPARE: &str = r#"
[[clients]]
name = "spare"
arrival.once = { count = 2, start = "300ms" }
request = { path = "/", timeout = "1s" }
behavior.idle = {}
"#;

/// Clients go straight to the backend.
const DIRECT: &str = r#"
duration = "2500ms"
drain = "4s"
[backend]
bind = "tcp"
"#;

const IDLE_FACTS: &[Fact] = &[
    fact("spare.requests", EXACT),
    fact("spare.outcomes.timeout", EXACT),
    fact("visitors.requests", EXACT),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
    fact("visitors.latency.max", percent_or_ms(8.0, 60.0)),
    fact("workers.killed_by_timeout", EXACT),
];

/// It reads its page and forgets to close.
const KEEPER: &str = r#"
[[clients]]
name = "keeper"
arrival.once = { count = 1, start = "300ms" }
request = { path = "/", timeout = "4s" }
behavior.keep-open = {}
"#;

const KEEPER_FACTS: &[Fact] = &[
    fact("keeper.requests", EXACT),
    fact("keeper.status.200", EXACT),
    fact("keeper.outcomes.complete", EXACT),
    fact("visitors.requests", EXACT),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
    fact("visitors.latency.max", percent_or_ms(8.0, 60.0)),
    fact("workers.killed_by_timeout", EXACT),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "looping-keepalive",
        question: "How often do four clients come round on kept connections, when two workers take 50 ms each?",
        plan: &[
            r#"
duration = "2s"
drain = "1s"
[backend]
bind = "unix"
workers = 2
[backend.app."/"]
wait = "50ms"
response = "2KiB"
[proxy]
"#,
            LOOPS,
        ],
        facts: &[
            fact("loops.requests", percent(15.0)),
            fact("loops.error_rate", EXACT),
            fact("loops.hold.p50", percent_or_ms(5.0, 10.0)),
            fact("loops.latency.p50", percent_or_ms(15.0, 20.0)),
            fact("workers.busy_ratio", percent(12.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "clients-give-up",
        question: "Who works for clients that have left, when one worker is slow?",
        plan: &[
            r#"
duration = "2s"
drain = "2s"
[backend]
bind = "unix"
workers = 1
[backend.app."/"]
wait = "150ms"
response = "2KiB"
"#,
            UNBUFFERED,
            r#"
[[clients]]
name = "hasty"
arrival.open = { rate = "12/s", process = "uniform", start = "7ms" }
request = { path = "/", timeout = "700ms" }
behavior.healthy = {}
"#,
        ],
        facts: &[
            fact("hasty.requests", EXACT),
            fact("hasty.status.200", give(2.0)),
            fact("hasty.outcomes.timeout", give(2.0)),
            fact("hasty.proxy_status.499", give(2.0)),
            fact("hasty.zombies", give(2.0)),
            fact("hasty.hold.p50", percent(4.0)),
            fact("accept_queue.max", give(2.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "reader-gives-up",
        question: "Where did the bytes wait that a slow reader gave up on, and when was the worker free?",
        plan: &[
            r#"
duration = "1500ms"
drain = "2s"
[backend]
bind = "unix"
workers = 1
[backend.app."/report"]
response = "1MiB"
"#,
            PAGE,
            UNBUFFERED,
            r#"
[[clients]]
name = "slow"
arrival.once = { count = 1, start = "200ms" }
request = { path = "/report", timeout = "1s" }
behavior.slow-read = { rate = "256KiB/s", rcvbuf = "4KiB" }
"#,
        ],
        facts: &[
            fact("slow.outcomes.timeout", EXACT),
            fact("slow.proxy_status.200", EXACT),
            fact("slow.hold.p50", percent(5.0)),
            fact("slow.received_bytes", percent(5.0)),
            // gunicorn tells of a write when it is over, the lab of what the kernel took of it.
            fact_apart("slow.absorbed_bytes.total", percent(12.0), kib(64.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "spare-connection-direct",
        question: "Who waits for a browser's spare connection, when two sync workers take whatever comes?",
        plan: &[
            "duration = \"2s\"\ndrain = \"2s\"\n[backend]\nworkers = 2",
            PAGE,
            SPARE,
            VISITORS,
        ],
        facts: &[
            fact("spare.outcomes.timeout", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(5.0, SOON)),
            fact("visitors.latency.max", percent_or_ms(5.0, SOON)),
            fact("workers.killed_by_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "spare-connection-proxied",
        question: "And who does, when a proxy takes the connections?",
        plan: &[
            "duration = \"2s\"\ndrain = \"2s\"\n[backend]\nworkers = 2",
            PAGE,
            "[proxy]",
            SPARE,
            VISITORS,
        ],
        facts: &[
            fact("spare.outcomes.timeout", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(5.0, SOON)),
            fact("visitors.latency.max", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "falls-silent-on-a-kept-connection",
        question: "When does a proxy close a connection that has fallen silent after two requests?",
        plan: &[r#"
duration = "1500ms"
drain = "1s"
[backend]
bind = "unix"
workers = 2
[backend.app."/"]
wait = "5ms"
response = "2KiB"
[proxy]
keepalive_timeout = "1s"
[[clients]]
name = "tabs"
arrival.closed = { count = 2, start = "20ms", think = "50ms" }
request = { path = "/", keepalive = true, timeout = "3s" }
behavior.idle = { after = 2 }
"#],
        facts: &[
            // Two requests and a silence, twice each: 1.1 s after the second request the proxy closes.
            fact("tabs.status.200", EXACT),
            fact("tabs.outcomes.reset", EXACT),
            fact("tabs.requests", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "keep-open-direct",
        question: "How long does a client hold a sync worker that has read everything and does not close?",
        plan: &[
            "duration = \"2500ms\"\ndrain = \"2s\"\n[backend]\nworkers = 1",
            PAGE,
            r#"
[[clients]]
name = "keepers"
arrival.once = { count = 1, start = "200ms" }
request = { path = "/", timeout = "4s" }
behavior.keep-open = {}
"#,
            VISITORS,
        ],
        facts: &[
            fact("keepers.outcomes.complete", EXACT),
            fact("keepers.latency.p50", percent_or_ms(5.0, SOON)),
            fact("keepers.hold.p50", percent_or_ms(2.0, SOON)),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.max", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "idle-gthread",
        question: "For how long do two spare connections freeze two threads?",
        plan: &[
            DIRECT,
            "worker_class = \"gthread\"\nthreads = 2\n",
            PAGE,
            SPARE,
            VISITORS,
        ],
        facts: IDLE_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "idle-gevent",
        question: "And a hub?",
        plan: &[DIRECT, "worker_class = \"gevent\"\n", PAGE, SPARE, VISITORS],
        facts: IDLE_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "keep-open-gthread",
        question: "And what does it do to a gthread worker, whose main thread lingers?",
        plan: &[
            DIRECT,
            "worker_class = \"gthread\"\nthreads = 4\nkeepalive = \"0s\"\n",
            PAGE,
            KEEPER,
            VISITORS,
        ],
        facts: KEEPER_FACTS,
        real: Real::Plays,
    },
];
