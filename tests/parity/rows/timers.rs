//! Whose timer fires at whom: nginx's, while the backend is held.

use super::{PAGE, UNBUFFERED, VISITORS};
use crate::band::{EXACT, give, percent};
use crate::row::{Fact, Real, Row, fact, fact_apart};

const ONE_WORKER: &str = r#"
duration = "2500ms"
drain = "3s"
[backend]
bind = "unix"
workers = 1
[backend.app."/report"]
response = "1MiB"
"#;

/// In a tunnel for a second and a half.
const STALLED: &str = r#"
[[clients]]
name = "stalled"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.stall = { for = "1500ms", rcvbuf = "4KiB" }
"#;

const MISFIRE_FACTS: &[Fact] = &[
    fact("stalled.outcomes.complete", EXACT),
    fact("stalled.outcomes.truncated", EXACT),
    fact("stalled.hold.p50", percent(5.0)),
    fact("visitors.requests", EXACT),
    fact("visitors.status.200", give(3.0)),
    fact("visitors.status.504", give(3.0)),
    fact("visitors.zombies", give(3.0)),
    fact("proxy.timers_fired.proxy_read_timeout", give(3.0)),
    fact("accept_queue.max", give(3.0)),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "starvation",
        question: "Do two slow readers starve two workers, and who gets the 504?",
        plan: &[
            r#"
duration = "2500ms"
drain = "3s"
[backend]
bind = "unix"
workers = 2
[backend.app."/report"]
wait = "20ms"
response = "640KiB"
"#,
            PAGE,
            UNBUFFERED,
            "proxy_read_timeout = \"600ms\"",
            r#"
[[clients]]
name = "slow"
arrival.once = { count = 2, start = "300ms" }
request.path = "/report"
behavior.slow-read = { rate = "256KiB/s", rcvbuf = "4KiB" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("slow.outcomes.complete", EXACT),
            fact("slow.hold.p50", percent(5.0)),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", give(3.0)),
            fact("visitors.status.504", give(3.0)),
            fact("visitors.zombies", give(3.0)),
            fact("workers.busy_ratio", percent(5.0)),
            fact("accept_queue.max", give(3.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "read-timeout-misfire",
        question: "Whom does proxy_read_timeout hit while one client stalls?",
        plan: &[
            ONE_WORKER,
            PAGE,
            UNBUFFERED,
            "proxy_read_timeout = \"500ms\"",
            STALLED,
            VISITORS,
        ],
        facts: MISFIRE_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "wall-clock-timer",
        question: "And a proxy that counts while it refuses to read?",
        plan: &[
            ONE_WORKER,
            PAGE,
            UNBUFFERED,
            "proxy_read_timeout = \"500ms\"\nread_timer = \"wall-clock\"",
            STALLED,
            VISITORS,
        ],
        facts: MISFIRE_FACTS,
        real: Real::Cannot("nginx has no such timer"),
    },
    Row {
        name: "send-timeout",
        question: "When does send_timeout end a client that never reads, and what does its log say?",
        plan: &[
            ONE_WORKER,
            PAGE,
            UNBUFFERED,
            "send_timeout = \"800ms\"",
            r#"
[[clients]]
name = "stalled"
arrival.once = { count = 1, start = "300ms" }
request = { path = "/report", timeout = "2500ms" }
behavior.stall = { rcvbuf = "4KiB" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("stalled.outcomes.complete", EXACT),
            fact("stalled.outcomes.truncated", EXACT),
            fact("stalled.outcomes.timeout", EXACT),
            fact("stalled.proxy_status.200", EXACT),
            fact("stalled.hold.p50", percent(5.0)),
            fact("stalled.latency.p50", percent(5.0)),
            fact("proxy.timers_fired.send_timeout", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.max", percent(8.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "stall-and-resume",
        question: "For how long does a client hold a worker that stops in the middle and reads on?",
        plan: &[
            ONE_WORKER,
            PAGE,
            UNBUFFERED,
            r#"
[[clients]]
name = "stalled"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.stall = { after = "300KiB", for = "1s", rcvbuf = "4KiB" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("stalled.outcomes.complete", EXACT),
            // What is left after the stall goes at full speed: tens of milliseconds of CPU on real sockets, none in the sim.
            fact_apart("stalled.hold.p50", percent(12.0), percent(6.0)),
            fact_apart("stalled.latency.p50", percent(12.0), percent(6.0)),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.max", percent(12.0)),
        ],
        real: Real::Plays,
    },
];
