//! How a response passes the proxy: limits of rate, the temp file and what follows when it is full, `X-Accel-Buffering`.

use super::{BUFFERED, SOON};
use crate::band::{EXACT, kib, percent, percent_or_ms};
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
            r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.slow-read = { rate = "512KiB/s", rcvbuf = "4KiB" }
"#,
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
            r#"
[[clients]]
name = "reader"
arrival.once = { count = 1, start = "300ms" }
request.path = "/report"
behavior.slow-read = { rate = "512KiB/s", rcvbuf = "4KiB" }
"#,
        ],
        facts: &[
            fact("reader.outcomes.complete", EXACT),
            fact("reader.hold.p50", percent(6.0)),
            fact("proxy.spilled_bytes", EXACT),
        ],
        real: Real::Plays,
    },
];
