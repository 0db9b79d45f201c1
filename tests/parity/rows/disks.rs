//! The disk of temp files, when it is full.

use super::{PAGE, SOON, VISITORS};
use crate::band::{EXACT, give, percent_or_ms};
use crate::row::{Real, Row, fact};

pub(super) const ROWS: &[Row] = &[Row {
    name: "a-temp-disk-fills-up",
    question: "Who is cut when the disk of temp files is full, and who is answered with an error?",
    plan: &[
        r#"
duration = "3500ms"
drain = "3s"
[backend]
bind = "unix"
workers = 6
[backend.app."/download"]
response = "4MiB"
[proxy]
temp_disk = "6MiB"
client_max_body_size = "16MiB"
listen.sndbuf = "16KiB"
[[clients]]
name = "uploader"
arrival.once = { count = 1, start = "203ms" }
request = { method = "POST", path = "/", body = "8MiB", timeout = "1500ms" }
behavior.healthy = {}
[[clients]]
name = "downloads"
arrival.once = { count = 4, start = "2003ms" }
request.path = "/download"
behavior.slow-read = { rate = "1MiB/s", rcvbuf = "16KiB" }
"#,
        PAGE,
        VISITORS,
    ],
    facts: &[
        fact("uploader.status.500", EXACT),
        fact("uploader.outcomes.complete", EXACT),
        fact("downloads.outcomes.complete", EXACT),
        fact("downloads.outcomes.truncated", EXACT),
        fact("downloads.status.200", EXACT),
        fact("events.temp_file_failed", EXACT),
        fact("visitors.requests", EXACT),
        fact("visitors.status.200", give(1.0)),
        fact("visitors.latency.p50", percent_or_ms(20.0, SOON)),
    ],
    real: Real::Cannot("nginx has its temp files on the disk that everything is on"),
}];
