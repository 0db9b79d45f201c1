//! Acts: reloads, restarts, and applications that do not start.

use super::{PAGE, SOON, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Fact, Real, Row, fact};

/// Long enough that an act comes while it is at work.
const JOB: &str = r#"
[backend.app."/job"]
wait = "1200ms"
response = "1KiB"
"#;

/// Over TCP and without a proxy: clients meet the listener themselves.
const DIRECT: &str = r#"
duration = "2s"
drain = "1500ms"
[backend]
workers = 2
linger = "0s"
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

const QUIT: &str = r#"
[[act]]
at = "607ms"
signal = { to = "backend", name = "QUIT" }
"#;

const INT: &str = r#"
[[act]]
at = "907ms"
signal = { to = "backend", name = "INT" }
"#;

const KILL: &str = r#"
[[act]]
at = "607ms"
signal = { to = "backend", name = "KILL" }
"#;

/// Idle sync workers look for their master every second.
const ORPHANS: &str = r#"
duration = "3500ms"
drain = "1500ms"
[backend]
workers = 2
timeout = "2s"
linger = "0s"
"#;

/// A sync worker looks when nobody waits any more, a threaded one within a second, and finishes what it has taken.
const ORPHANS_FACTS: &[Fact] = &[
    fact("jobs.status.200", EXACT),
    fact("jobs.outcomes.reset", EXACT),
    fact("events.master_killed", EXACT),
    fact("events.master_exited", EXACT),
    fact("events.worker_exited", EXACT),
    fact("workers.spawned", EXACT),
];

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

/// Behind a Unix socket, whose path the first of two masters must leave where it is.
const USR2: &str = r#"
duration = "3500ms"
drain = "1500ms"
[backend]
bind = "unix"
workers = 2
linger = "0s"
[[act]]
at = "307ms"
signal = { to = "backend", name = "USR2" }
set = { "backend.workers" = 3 }
"#;

/// One who is with the first master when it ends.
const DURING_USR2: &str = r#"
[[clients]]
name = "jobs"
arrival.once = { count = 1, start = "150ms" }
request = { path = "/job", timeout = "10s" }
behavior.healthy = {}
"#;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "reload-with-more-workers",
        question: "Does a reload lose anybody, and who serves by then?",
        plan: &[
            DIRECT,
            JOB,
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
        plan: &[DIRECT, JOB, PAGE, TERM, JOBS],
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
    Row {
        name: "quit-cuts-short",
        question: "What becomes of those who are being served when the master is told to quit?",
        plan: &[DIRECT, JOB, PAGE, QUIT, JOBS],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("jobs.status.500", EXACT),
            fact("jobs.outcomes.reset", EXACT),
            fact("events.master_exited", EXACT),
            fact("events.signal_handled", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "int-during-a-graceful-stop",
        question: "Does INT cut short a TERM that waits for those who are being served?",
        plan: &[DIRECT, JOB, PAGE, TERM, INT, JOBS],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("jobs.status.500", EXACT),
            fact("jobs.outcomes.reset", EXACT),
            fact("events.master_exited", EXACT),
            fact("workers.spawned", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "second-master-takes-over",
        question: "Does anybody notice when a second master takes the first one's place?",
        plan: &[
            USR2,
            PAGE,
            JOB,
            DURING_USR2,
            r#"
[[act]]
at = "1207ms"
signal = { to = "backend", name = "TERM" }
[proxy]
"#,
            VISITORS,
        ],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.max", percent_or_ms(5.0, SOON)),
            fact("workers.spawned", EXACT),
            fact("events.worker_exited", EXACT),
            fact("events.master_exited", EXACT),
            // USR2 and two TERM: the second one is for the master that is left when the run is over.
            fact("events.signal_handled", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "second-master-backs-out",
        question: "And when the second one is ended instead?",
        plan: &[
            USR2,
            PAGE,
            r#"
[[act]]
at = "1007ms"
signal = { to = "backend", name = "USR2" }
[[act]]
at = "1207ms"
signal = { to = "new-backend", name = "QUIT" }
[proxy]
"#,
            VISITORS,
        ],
        facts: &[
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("visitors.latency.max", percent_or_ms(5.0, SOON)),
            fact("workers.spawned", EXACT),
            fact("events.worker_exited", EXACT),
            fact("events.master_exited", EXACT),
            fact("events.signal_handled", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "killed-master-sync",
        question: "Who serves when the master is killed, and for how long?",
        plan: &[ORPHANS, JOB, PAGE, KILL, JOBS],
        facts: ORPHANS_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "killed-master-gthread",
        question: "And when its workers are threaded?",
        plan: &[
            ORPHANS,
            "worker_class = \"gthread\"\nthreads = 6\n",
            JOB,
            PAGE,
            KILL,
            JOBS,
        ],
        facts: ORPHANS_FACTS,
        real: Real::Plays,
    },
];
