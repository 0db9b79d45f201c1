//! What clients do beside reading slowly: keeping connections, looping, giving up.

use super::{PAGE, UNBUFFERED};
use crate::band::{EXACT, give, kib, percent, percent_or_ms};
use crate::row::{Real, Row, fact, fact_apart};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "looping-keepalive",
        question: "How often do four clients come round on kept connections, when two workers take 50 ms each?",
        plan: &[r#"
duration = "2s"
drain = "1s"
[backend]
bind = "unix"
workers = 2
[backend.app."/"]
wait = "50ms"
response = "2KiB"
[proxy]
[[clients]]
name = "loops"
arrival.closed = { count = 4, start = "20ms", think = "70ms" }
request = { path = "/", keepalive = true }
behavior.healthy = {}
"#],
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
];
