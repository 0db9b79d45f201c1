//! The byte ledger of a lab run: when nothing moves, its places hold what one end has sent and the other has not read.

use std::collections::BTreeMap;

use crate::support::{Place, QUICK, expect, rows};

/// A head or two, which ends count that do not count the body.
const HEADS: i64 = 1024;

/// Two clients that stop reading after a while, and wait.
fn stalled(backend: &str, proxy: &str) -> String {
    let clients = r#"
[[clients]]
name = "stuck"
arrival.once = { count = 2, start = "300ms" }
request.path = "/report"
behavior.stall = { after = "64KiB", rcvbuf = "16KiB" }
"#;
    let report = format!("[backend.app.\"/report\"]\nresponse = \"24MiB\"\n[proxy]\n{proxy}\n");
    QUICK
        .replace("bind = \"unix\"", backend)
        .replace("duration = \"1s\"", "duration = \"2s\"")
        .replace("drain = \"1s\"", "drain = \"500ms\"")
        .replace("workers = 2", "workers = 4")
        .replace("[proxy]\n", &report)
        + clients
        + &expect("stuck.requests >= 1")
}

/// By place: what the group's responses held at the last look at which clients were still there.
fn at_rest(place: &Place) -> (BTreeMap<String, i64>, i64) {
    let variant = place.results().join("baseline");
    let bytes = rows(variant.join("bytes.csv"));
    let stuck = bytes
        .iter()
        .filter(|row| row["group"] == "stuck" && row["direction"] == "response");
    let mut looks: BTreeMap<u64, BTreeMap<String, i64>> = BTreeMap::new();
    for row in stuck {
        let at: u64 = row["at_us"].parse().unwrap();
        let spot = format!("{} {}", row["tier"], row["place"]);
        let look = looks.entry(at).or_default();
        *look.entry(spot).or_default() += row["bytes"].parse::<i64>().unwrap();
    }
    let (_, look) = looks.range(..1_900_000).next_back().unwrap();
    let requests = rows(variant.join("requests.csv"));
    let sent = requests.iter().filter(|row| row["group"] == "stuck");
    let sent = sent.map(|row| row["sent_bytes"].parse::<i64>().unwrap());
    (look.clone(), sent.sum())
}

fn adds_up(backend: &str, proxy: &str) -> BTreeMap<String, i64> {
    let place = Place::new(&stalled(backend, proxy));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let (look, sent) = at_rest(&place);
    let held: i64 = look.values().sum();
    assert!(
        (held - sent).abs() < 2 * HEADS,
        "sent {sent}, found {held} of it: {look:?}"
    );
    let events = rows(place.results().join("baseline/events.csv"));
    let cost = events.iter().find(|row| row["kind"] == "observed");
    assert!(cost.is_some_and(|row| row["text"].contains("% of a core")));
    place.assert_nothing_left();
    look
}

#[test]
fn what_was_sent_over_tcp_and_not_read_is_somewhere_once() {
    let look = adds_up("bind = \"tcp\"", "proxy_buffering = false");
    for spot in [
        "backend send_queue",
        "proxy receive_queue",
        "proxy send_queue",
    ] {
        assert!(
            look.get(spot).is_some_and(|bytes| *bytes > 0),
            "{spot}: {look:?}"
        );
    }
    assert!(look["client delivered"] >= 2 * 65_536, "{look:?}");
}

#[test]
fn a_unix_link_has_one_queue_and_a_buffering_proxy_has_all_the_rest() {
    let config = "proxy_buffering = true\nproxy_max_temp_file_size = \"4MiB\"";
    let look = adds_up("bind = \"unix\"", config);
    assert_eq!(look.get("backend send_queue"), None, "{look:?}");
    for spot in ["proxy receive_queue", "proxy memory", "proxy temp_file"] {
        assert!(
            look.get(spot).is_some_and(|bytes| *bytes > 0),
            "{spot}: {look:?}"
        );
    }
}
