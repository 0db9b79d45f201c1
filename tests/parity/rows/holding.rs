//! Who holds a worker, and what frees it: buffering, the temp file, sockets, the lingering close.

use super::{BUFFERED, PAGE, SOON, UNBUFFERED, VISITORS};
use crate::band::{EXACT, give, percent, percent_or_ms};
use crate::row::{Fact, Real, Row, fact, fact_apart};

/// 512 KiB at 256 KiB/s: two seconds.
const REPORT: &str = r#"
[backend.app."/report"]
wait = "20ms"
response = "512KiB"
"#;

const SLOW: &str = r#"
[[clients]]
name = "slow"
arrival.once = { count = 1, start = "200ms" }
request.path = "/report"
behavior.slow-read = { rate = "256KiB/s", rcvbuf = "4KiB" }
"#;

const UNIX: &str = r#"
duration = "1500ms"
drain = "3s"
[backend]
bind = "unix"
workers = 2
"#;

/// As gunicorn did before 26.0: what the kernel takes in frees the worker.
const TCP: &str = r#"
duration = "1500ms"
drain = "3s"
[backend]
bind = "tcp"
workers = 2
linger = "0s"
"#;

const TCP_LINGER: &str = r#"
duration = "1500ms"
drain = "3s"
[backend]
bind = "tcp"
workers = 2
"#;

/// Send buffers of workers that do not grow.
const SMALL_SNDBUF: &str = "socket.sndbuf = \"16KiB\"\n";

const NO_LINGER: Real = Real::Cannot("gunicorn 26 and later always linger");

/// What is compared of a slow reader beside visitors.
const SLOW_FACTS: &[Fact] = &[
    fact("slow.outcomes.complete", EXACT),
    fact("slow.received_bytes", EXACT),
    // In the sim a hold over TCP with a small send buffer is a step of the staircase shorter: 1.41 s for 1.52 s.
    fact_apart(
        "slow.hold.p50",
        percent_or_ms(8.0, SOON),
        percent_or_ms(5.0, SOON),
    ),
    fact("slow.latency.p50", percent(5.0)),
    fact("workers.blocked_in_send", percent_or_ms(6.0, SOON)),
    fact("visitors.requests", EXACT),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
    fact("workers.killed_by_timeout", EXACT),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "unbuffered-unix",
        question: "Does a slow reader hold a worker behind a proxy that does not buffer, over a Unix socket?",
        plan: &[UNIX, REPORT, PAGE, UNBUFFERED, SLOW, VISITORS],
        facts: SLOW_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "unbuffered-tcp-absorbs",
        question: "Does the kernel take half a megabyte over TCP and free the worker?",
        plan: &[TCP, REPORT, PAGE, UNBUFFERED, SLOW, VISITORS],
        facts: SLOW_FACTS,
        real: NO_LINGER,
    },
    Row {
        name: "unbuffered-tcp-sndbuf",
        question: "Does a slow reader hold a worker over TCP whose send buffer cannot grow?",
        plan: &[TCP, SMALL_SNDBUF, REPORT, PAGE, UNBUFFERED, SLOW, VISITORS],
        facts: SLOW_FACTS,
        real: NO_LINGER,
    },
    Row {
        name: "tcp-lingers",
        question: "For how long does the lingering close hold a worker whose response the kernel has taken?",
        plan: &[TCP_LINGER, REPORT, PAGE, UNBUFFERED, SLOW, VISITORS],
        facts: SLOW_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "tcp-lingers-sndbuf",
        question: "And one whose response it has not?",
        plan: &[
            TCP_LINGER,
            SMALL_SNDBUF,
            REPORT,
            PAGE,
            UNBUFFERED,
            SLOW,
            VISITORS,
        ],
        facts: SLOW_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "buffered",
        question: "Does a proxy that buffers free the worker at once?",
        plan: &[UNIX, REPORT, PAGE, BUFFERED, SLOW, VISITORS],
        facts: &[
            fact("slow.outcomes.complete", EXACT),
            fact("slow.hold.p50", percent_or_ms(5.0, SOON)),
            fact("slow.latency.p50", percent(5.0)),
            fact("proxy.spilled_bytes", percent(12.0)),
            fact("events.spill_started", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "buffered-no-temp",
        question: "And one that may not write to a temp file?",
        plan: &[
            UNIX,
            REPORT,
            PAGE,
            BUFFERED,
            "proxy_max_temp_file_size = \"0B\"",
            SLOW,
            VISITORS,
        ],
        facts: SLOW_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "direct",
        question: "Who waits where there is no proxy?",
        plan: &[TCP_LINGER, SMALL_SNDBUF, REPORT, PAGE, SLOW, VISITORS],
        facts: SLOW_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "two-proxies",
        question: "Do two proxies share one backend, and hold a worker each?",
        plan: &[
            UNIX,
            REPORT,
            PAGE,
            UNBUFFERED,
            "instances = 2",
            r#"
[[clients]]
name = "slow"
arrival.once = { count = 2, start = "200ms", spread = "100ms" }
request.path = "/report"
behavior.slow-read = { rate = "384KiB/s", rcvbuf = "4KiB" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("slow.outcomes.complete", EXACT),
            fact("slow.hold.min", percent(5.0)),
            fact("slow.hold.max", percent(5.0)),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.max", percent_or_ms(8.0, SOON)),
            fact("accept_queue.max", give(2.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "event-loops-relay",
        question: "Do two event loops take six large responses off their workers side by side?",
        plan: &[r#"
duration = "1s"
drain = "3s"
[backend]
bind = "unix"
workers = 6
[backend.app."/dump"]
response = "8MiB"
[proxy]
worker_processes = 2
listen.sndbuf = "64KiB"
[[clients]]
name = "readers"
arrival.once = { count = 6, start = "200ms" }
request.path = "/dump"
behavior.slow-read = { rate = "4MiB/s", rcvbuf = "64KiB" }
"#],
        // Exact in the sim's own table; a host may be twice as quick as the one whose costs the sim has, or busy.
        facts: &[
            fact("readers.outcomes.complete", EXACT),
            fact("readers.hold.p50", percent_or_ms(50.0, SOON)),
            fact("readers.latency.p50", percent(8.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "a-relay-gets-into-its-pace",
        question: "How long is a worker held by half a megabyte that a proxy takes at once?",
        plan: &[r#"
duration = "1500ms"
drain = "2s"
[backend]
bind = "unix"
workers = 1
[backend.app."/report"]
response = "512KiB"
[proxy]
listen.sndbuf = "16KiB"
[[clients]]
name = "readers"
arrival.open = { rate = "20/s", process = "uniform", start = "100ms" }
request.path = "/report"
behavior.slow-read = { rate = "4MiB/s", rcvbuf = "16KiB" }
"#],
        facts: &[
            fact("readers.error_rate", EXACT),
            fact("readers.hold.p50", percent_or_ms(50.0, 3.0)),
        ],
        real: Real::Plays,
    },
];
