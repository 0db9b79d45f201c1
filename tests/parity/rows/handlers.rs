//! What handlers do beside waiting: quantities that are drawn for each request, paced writes, what is broken.

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
        name: "drawn-per-request",
        question: "Does every engine draw the same wait, CPU and size for the same request?",
        plan: &[r#"
duration = "2s"
drain = "2s"
[backend]
bind = "unix"
workers = 4
[backend.app."/"]
wait = { lognormal = { p50 = "60ms", p99 = "500ms" } }
response = { exponential = "20kB" }
[backend.app."/few"]
wait = { empirical = [["80ms", 0.75], ["300ms", 0.25]] }
response = { empirical = [["1000B", 0.5], ["3000B", 0.5]] }
[proxy]
[[clients]]
name = "drawn"
arrival.open = { rate = "10/s", process = "uniform", start = "7ms" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
[[clients]]
name = "few"
arrival.open = { rate = "5/s", process = "uniform", start = "11ms" }
request = { path = "/few", timeout = "5s" }
behavior.healthy = {}
"#],
        facts: &[
            // To the byte: the sizes are the same numbers.
            fact("drawn.received_bytes", EXACT),
            fact("few.received_bytes", EXACT),
            fact("drawn.hold.p50", percent_or_ms(5.0, SOON)),
            fact("drawn.hold.max", percent_or_ms(5.0, SOON)),
            fact("few.hold.p50", percent_or_ms(5.0, SOON)),
            fact("few.hold.max", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "paced-pieces",
        question: "How long does a stream of events hold a sync worker whose client takes each at once?",
        plan: &[r#"
duration = "1500ms"
drain = "2s"
[backend]
bind = "unix"
workers = 2
[backend.app."/events"]
response = "1000B"
pieces = { size = "200B", every = "200ms", cpu = "1ms" }
headers = { Content-Type = "text/event-stream" }
[proxy]
proxy_buffering = false
[[clients]]
name = "listeners"
arrival.once = { count = 2, start = "200ms" }
request = { path = "/events", timeout = "5s" }
behavior.healthy = {}
"#],
        facts: &[
            fact("listeners.outcomes.complete", EXACT),
            fact("listeners.received_bytes", EXACT),
            fact("listeners.hold.p50", percent_or_ms(5.0, SOON)),
            fact("listeners.latency.p50", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "a-turn-between-pieces",
        question: "Does a handler that computes before each piece let others of its event loop have a turn, if it says so?",
        plan: &[
            r#"
duration = "1500ms"
drain = "2s"
[backend]
bind = "unix"
workers = 1
worker_class = "gevent"
[backend.app."/rows"]
response = "8MiB"
pieces = { size = "64KiB", cpu = "4ms", every = "1us" }
"#,
            PAGE,
            UNBUFFERED,
            r#"
[[clients]]
name = "fast"
arrival.once = { count = 1, start = "300ms" }
request.path = "/rows"
behavior.healthy = {}
"#,
            VISITORS,
        ],
        facts: &[
            fact("fast.outcomes.complete", EXACT),
            fact("fast.hold.p50", percent_or_ms(30.0, 2.0 * SOON)),
            fact("visitors.status.200", EXACT),
            // Without turns half a second.
            fact("visitors.latency.p90", percent_or_ms(50.0, 2.0 * SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "broken-handlers",
        question: "What do clients see of a body that is too short, a worker that dies, and one that never answers?",
        plan: &[r#"
duration = "2s"
drain = "2s"
[backend]
bind = "unix"
workers = 2
timeout = "30s"
[backend.app."/short"]
response = "1000B"
fault = "short-body"
[backend.app."/crash"]
fault = "crash"
[backend.app."/hang"]
fault = "hang"
[backend.app."/down"]
status = 503
response = "10B"
[proxy]
[[clients]]
name = "short"
arrival.once = { count = 2, start = "100ms" }
request = { path = "/short", timeout = "5s" }
behavior.healthy = {}
[[clients]]
name = "crash"
arrival.once = { count = 1, start = "500ms" }
request = { path = "/crash", timeout = "5s" }
behavior.healthy = {}
[[clients]]
name = "down"
arrival.once = { count = 1, start = "1s" }
request = { path = "/down", timeout = "5s" }
behavior.healthy = {}
[[clients]]
name = "hang"
arrival.once = { count = 1, start = "1200ms" }
request = { path = "/hang", timeout = "1s" }
behavior.healthy = {}
"#],
        facts: &[
            fact("short.outcomes.truncated", EXACT),
            fact("short.received_bytes", EXACT),
            fact("crash.status.502", EXACT),
            fact("down.status.503", EXACT),
            fact("hang.outcomes.timeout", EXACT),
            fact("hang.latency.max", percent(5.0)),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
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
