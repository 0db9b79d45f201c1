//! Visits that are not a plain GET to its end: slow heads, bursts, clients that leave, retries.

use super::{PAGE, SOON, UNBUFFERED, VISITORS};
use crate::band::{EXACT, give, percent, percent_or_ms};
use crate::row::{Real, Row, fact};

/// Two workers behind a Unix socket, with a page and a megabyte.
const BACKEND: &str = r#"
duration = "2500ms"
drain = "4s"
[backend]
bind = "unix"
workers = 2
[backend.app."/big"]
wait = "5ms"
response = "1MiB"
"#;

/// Five who send their heads at a rate that each row says.
const LORIS: &str = r#"
[[clients]]
name = "loris"
arrival.once = { count = 5, start = "100ms" }
request.path = "/"
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "slow-header-at-proxy",
        question: "Who gives up on heads that take six seconds, and who notices?",
        plan: &[
            BACKEND,
            PAGE,
            "[proxy]\nclient_header_timeout = \"2s\"",
            VISITORS,
            LORIS,
            "behavior.slow-header = { rate = \"20B/s\" }",
        ],
        facts: &[
            fact("loris.requests", EXACT),
            fact("loris.outcomes.reset", EXACT),
            fact("loris.latency.p50", percent(4.0)),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "slow-header-is-named",
        question: "Whom do the records name, where a head is cut behind the line that says whose it is?",
        plan: &[
            BACKEND,
            PAGE,
            "[proxy]\nclient_header_timeout = \"1750ms\"",
            VISITORS,
            LORIS,
            "behavior.slow-header = { rate = \"64B/s\" }",
        ],
        // 96 bytes have come by then, of 109; the line is within the first 90.
        facts: &[
            fact("loris.outcomes.reset", EXACT),
            fact("loris.latency.p50", percent(4.0)),
            fact("proxy.timers_fired.client_header_timeout", EXACT),
            fact("proxy.attempts.408", EXACT),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "slow-header-at-worker",
        question: "What does a head of three seconds hold, when a sync worker reads it?",
        plan: &[
            r#"
duration = "2500ms"
drain = "4s"
[backend]
bind = "tcp"
workers = 2
"#,
            PAGE,
            VISITORS,
            r#"
[[clients]]
name = "loris"
arrival.once = { count = 1, start = "100ms" }
request.path = "/"
behavior.slow-header = { rate = "40B/s" }
"#,
        ],
        facts: &[
            fact("loris.status.200", EXACT),
            fact("loris.latency.p50", percent(5.0)),
            fact("loris.hold.p50", percent(5.0)),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "burst-reader",
        question: "How long is a worker held when its client rests just as the response comes?",
        plan: &[
            BACKEND,
            PAGE,
            "[backend.app.\"/late\"]\nwait = \"500ms\"\nresponse = \"1MiB\"",
            UNBUFFERED,
            VISITORS,
            r#"
[[clients]]
name = "bursts"
arrival.once = { count = 1, start = "100ms" }
request.path = "/late"
behavior.burst = { on = "300ms", off = "900ms", rcvbuf = "4KiB" }
"#,
        ],
        facts: &[
            fact("bursts.status.200", EXACT),
            fact("bursts.outcomes.complete", EXACT),
            fact("bursts.latency.p50", percent_or_ms(4.0, SOON)),
            fact("bursts.hold.p50", percent_or_ms(4.0, SOON)),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "clients-leave",
        question: "What does the proxy log when clients leave at a byte, by a reset, or at a time?",
        plan: &[
            BACKEND,
            PAGE,
            "[backend.app.\"/slow\"]\nwait = \"800ms\"\nresponse = \"2KiB\"",
            UNBUFFERED,
            r#"
[[clients]]
name = "closing"
arrival.once = { count = 3, start = "100ms", spread = "600ms" }
request.path = "/big"
behavior.abort = { after = "64KiB", rcvbuf = "4KiB" }

[[clients]]
name = "resetting"
arrival.once = { count = 3, start = "200ms", spread = "600ms" }
request.path = "/big"
behavior.abort = { after = "64KiB", by = "rst", rcvbuf = "4KiB" }

[[clients]]
name = "hasty"
arrival.once = { count = 2, start = "1s", spread = "1s" }
request.path = "/slow"
behavior.abort = { at = "300ms" }
"#,
        ],
        facts: &[
            fact("closing.outcomes.aborted", EXACT),
            fact("resetting.outcomes.aborted", EXACT),
            fact("hasty.outcomes.aborted", EXACT),
            fact("hasty.proxy_status.499", EXACT),
            fact("hasty.latency.p50", percent_or_ms(2.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "half-close",
        question: "What becomes of a client that shuts its sending side and waits for its answer?",
        plan: &[
            BACKEND,
            PAGE,
            "[backend.app.\"/slow\"]\nwait = \"300ms\"\nresponse = \"2KiB\"",
            UNBUFFERED,
            r#"
[[clients]]
name = "halves"
arrival.once = { count = 2, start = "100ms", spread = "1s" }
request.path = "/slow"
behavior.half-close = {}
"#,
        ],
        facts: &[
            fact("halves.requests", EXACT),
            fact("halves.outcomes.reset", EXACT),
            fact("halves.proxy_status.499", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "half-close-ignored",
        question: "And behind a proxy that ignores it?",
        plan: &[
            BACKEND,
            PAGE,
            "[proxy]\nproxy_ignore_client_abort = true",
            r#"
[[clients]]
name = "halves"
arrival.once = { count = 2, start = "100ms", spread = "1s" }
request.path = "/"
behavior.half-close = {}
"#,
        ],
        facts: &[
            fact("halves.requests", EXACT),
            fact("halves.outcomes.complete", EXACT),
            fact("halves.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "retries-refill-the-queue",
        question: "How much more is asked when everybody who waited too long asks again?",
        plan: &[r#"
duration = "3s"
drain = "2s"
[backend]
bind = "unix"
workers = 1
[backend.app."/"]
wait = "100ms"
response = "2KiB"
[proxy]
[[clients]]
name = "impatient"
arrival.open = { rate = "14/s", process = "uniform", start = "7ms" }
request = { path = "/", timeout = "450ms" }
retry = { max = 2, on = ["timeout"], backoff = "50ms", jitter = true }
behavior.healthy = {}
"#],
        facts: &[
            fact("impatient.requests", give(8.0)),
            fact("impatient.retries", give(8.0)),
            fact("impatient.status.200", give(4.0)),
            fact("impatient.zombies", give(6.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "ramp",
        question: "How many come while the rate rises from nothing to forty a second?",
        plan: &[
            BACKEND,
            PAGE,
            "[proxy]",
            r#"
[[clients]]
name = "risers"
arrival.ramp = { from = "0/s", to = "40/s", over = "1500ms", process = "uniform" }
request.path = "/"
addresses = 5
behavior.healthy = {}
"#,
        ],
        facts: &[
            fact("risers.requests", EXACT),
            fact("risers.status.200", EXACT),
            fact("risers.latency.p50", percent_or_ms(15.0, SOON)),
        ],
        real: Real::Plays,
    },
];
