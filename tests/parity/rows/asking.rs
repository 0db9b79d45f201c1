//! Clients that take their time to ask, leave while they do, or ask over a connection that ends: who reads from them, and who gives up.

use super::{PAGE, SOON, TWO_WORKERS, VISITORS};
use crate::band::{EXACT, give, percent, percent_or_ms};
use crate::row::{Fact, Real, Row, fact};

/// Two seconds of a body.
const SLOW_BODY: &str = r#"
[[clients]]
name = "uploaders"
arrival.once = { count = 2, start = "200ms", spread = "300ms" }
request = { method = "POST", path = "/", body = "120KiB" }
behavior.slow-body = { rate = "60KiB/s" }
"#;

/// The same in chunks.
const SLOW_CHUNKS: &str = r#"
[[clients]]
name = "uploaders"
arrival.once = { count = 2, start = "200ms", spread = "300ms" }
request = { method = "POST", path = "/", body = "120KiB", chunked = true }
behavior.slow-body = { rate = "60KiB/s" }
"#;

/// Three seconds of a head.
const SLOW_HEADS: &str = r#"
[[clients]]
name = "loris"
arrival.once = { count = 2, start = "200ms" }
request.path = "/"
behavior.slow-header = { rate = "40B/s" }
"#;

/// Four workers or threads, of which nobody takes more than two.
const ROOM: &str = r#"
duration = "2s"
drain = "4s"
[backend]
bind = "tcp"
"#;

/// Somebody who leaves in the middle of an upload.
const LEAVERS: &str = r#"
[[clients]]
name = "closing"
arrival.once = { count = 2, start = "200ms", spread = "400ms" }
request = { method = "POST", path = "/", body = "512KiB" }
behavior.abort = { sent = "64KiB" }
[[clients]]
name = "resetting"
arrival.once = { count = 2, start = "300ms", spread = "400ms" }
request = { method = "POST", path = "/", body = "512KiB" }
behavior.abort = { sent = "64KiB", by = "rst" }
"#;

/// A backend that closes on every reuse, and both kinds of requests.
const STALE: &str = r#"
duration = "2s"
drain = "1s"
[backend]
bind = "tcp"
worker_class = "gthread"
threads = 4
keepalive = "10s"
[backend.app."/"]
wait = "2ms"
response = "1KiB"
fault = "close-on-reuse"
[[clients]]
name = "posts"
arrival.open = { rate = "15/s", process = "uniform" }
request = { method = "POST", path = "/", body = "256B" }
behavior.healthy = {}
[[clients]]
name = "gets"
arrival.open = { rate = "15/s", process = "uniform", start = "30ms" }
request.path = "/"
behavior.healthy = {}
"#;

const UPLOADED: &[Fact] = &[
    fact("uploaders.status.200", EXACT),
    fact("uploaders.latency.p50", percent(5.0)),
    fact("uploaders.hold.p50", percent_or_ms(5.0, SOON)),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
];

const WAITED: &[Fact] = &[
    fact("loris.requests", EXACT),
    fact("loris.status.200", EXACT),
    fact("loris.outcomes.reset", EXACT),
    fact("loris.latency.p50", percent(5.0)),
    fact("visitors.status.200", EXACT),
    fact("visitors.latency.p50", percent_or_ms(15.0, SOON)),
];

const STALE_FACTS: &[Fact] = &[
    fact("posts.requests", EXACT),
    fact("posts.status.502", give(1.0)),
    fact("gets.requests", EXACT),
    fact("gets.status.200", give(1.0)),
    fact("gets.status.502", give(1.0)),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "slow-body-buffered",
        question: "Whom does a slow upload hold, if the proxy buffers requests?",
        plan: &[TWO_WORKERS, PAGE, "[proxy]", SLOW_BODY, VISITORS],
        facts: UPLOADED,
        real: Real::Plays,
    },
    Row {
        name: "slow-body-streamed",
        question: "And if it does not?",
        plan: &[
            ROOM,
            "workers = 4",
            PAGE,
            "[proxy]\nproxy_request_buffering = false",
            SLOW_BODY,
            VISITORS,
        ],
        facts: UPLOADED,
        real: Real::Plays,
    },
    Row {
        name: "slow-body-at-worker",
        question: "And if there is no proxy?",
        plan: &[ROOM, "workers = 4", PAGE, SLOW_BODY, VISITORS],
        facts: UPLOADED,
        real: Real::Plays,
    },
    Row {
        name: "slow-chunks-at-worker",
        question: "Does it matter whether the length is told?",
        plan: &[ROOM, "workers = 4", PAGE, SLOW_CHUNKS, VISITORS],
        facts: UPLOADED,
        real: Real::Plays,
    },
    Row {
        name: "slow-chunks-buffered",
        question: "And to a proxy?",
        plan: &[TWO_WORKERS, PAGE, "[proxy]", SLOW_CHUNKS, VISITORS],
        facts: UPLOADED,
        real: Real::Plays,
    },
    Row {
        name: "slow-body-killed",
        question: "What does an uploader hear whose worker is killed in recv?",
        plan: &[
            ROOM,
            "workers = 4\ntimeout = \"1s\"",
            PAGE,
            "[proxy]\nproxy_request_buffering = false",
            SLOW_BODY,
        ],
        facts: &[
            fact("uploaders.status.500", EXACT),
            fact("uploaders.outcomes.complete", EXACT),
            fact("uploaders.proxy_status.500", EXACT),
            fact("workers.killed_by_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "body-with-a-gap",
        question: "What ends an upload that pauses for longer than client_body_timeout, and who hears of it?",
        plan: &[
            TWO_WORKERS,
            PAGE,
            "[proxy]\nclient_body_timeout = \"600ms\"",
            r#"
[[clients]]
name = "uploaders"
arrival.once = { count = 3, start = "200ms", spread = "300ms" }
request = { method = "POST", path = "/", body = "1KiB" }
behavior.slow-body = { rate = "1B/s" }
"#,
            VISITORS,
        ],
        facts: &[
            fact("uploaders.outcomes.reset", EXACT),
            fact("uploaders.proxy_status.408", EXACT),
            fact("uploaders.latency.p50", percent_or_ms(4.0, SOON)),
            fact("proxy.timers_fired.client_body_timeout", EXACT),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "slow-header-at-gthread",
        question: "What does a head of three seconds hold, when a thread reads it?",
        plan: &[
            ROOM,
            "worker_class = \"gthread\"\nthreads = 4",
            PAGE,
            SLOW_HEADS,
            VISITORS,
        ],
        facts: WAITED,
        real: Real::Plays,
    },
    Row {
        name: "slow-header-at-gevent",
        question: "And a hub, whose heads have a limit?",
        plan: &[
            ROOM,
            "worker_class = \"gevent\"",
            PAGE,
            SLOW_HEADS,
            VISITORS,
        ],
        facts: WAITED,
        real: Real::Plays,
    },
    Row {
        name: "uploaders-leave",
        question: "What does the proxy log of an upload whose client leaves in the middle?",
        plan: &[TWO_WORKERS, PAGE, "[proxy]", LEAVERS, VISITORS],
        facts: &[
            fact("closing.outcomes.aborted", EXACT),
            fact("closing.proxy_status.400", EXACT),
            fact("resetting.outcomes.aborted", EXACT),
            fact("resetting.proxy_status.400", EXACT),
            fact("visitors.status.200", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "uploaders-leave-a-worker",
        question: "And a worker that is reading from it?",
        plan: &[ROOM, "workers = 2", PAGE, LEAVERS, VISITORS],
        facts: &[
            fact("closing.outcomes.aborted", EXACT),
            fact("resetting.outcomes.aborted", EXACT),
            fact("visitors.status.200", EXACT),
            fact("workers.killed_by_timeout", EXACT),
        ],
        real: Real::Plays,
    },
    Row {
        name: "half-close-at-worker",
        question: "Does a worker mind that its client has shut its sending side?",
        plan: &[
            ROOM,
            "workers = 2",
            PAGE,
            r#"
[[clients]]
name = "halves"
arrival.once = { count = 2, start = "100ms", spread = "1s" }
request.path = "/"
behavior.half-close = {}
"#,
        ],
        facts: &[
            fact("halves.outcomes.complete", EXACT),
            fact("halves.status.200", EXACT),
            fact("halves.hold.p50", percent_or_ms(5.0, SOON)),
        ],
        real: Real::Plays,
    },
    Row {
        name: "burst-reader-buffered",
        question: "Who waits for a client that rests just as the response comes, if the proxy buffers?",
        plan: &[
            TWO_WORKERS,
            "[backend.app.\"/late\"]\nwait = \"500ms\"\nresponse = \"1MiB\"",
            "[proxy]\nlisten.sndbuf = \"16KiB\"",
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
        ],
        real: Real::Plays,
    },
    Row {
        name: "stale-connections",
        question: "Who notices that the backend closes a kept connection as it is used again?",
        plan: &[
            STALE,
            "[proxy]\nproxy_http_version = \"1.1\"\nupstream = { keepalive = 16 }",
        ],
        facts: STALE_FACTS,
        real: Real::Plays,
    },
    Row {
        name: "stale-connections-not-asked-again",
        question: "And if nothing is asked again?",
        plan: &[
            STALE,
            "[proxy]\nproxy_http_version = \"1.1\"\nupstream = { keepalive = 16 }\nproxy_next_upstream = [\"off\"]",
        ],
        facts: STALE_FACTS,
        real: Real::Plays,
    },
];
