//! How a response passes the proxy: limits of rate, the temp file and what follows when it is full, `X-Accel-Buffering`, bodies of unknown length.

use super::{BUFFERED, SOON, UNBUFFERED};
use crate::band::{EXACT, give, kib, percent, percent_or_ms};
use crate::row::{Fact, Real, Row, fact, fact_apart};

const ONE_WORKER: &str = r#"
duration = "1s"
drain = "6s"
[backend]
bind = "unix"
workers = 1
socket.sndbuf = "64KiB"
[backend.app."/report"]
response = "1MiB"
"#;

/// A reader who takes what comes.
const QUICK: &str = r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.healthy = {}
"#;

/// One who takes two seconds for all of it.
const SLOW: &str = r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.slow-read = { rate = "512KiB/s", rcvbuf = "4KiB" }
"#;

/// What the last write takes is not paused for: up to 64 KiB, where its socket lets it, and the sim's does.
const PACED_BEHIND: &[Fact] = &[
    fact("reader.outcomes.complete", EXACT),
    fact_apart("reader.latency.p50", percent(13.0), percent(6.0)),
    fact("reader.hold.p50", percent_or_ms(6.0, SOON)),
];

const PACED: &[Fact] = &[
    fact("reader.outcomes.complete", EXACT),
    fact("reader.latency.p50", percent(6.0)),
    fact("reader.hold.p50", percent_or_ms(6.0, SOON)),
    fact("proxy.upstream_held.max", percent_or_ms(6.0, SOON)),
];

/// A generator: nobody knows beforehand how much will come.
const UNANNOUNCED: &str = r#"
duration = "1s"
drain = "6s"
[backend]
bind = "unix"
workers = 2
timeout = "1s"
[backend.app."/"]
wait = "5ms"
response = "9KiB"
write_size = "4KiB"
content_length = false
[backend.app."/report"]
response = "1MiB"
content_length = false
"#;

/// One whose worker will be killed.
const CUT: &str = r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "100ms" }
request.path = "/report"
behavior.slow-read = { rate = "256KiB/s", rcvbuf = "4KiB" }
"#;

const SHORTER: &[Fact] = &[
    fact("reader.outcomes.complete", EXACT),
    fact("reader.outcomes.truncated", EXACT),
    fact("reader.status.200", EXACT),
    fact("reader.received_bytes", percent(12.0)),
    fact("workers.killed_by_timeout", EXACT),
];

/// One who takes its time, and some who come round.
const WHOLE: &str = r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "100ms" }
request.path = "/report"
behavior.slow-read = { rate = "2MiB/s", rcvbuf = "4KiB" }
[[clients]]
name = "loops"
arrival.closed = { count = 2, start = "20ms", think = "70ms" }
request = { path = "/", keepalive = true }
behavior.healthy = {}
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "limit-rate",
        question: "Whom does limit_rate slow down, and who is free at once?",
        plan: &[ONE_WORKER, BUFFERED, "limit_rate = \"400KiB/s\"", QUICK],
        facts: PACED,
        real: Real::Plays,
    },
    Row {
        name: "limit-rate-after",
        question: "And if the first half passes freely?",
        plan: &[
            ONE_WORKER,
            BUFFERED,
            "limit_rate = \"400KiB/s\"\nlimit_rate_after = \"512KiB\"",
            QUICK,
        ],
        facts: PACED_BEHIND,
        real: Real::Plays,
    },
    Row {
        name: "proxy-limit-rate",
        question: "Who is held while proxy_limit_rate reads slowly, and does the read timer fire?",
        plan: &[
            ONE_WORKER,
            BUFFERED,
            "proxy_limit_rate = \"400KiB/s\"\nproxy_read_timeout = \"400ms\"",
            QUICK,
        ],
        facts: PACED,
        real: Real::Plays,
    },
    Row {
        name: "silent-hole",
        question: "For how long does the backend hear nothing once the temp file is full?",
        plan: &[
            ONE_WORKER,
            BUFFERED,
            "proxy_max_temp_file_size = \"512KiB\"",
            r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.slow-read = { rate = "256KiB/s", rcvbuf = "4KiB" }
"#,
        ],
        facts: &[
            fact("reader.outcomes.complete", EXACT),
            fact("reader.hold.p50", percent(6.0)),
            fact("reader.latency.p50", percent(4.0)),
            fact_apart("proxy.spilled_bytes", EXACT, kib(4.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "silence",
        question: "And how long is that silence, as the proxy tells it?",
        plan: &[
            ONE_WORKER,
            BUFFERED,
            "proxy_max_temp_file_size = \"256KiB\"",
            SLOW,
        ],
        facts: &[
            fact("reader.outcomes.complete", EXACT),
            fact("proxy.longest_silence", percent(8.0)),
        ],
        real: Real::Cannot("nginx does not tell when it reads"),
    },
    Row {
        name: "accel-buffering-no",
        question: "Does a worker get rid of its response if the application says X-Accel-Buffering: no?",
        plan: &[
            ONE_WORKER,
            "headers = { X-Accel-Buffering = \"no\" }",
            BUFFERED,
            SLOW,
        ],
        facts: &[
            fact("reader.outcomes.complete", EXACT),
            fact("reader.hold.p50", percent(6.0)),
            fact("proxy.spilled_bytes", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "partial-buffer-lost",
        question: "What is left of a response whose application pauses for longer than proxy_read_timeout?",
        plan: &[
            r#"
duration = "1s"
drain = "4s"
[backend]
bind = "unix"
workers = 1
[backend.app."/report"]
response = "40kB"
pieces = { size = "10kB", every = "900ms" }
"#,
            BUFFERED,
            "proxy_read_timeout = \"500ms\"",
            QUICK,
        ],
        facts: &[
            fact("reader.outcomes.truncated", EXACT),
            fact("reader.status.200", EXACT),
            // Whole buffers only, the first of them behind a head that is a little longer from the real gunicorn.
            fact_apart("reader.received_bytes", EXACT, kib(0.1)),
            fact("reader.latency.p50", percent(4.0)),
            fact("proxy.timers_fired.proxy_read_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "reset-timedout-connection",
        question: "What does a client see of send_timeout if nginx resets instead of closing?",
        plan: &[
            ONE_WORKER,
            UNBUFFERED,
            "send_timeout = \"600ms\"\nreset_timedout_connection = true",
            r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.stall = { after = "8KiB", for = "1500ms", rcvbuf = "4KiB" }
"#,
        ],
        facts: &[
            fact("reader.outcomes.truncated", EXACT),
            fact("reader.outcomes.reset", EXACT),
            fact("reader.proxy_status.200", EXACT),
            fact("proxy.timers_fired.send_timeout", EXACT),
            fact("reader.hold.p50", percent(6.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "ignore-client-abort",
        question: "Who finishes the work of a client that left, and what is logged?",
        plan: &[
            r#"
duration = "2s"
drain = "3s"
[backend]
bind = "unix"
workers = 1
[backend.app."/report"]
wait = "1200ms"
response = "2KiB"
"#,
            BUFFERED,
            "proxy_ignore_client_abort = true",
            r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request = { path = "/report", timeout = "500ms" }
behavior.healthy = {}
"#,
        ],
        facts: &[
            fact("reader.outcomes.timeout", EXACT),
            fact("reader.proxy_status.200", EXACT),
            fact("reader.proxy_status.499", EXACT),
            fact("reader.hold.p50", percent(6.0)),
            fact("proxy.upstream_held.max", percent(6.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "cut-without-a-length",
        question: "A worker is killed while it sends a body of unknown length: who hears of it?",
        plan: &[UNANNOUNCED, UNBUFFERED, CUT],
        facts: SHORTER,
        real: Real::Plays,
    },
    Row {
        name: "cut-in-chunks",
        question: "And where the backend is spoken to in HTTP/1.1?",
        plan: &[UNANNOUNCED, UNBUFFERED, "proxy_http_version = \"1.1\"", CUT],
        facts: SHORTER,
        real: Real::Plays,
    },
    Row {
        name: "chunks-to-the-end",
        question: "Does a body of unknown length come whole, and is the connection kept?",
        plan: &[UNANNOUNCED, BUFFERED, "proxy_http_version = \"1.1\"", WHOLE],
        facts: &[
            fact("loops.outcomes.complete", give(4.0)),
            fact("loops.requests", give(4.0)),
            fact("reader.received_bytes", EXACT),
            fact("reader.latency.p50", percent(6.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "until-the-close",
        question: "And in HTTP/1.0, where only the end of the connection ends it?",
        plan: &[UNANNOUNCED, BUFFERED, WHOLE],
        facts: &[
            fact("loops.outcomes.complete", give(4.0)),
            fact("loops.requests", give(4.0)),
            fact("reader.received_bytes", EXACT),
            fact("reader.latency.p50", percent(6.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "chunks-without-a-proxy",
        question: "And without a proxy?",
        plan: &[UNANNOUNCED, WHOLE],
        facts: &[
            fact("loops.outcomes.complete", give(4.0)),
            fact("reader.received_bytes", EXACT),
            fact("reader.latency.p50", percent(6.0)),
        ],
        real: Real::Plays,
    },
];
