//! Acts: reloads, restarts, and applications that do not start.

use super::{PAGE, SOON, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Real, Row, fact};

/// Over TCP and without a proxy: clients meet the listener themselves.
const DIRECT: &str = r#"
duration = "2s"
drain = "1500ms"
[backend]
workers = 2
linger = "0s"
[backend.app."/job"]
wait = "1200ms"
response = "1KiB"
"#;

const HUP: &str = r#"
[[act]]
at = "607ms"
signal = { to = "backend", name = "HUP" }
"#;

/// Two that are in a worker each when the act comes, and four that wait behind them.
const JOBS: &str = r#"
[[clients]]
name = "jobs"
arrival.once = { count = 6, start = "250ms", spread = "60ms" }
request = { path = "/job", timeout = "10s" }
behavior.healthy = {}
"#;

const TERM: &str = r#"
[[act]]
at = "607ms"
signal = { to = "backend", name = "TERM" }
"#;

const COUNTS: &str = r#"
[[act]]
at = "307ms"
signal = { to = "backend", name = "TTIN" }
[[act]]
at = "607ms"
signal = { to = "backend", name = "TTOU" }
[[act]]
at = "907ms"
signal = { to = "backend", name = "TTOU" }
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "reload-with-more-workers",
        question: "Does a reload lose anybody, and who serves by then?",
        plan: &[
            DIRECT,
            PAGE,
            HUP,
            "set = { \"backend.workers\" = 4 }\n",
            JOBS,
            VISITORS,
        ],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("visitors.status.200", EXACT),
            fact("workers.spawned", EXACT),
            fact("events.act", EXACT),
            fact("events.worker_exited", EXACT),
            fact("jobs.hold.p50", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "term-resets-the-queue",
        question: "What becomes of connections that wait when the master is told to end?",
        plan: &[DIRECT, PAGE, TERM, JOBS],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("jobs.outcomes.reset", EXACT),
            fact("events.master_exited", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "reload-onto-a-broken-application",
        question: "What does a release that does not import do to a server of two workers?",
        plan: &[
            DIRECT,
            PAGE,
            HUP,
            "set = { \"backend.boot.fault\" = \"import\" }\n",
            VISITORS,
        ],
        facts: &[
            fact("visitors.status.200", give(1.0)),
            fact("visitors.outcomes.refused", give(2.0)),
            fact("events.master_exited", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "one-worker-more-and-two-less",
        question: "Which workers do TTIN and TTOU leave?",
        plan: &[DIRECT, PAGE, COUNTS, VISITORS],
        facts: &[
            fact("visitors.status.200", EXACT),
            fact("workers.spawned", EXACT),
            fact("events.worker_exited", EXACT),
            fact("events.signal_handled", EXACT),
        ],
        real: Real::Plays,
    },
];
