//! Two tiers of proxies: who says 504 and who logs 499, and what the inner one keeps from the edge.

use super::SOON;
use crate::band::{EXACT, UNTOLD, percent, percent_or_ms};
use crate::row::{Real, Row, fact, fact_apart};

/// An application that takes two seconds and a half to say 2 KiB, under an edge that waits for one.
const TRICKLE: &str = r#"
duration = "1s"
drain = "5s"
[backend]
bind = "unix"
workers = 4
[backend.app."/"]
response = "2KiB"
pieces = { size = "205B", every = "250ms" }
[edge]
proxy_read_timeout = "1s"
[[clients]]
name = "readers"
arrival.once = { count = 3, spread = "300ms", start = "100ms" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
[proxy]
"#;

/// One worker, which one request holds for three seconds; three others wait for it.
const STARVED: &str = r#"
duration = "1500ms"
drain = "5s"
[backend]
bind = "unix"
workers = 1
[backend.app."/"]
response = "2KiB"
[backend.app."/long"]
wait = "3s"
response = "2KiB"
[[clients]]
name = "holder"
arrival.once = { count = 1, start = "50ms" }
request = { path = "/long", timeout = "6s" }
behavior.healthy = {}
[[clients]]
name = "victims"
arrival.once = { count = 3, spread = "300ms", start = "200ms" }
request = { path = "/", timeout = "6s" }
behavior.healthy = {}
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "a-trickle-behind-a-buffer",
        question: "Who fails a response that comes in drops, where the inner proxy buffers it?",
        plan: &[TRICKLE],
        facts: &[
            fact("readers.status.504", EXACT),
            fact("readers.latency.max", percent(5.0)),
            fact("edge.attempts.504", EXACT),
            fact("edge.timers_fired.proxy_read_timeout", EXACT),
            fact("proxy.attempts.499", EXACT),
            fact("proxy.timers_fired.proxy_read_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "a-trickle-passed-on",
        question: "And where it passes the drops on?",
        plan: &[TRICKLE, "proxy_buffering = false"],
        facts: &[
            fact("readers.status.200", EXACT),
            fact("readers.latency.max", percent(5.0)),
            fact("edge.attempts.200", EXACT),
            fact("proxy.attempts.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "accel-buffering-swallowed",
        question: "The application asks for no buffering: do both proxies hear it?",
        plan: &[
            TRICKLE,
            "[backend.app.\"/\".headers]\nX-Accel-Buffering = \"no\"",
        ],
        facts: &[
            // The inner one does, and so the edge has its head in time.
            fact("readers.status.200", EXACT),
            fact("readers.latency.max", percent(5.0)),
            // The edge does not: all of it comes at the end.
            fact("readers.first_byte.min", percent(5.0)),
            fact("readers.reading.max", percent_or_ms(5.0, SOON)),
            fact_apart("edge.peak_buffered_bytes", percent(5.0), UNTOLD),
        ],
        real: Real::Plays,
    },
    Row {
        name: "an-impatient-edge",
        question: "The inner proxy is starved and would wait: who says 504?",
        plan: &[STARVED, "[proxy]\n[edge]\nproxy_read_timeout = \"700ms\""],
        facts: &[
            fact("victims.status.504", EXACT),
            fact("victims.latency.max", percent(5.0)),
            fact("victims.zombies", EXACT),
            fact("edge.timers_fired.proxy_read_timeout", EXACT),
            fact("proxy.attempts.499", EXACT),
            fact("proxy.timers_fired.proxy_read_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "an-impatient-inner-proxy",
        question: "And if the inner one is the impatient one?",
        plan: &[STARVED, "[edge]\n[proxy]\nproxy_read_timeout = \"700ms\""],
        facts: &[
            fact("victims.status.504", EXACT),
            fact("victims.latency.max", percent(5.0)),
            fact("edge.attempts.504", EXACT),
            fact("edge.timers_fired.proxy_read_timeout", EXACT),
            fact("proxy.attempts.504", EXACT),
            fact("proxy.timers_fired.proxy_read_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "inner-send-timeout",
        question: "The edge reads only as fast as its slow client: who cuts it short?",
        plan: &[r#"
duration = "1s"
drain = "12s"
[backend]
bind = "unix"
workers = 2
[backend.app."/"]
response = "20MiB"
[proxy]
proxy_buffering = false
listen.sndbuf = "16KiB"
send_timeout = "400ms"
[edge]
proxy_buffering = false
listen.sndbuf = "16KiB"
[[clients]]
name = "readers"
arrival.once = { count = 2, spread = "100ms", start = "100ms" }
request = { path = "/", timeout = "12s" }
behavior.slow-read = { rate = "32KiB/s", rcvbuf = "4KiB" }
"#],
        facts: &[
            fact("readers.status.200", EXACT),
            fact("readers.outcomes.truncated", EXACT),
            fact("proxy.timers_fired.send_timeout", EXACT),
            fact("edge.timers_fired.send_timeout", EXACT),
            fact("readers.latency.max", percent(40.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "a-silent-408",
        question: "The inner proxy gives up a slow upload without a word: what does the edge make of it?",
        plan: &[r#"
duration = "1s"
drain = "5s"
[backend]
bind = "unix"
workers = 2
[backend.app."/"]
response = "2KiB"
[proxy]
client_body_timeout = "600ms"
[edge]
proxy_request_buffering = false
[[clients]]
name = "uploaders"
arrival.once = { count = 3, spread = "300ms", start = "100ms" }
request = { method = "POST", path = "/", body = "20B", timeout = "5s" }
behavior.slow-body = { rate = "1B/s" }
"#],
        facts: &[
            fact("uploaders.status.502", EXACT),
            fact("uploaders.latency.max", percent_or_ms(10.0, SOON)),
            fact("edge.attempts.502", EXACT),
            fact("proxy.attempts.408", EXACT),
            fact("proxy.timers_fired.client_body_timeout", EXACT),
        ],
        real: Real::Plays,
    },
];
