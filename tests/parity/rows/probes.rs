//! Probes, and the restarts that follow from them.

use super::{PAGE, SOON, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Real, Row, fact};

/// Over TCP and without a proxy. Two jobs of 1.5 s tie both workers from 250 ms on; the server that they are let finish on is another one afterwards,
/// which has its time to import.
const JOBS: &str = r#"
duration = "4s"
drain = "1500ms"
[backend]
workers = 2
linger = "0s"
[backend.app."/job"]
wait = "1500ms"
response = "1KiB"
[[clients]]
name = "jobs"
arrival.once = { count = 2, start = "250ms" }
request = { path = "/job", timeout = "10s" }
behavior.healthy = {}
"#;

/// It fails at 600, 900 and 1 200 ms; then it is silent until there is another server.
const LIVENESS: &str = r#"
[[probe]]
name = "liveness"
every = "300ms"
timeout = "300ms"
kill_after = 3
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "probe-restarts-a-busy-backend",
        question: "What does a restart by a probe cost those who are served, who wait, and who come?",
        plan: &[JOBS, PAGE, LIVENESS, "grace = \"5s\"\n", VISITORS],
        facts: &[
            fact("probes.liveness.kills", EXACT),
            fact("probes.liveness.outcomes.timeout", EXACT),
            fact("jobs.status.200", EXACT),
            fact("visitors.outcomes.reset", give(1.0)),
            fact("events.backend_restarted", EXACT),
            fact("workers.spawned", EXACT),
            fact("jobs.hold.p50", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "probe-kills-without-mercy",
        question: "And without a grace period that is long enough?",
        plan: &[JOBS, PAGE, LIVENESS, "grace = \"100ms\"\n", VISITORS],
        facts: &[
            fact("probes.liveness.kills", EXACT),
            fact("jobs.outcomes.reset", EXACT),
            fact("jobs.status.200", EXACT),
            fact("events.backend_restarted", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "probe-by-tcp-sees-the-kernel",
        question: "Does a connection say that anybody serves?",
        plan: &[JOBS, PAGE, LIVENESS, "kind = \"tcp\"\n", VISITORS],
        facts: &[
            fact("probes.liveness.failures", EXACT),
            fact("probes.liveness.attempts", give(1.0)),
            fact("jobs.status.200", EXACT),
            fact("visitors.status.200", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
];
