//! A proxy in a process of its own: its descriptors, its end, and signals to either tier.

use super::{PAGE, SOON, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Fact, Real, Row, fact};

/// Two workers that have nothing to do.
const IDLE: &str = r#"
duration = "2s"
drain = "4s"
[backend]
bind = "unix"
workers = 2
[backend.app."/report"]
response = "320KiB"
"#;

/// A proxy that has a process of its own, and a user of its own where it may have one.
const APART: &str = r#"
drain = "500ms"
[backend]
bind = "unix"
workers = 2
[proxy]
process = "own"
"#;

/// The digits of the modes that follow are the same for whatever user the proxy has.
const GUARDED: &str = "duration = \"1s\"";

/// Some who wait for a second when the proxy gets its signal, and visitors before and after it.
const AT_WORK: &str = r#"
duration = "2s"
drain = "4s"
[backend]
bind = "unix"
worker_class = "gthread"
workers = 2
threads = 16
[backend.app."/job"]
wait = "1s"
response = "1KiB"
[proxy]
process = "own"
[[clients]]
name = "jobs"
arrival.once = { count = 4, start = "50ms", spread = "200ms" }
request.path = "/job"
behavior.healthy = {}
"#;

/// A proxy of its own process falls sick, and most of a second later it is told to reload. Who comes meanwhile waits in the accept queue.
const SICK: &str = "duration = \"1500ms\"";

const RELOADED: &str = "[[act]]\nat = \"1233ms\"\nsignal = { to = \"proxy\", name = \"HUP\" }\n";
const LEAKS: &str = "[[act]]\nat = \"433ms\"\nfault = { to = \"proxy\", kind = \"fd-leak\" }\n";
const WRITES: &str = "[[act]]\nat = \"433ms\"\nfault = { to = \"proxy\", kind = \"slow-write\" }\n";
const RESTS: &str =
    "[[act]]\nat = \"433ms\"\nfault = { to = \"proxy\", kind = \"uninterruptible\" }\n";

const ZOMBIE: &str = "[[act]]\nat = \"433ms\"\nfault = { to = \"proxy\", kind = \"zombie\" }\n";
const HELD: &str = "[[act]]\nat = \"433ms\"\nfault = { to = \"proxy\", kind = \"unkillable\" }\n";
const TERM: &str = "[[act]]\nat = \"733ms\"\nsignal = { to = \"proxy\", name = \"TERM\" }\n";
const KILL: &str = "[[act]]\nat = \"933ms\"\nsignal = { to = \"proxy\", name = \"KILL\" }\n";

/// It serves until then, and is there afterwards.
const THERE: &[Fact] = &[
    fact("visitors.requests", EXACT),
    fact("visitors.status.200", give(1.0)),
    fact("visitors.outcomes.refused", give(1.0)),
    fact("events.act", EXACT),
    fact("events.proxy_exited", EXACT),
];

/// The new loops serve whoever has waited. How long that was tells when the sickness began and ended.
const HEALED: &[Fact] = &[
    fact("visitors.requests", EXACT),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(5.0, SOON)),
    fact("visitors.latency.max", percent_or_ms(5.0, SOON)),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "a-reload-heals-a-leaking-proxy",
        question: "Who waits for a proxy without descriptors, and until when?",
        plan: &[SICK, APART, PAGE, LEAKS, RELOADED, VISITORS],
        facts: HEALED,
        real: Real::Cannot("nginx is not taught to leak"),
    },
    Row {
        name: "a-reload-replaces-a-proxy-that-writes",
        question: "And for one that writes to a client that does not read?",
        plan: &[SICK, APART, PAGE, WRITES, RELOADED, VISITORS],
        facts: HEALED,
        real: Real::Cannot("nginx never blocks in a write"),
    },
    Row {
        name: "a-reload-replaces-a-proxy-in-vfork",
        question: "And for one that waits for a child in vfork?",
        plan: &[SICK, APART, PAGE, RESTS, RELOADED, VISITORS],
        facts: HEALED,
        real: Real::Cannot("nginx starts no child of this kind"),
    },
    Row {
        name: "a-proxy-is-a-zombie",
        question: "Who answers for a proxy that is dead and in the table of processes?",
        plan: &[SICK, APART, PAGE, ZOMBIE, TERM, VISITORS],
        facts: THERE,
        real: Real::Cannot("an nginx waits for its workers itself"),
    },
    Row {
        name: "a-proxy-outlives-sigkill",
        question: "What ends a proxy that waits for a file system without an answer?",
        plan: &[SICK, APART, PAGE, HELD, TERM, KILL, VISITORS],
        facts: THERE,
        real: Real::Cannot("nginx opens no file of that kind"),
    },
    Row {
        name: "files-run-out",
        question: "Who pays when there is no descriptor left for a temp file?",
        plan: &[
            IDLE,
            PAGE,
            r#"
[proxy]
process = "own"
worker_rlimit_nofile = 33
listen.sndbuf = "16KiB"
[[clients]]
name = "readers"
arrival.once = { count = 14, start = "32ms", spread = "1400ms" }
request.path = "/report"
behavior.slow-read = { rate = "96KiB/s", rcvbuf = "4KiB" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("readers.outcomes.complete", EXACT),
            fact("readers.outcomes.truncated", EXACT),
            fact("readers.status.200", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", give(2.0)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "proxy-quits",
        question: "What does QUIT do to those who are still at it?",
        plan: &[
            AT_WORK,
            PAGE,
            VISITORS,
            r#"
[[act]]
at = "607ms"
signal = { to = "proxy", name = "QUIT" }
"#,
        ],
        facts: &[
            fact("jobs.status.200", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", give(1.0)),
            fact("visitors.outcomes.refused", give(1.0)),
            fact("events.proxy_exited", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "proxy-ends",
        question: "And TERM?",
        plan: &[
            AT_WORK,
            PAGE,
            VISITORS,
            r#"
[[act]]
at = "607ms"
signal = { to = "proxy", name = "TERM" }
"#,
        ],
        facts: &[
            fact("jobs.outcomes.complete", EXACT),
            fact("jobs.outcomes.reset", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", give(1.0)),
            fact("visitors.outcomes.refused", give(1.0)),
            fact("events.proxy_exited", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "edge-reloads",
        question: "What does a reload of the edge do to those who wait behind it?",
        plan: &[
            AT_WORK,
            PAGE,
            VISITORS,
            r#"
[edge]
worker_shutdown_timeout = "300ms"
[[act]]
at = "607ms"
signal = { to = "edge", name = "HUP" }
set = { "edge.limit_conn" = 20 }
"#,
        ],
        facts: &[
            fact("jobs.outcomes.reset", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", EXACT),
            fact("edge.attempts.200", EXACT),
            fact("proxy.attempts.499", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "readable-socket",
        question: "Who may read a socket, may he connect?",
        plan: &[
            GUARDED,
            APART,
            "[backend.socket]\nmode = \"0444\"\n",
            PAGE,
            VISITORS,
        ],
        facts: &[
            fact("visitors.status.502", EXACT),
            fact("proxy.connect_failed.13", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "writable-socket",
        question: "Who may write to a socket, and nothing else?",
        plan: &[
            GUARDED,
            APART,
            "[backend.socket]\nmode = \"0222\"\n",
            PAGE,
            VISITORS,
        ],
        facts: &[
            fact("visitors.status.200", EXACT),
            fact("proxy.connect_failed.13", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "unsearchable-folder",
        question: "What does a folder that may only be listed do to a socket in it?",
        plan: &[
            GUARDED,
            APART,
            "[backend.socket]\nmode = \"0666\"\ndirectory = \"0644\"\n",
            PAGE,
            VISITORS,
        ],
        facts: &[
            fact("visitors.status.502", EXACT),
            fact("proxy.connect_failed.13", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "proxy-spins",
        question: "What does a proxy that spins do to those who come?",
        plan: &[
            AT_WORK,
            PAGE,
            VISITORS,
            r#"
[[act]]
at = "607ms"
fault = { to = "proxy", kind = "spin" }
"#,
        ],
        facts: &[
            fact("jobs.outcomes.complete", EXACT),
            fact("visitors.requests", EXACT),
            fact("visitors.status.200", give(1.0)),
            fact("events.act", EXACT),
        ],
        real: Real::Cannot("nginx cannot be told to fall sick"),
    },
];
