//! Clients that are far away: on the lab a relay of packets is the distance, in the sim a line.

use super::{BUFFERED, PAGE, SOON, UNBUFFERED, VISITORS};
use crate::band::{EXACT, percent, percent_or_ms};
use crate::row::{Real, Row, fact};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "far-readers-hold-workers",
        question: "Whom does a small window hold that is a round trip away, and for how long?",
        plan: &[FAR, PAGE, UNBUFFERED, VISITORS],
        facts: &[
            fact("far.outcomes.complete", EXACT),
            fact("far.received_bytes", EXACT),
            // The sim is a round trip too quick where a response is through in five: 415 ms, and 520 on the lab.
            fact("far.hold.p50", percent(10.0)),
            fact("far.latency.p50", percent(WINDOW)),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "far-readers-are-buffered",
        question: "And when the proxy takes the response off the worker's hands?",
        plan: &[FAR, PAGE, BUFFERED, VISITORS],
        facts: &[
            fact("far.outcomes.complete", EXACT),
            fact("far.hold.p50", percent_or_ms(10.0, SOON)),
            fact("far.latency.p50", percent(WINDOW)),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
];

/// Per cent, where a window binds for a whole response.
const WINDOW: f64 = 10.0;

/// Across an ocean, with the receive buffer of a small device.
const FAR: &str = r#"
duration = "1500ms"
drain = "4s"
[backend]
bind = "unix"
workers = 6
[backend.app."/report"]
wait = "5ms"
response = "96KiB"
[[clients]]
name = "far"
arrival.once = { count = 3, start = "33ms", spread = "300ms" }
request.path = "/report"
behavior.slow-read = { rate = "2MiB/s", rcvbuf = "16KiB" }
link = { rate = "20Mbit/s", rtt = "100ms" }
"#;
