//! The table: rows by what they are about, and the pieces of plans that several of them share.

mod acts;
mod asking;
mod backend;
mod classes;
mod clients;
mod disks;
mod distance;
mod faults;
mod handlers;
mod holding;
mod limits;
mod probes;
mod processes;
mod responses;
mod tiers;
mod timers;
mod uploads;
mod upstreams;
mod visits;

use crate::row::Row;

/// Everything that is played.
const TABLE: [&[Row]; 19] = [
    holding::ROWS,
    limits::ROWS,
    timers::ROWS,
    backend::ROWS,
    clients::ROWS,
    visits::ROWS,
    asking::ROWS,
    classes::ROWS,
    handlers::ROWS,
    acts::ROWS,
    faults::ROWS,
    probes::ROWS,
    processes::ROWS,
    responses::ROWS,
    disks::ROWS,
    distance::ROWS,
    uploads::ROWS,
    upstreams::ROWS,
    tiers::ROWS,
];

/// Words that rows are chosen by.
const CHOSEN: &str = "SLOWLAB_PARITY_ROWS";

/// Whether `SLOWLAB_PARITY_ROWS` asks for some of the rows.
pub(crate) fn some_are_chosen() -> bool {
    std::env::var_os(CHOSEN).is_some()
}

/// The rows that `SLOWLAB_PARITY_ROWS` asks for; all if it is not set.
pub(crate) fn chosen() -> Vec<&'static Row> {
    let all = TABLE.into_iter().flatten();
    let Ok(words) = std::env::var(CHOSEN) else {
        return all.collect();
    };
    let wanted = |row: &&Row| words.split(',').any(|word| row.name.contains(word));
    let rows: Vec<_> = all.filter(wanted).collect();
    assert!(!rows.is_empty(), "no row is called like `{words}`");
    rows
}

/// Milliseconds: what is free or answered at once may take so long on a machine that is busy with other tests, where what waits for a slow
/// client takes seconds.
const SOON: f64 = 50.0;

/// Two workers, and time enough for what they are at when nobody comes any more.
const TWO_WORKERS: &str = r#"
duration = "2s"
drain = "3s"
[backend]
bind = "unix"
workers = 2
"#;

/// A proxy that passes bytes on as they come, and whose sockets towards clients do not grow.
const UNBUFFERED: &str = r#"
[proxy]
proxy_buffering = false
listen.sndbuf = "16KiB"
"#;

/// A proxy as nginx is configured when nothing is said, but for sockets that do not grow.
const BUFFERED: &str = r#"
[proxy]
listen.sndbuf = "16KiB"
"#;

/// Pages that take 5 ms, for visitors.
const PAGE: &str = r#"
[backend.app."/"]
wait = "5ms"
response = "2KiB"
"#;

/// Twenty a second, at instants that are nobody else's.
const VISITORS: &str = r#"
[[clients]]
name = "visitors"
arrival.open = { rate = "20/s", process = "uniform", start = "7ms" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
"#;

/// Four clients that come round on kept connections, 70 ms after each answer.
const LOOPS: &str = r#"
[[clients]]
name = "loops"
arrival.closed = { count = 4, start = "20ms", think = "70ms" }
request = { path = "/", keepalive = true }
behavior.healthy = {}
"#;

#[test]
fn names_are_unique_and_every_row_compares_something() {
    let mut names: Vec<_> = TABLE.into_iter().flatten().map(|row| row.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for row in TABLE.into_iter().flatten() {
        assert!(!row.facts.is_empty(), "{}", row.name);
    }
}
