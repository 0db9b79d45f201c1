//! What handlers do beside waiting: draws, pieces, faults.

use super::{PAGE, SOON, UNBUFFERED, VISITORS};
use crate::band::{EXACT, give, percent, percent_or_ms};
use crate::row::{Fact, Real, Row, fact, fact_apart};

const TWO_WORKERS: &str = r#"
duration = "2s"
drain = "2s"
[backend]
bind = "unix"
workers = 2
"#;

const ASKING: &str = r#"
[[clients]]
name = "asking"
arrival.once = { count = 1, start = "300ms" }
request.path = "/faulty"
behavior.healthy = {}
"#;

/// What becomes of one request, and that nobody else notices.
const ONE_FAULT: &[Fact] = &[
    fact("asking.outcomes.complete", EXACT),
    fact("asking.outcomes.truncated", EXACT),
    fact("asking.status.200", EXACT),
    fact("asking.status.502", EXACT),
    // nginx names its version in its error pages.
    fact_apart("asking.received_bytes", EXACT, give(16.0)),
    fact("workers.spawned", EXACT),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "handler-draws",
        question: "Does the same request draw the same work on every engine?",
        plan: &[
            TWO_WORKERS,
            r#"
[backend.app."/"]
wait = { lognormal = { p50 = "20ms", p99 = "120ms" } }
response = { lognormal = { p50 = "12KiB", p99 = "200KiB" } }
"#,
            "[proxy]",
            VISITORS,
        ],
        facts: &[
            fact("visitors.status.200", EXACT),
            fact("visitors.received_bytes", EXACT),
            fact("visitors.hold.p50", percent_or_ms(10.0, 10.0)),
            fact("visitors.hold.max", percent_or_ms(10.0, 20.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "handler-pieces",
        question: "For how long does a stream of events hold a sync worker?",
        plan: &[
            TWO_WORKERS,
            r#"
[backend.app."/events"]
response = "2000B"
pieces = { size = "200B", every = "100ms" }
"#,
            PAGE,
            UNBUFFERED,
            r#"
[[clients]]
name = "listening"
arrival.once = { count = 1, start = "300ms" }
request.path = "/events"
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: &[
            fact("listening.outcomes.complete", EXACT),
            fact("listening.received_bytes", EXACT),
            fact("listening.hold.p50", percent(6.0)),
            fact("listening.latency.p50", percent(6.0)),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "handler-short-body",
        question: "What does a client get of a body that is shorter than announced?",
        plan: &[
            TWO_WORKERS,
            "[backend.app.\"/faulty\"]\nresponse = \"8KiB\"\nfault = \"short-body\"",
            PAGE,
            UNBUFFERED,
            ASKING,
            VISITORS,
        ],
        facts: ONE_FAULT,
        real: Real::Plays,
    },
    Row {
        name: "handler-crash",
        question: "Who notices a worker that ends in the middle of a request?",
        plan: &[
            TWO_WORKERS,
            "[backend.app.\"/faulty\"]\nwait = \"20ms\"\nresponse = \"8KiB\"\nfault = \"crash\"",
            PAGE,
            UNBUFFERED,
            ASKING,
            VISITORS,
        ],
        facts: ONE_FAULT,
        real: Real::Plays,
    },
];
