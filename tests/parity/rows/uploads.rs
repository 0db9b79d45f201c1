//! Requests with bodies: where they wait, who is contacted when, and what is refused.

use super::{PAGE, SOON, TWO_WORKERS, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Fact, Real, Row, fact, fact_apart};

/// A handler that does not wait for the body.
const EARLY: &str = r#"
[backend.app."/early"]
response = "2KiB"
fault = "early-reply"
"#;

/// What becomes of the uploads, and that nobody else notices.
const UPLOADED: &[Fact] = &[
    fact("uploaders.outcomes.complete", EXACT),
    fact("uploaders.status.200", EXACT),
    fact("uploaders.status.413", EXACT),
    fact("events.body_spill_started", EXACT),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "uploads-wait-in-memory-or-a-file",
        question: "Which bodies does the proxy keep in memory, and which go to a temp file?",
        plan: &[
            TWO_WORKERS,
            PAGE,
            r#"
[proxy]
[[clients]]
name = "uploaders"
arrival.once = { count = 3, spread = "300ms", start = "200ms" }
request = { method = "POST", path = "/", body = "600KiB" }
behavior.healthy = {}
[[clients]]
name = "small"
arrival.once = { count = 3, spread = "300ms", start = "210ms" }
request = { method = "POST", path = "/", body = "10000B" }
behavior.healthy = {}
[[clients]]
name = "chunked"
arrival.once = { count = 2, spread = "300ms", start = "220ms" }
request = { method = "POST", path = "/", body = "300KiB", chunked = true }
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: &[
            fact("uploaders.status.200", EXACT),
            fact("small.status.200", EXACT),
            fact("chunked.status.200", EXACT),
            fact("events.body_spill_started", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "uploads-stream",
        question: "Without request buffering, does a body go up as it comes?",
        plan: &[
            TWO_WORKERS,
            PAGE,
            r#"
[proxy]
proxy_request_buffering = false
[[clients]]
name = "uploaders"
arrival.once = { count = 3, spread = "300ms", start = "200ms" }
request = { method = "POST", path = "/", body = "900KiB" }
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: UPLOADED,
        real: Real::Plays,
    },
    Row {
        name: "uploads-are-too-large",
        question: "Is a body that is too large refused before the backend hears of it?",
        plan: &[
            TWO_WORKERS,
            PAGE,
            r#"
[proxy]
client_max_body_size = "64KiB"
[[clients]]
name = "uploaders"
arrival.once = { count = 2, spread = "300ms", start = "200ms" }
request = { method = "POST", path = "/", body = "100KiB" }
behavior.healthy = {}
[[clients]]
name = "chunked"
arrival.once = { count = 2, spread = "300ms", start = "220ms" }
request = { method = "POST", path = "/", body = "100KiB", chunked = true }
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: &[
            fact("uploaders.status.413", EXACT),
            fact("chunked.status.413", EXACT),
            // nginx names its version in its error pages.
            fact_apart("uploaders.received_bytes", EXACT, give(64.0)),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "early-answers",
        question: "Does an answer that comes before the end of the upload reach the client?",
        plan: &[
            TWO_WORKERS,
            PAGE,
            EARLY,
            r#"
[proxy]
[[clients]]
name = "uploaders"
arrival.once = { count = 3, spread = "300ms", start = "200ms" }
request = { method = "POST", path = "/early", body = "20KiB" }
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: UPLOADED,
        real: Real::Plays,
    },
];
