//! Acts within a run: they are told, and what they end is a result.

use crate::support::{Place, QUICK, expect, read, rows};

fn with(acts: &str, that: &str) -> String {
    QUICK.to_owned() + acts + &expect(that)
}

/// The events of a kind: instant and text.
fn events(place: &Place, kind: &str) -> Vec<(u64, String)> {
    let path = place.results().join("baseline/events.csv");
    let events = rows(&path).into_iter().filter(|row| row["kind"] == kind);
    events
        .map(|row| (row["at_us"].parse().unwrap(), row["text"].clone()))
        .collect()
}

#[test]
fn a_reload_within_a_run_is_told_and_loses_nothing() {
    let acts = r#"
[[act]]
at = "400ms"
signal = { to = "backend", name = "HUP" }
set = { "backend.workers" = 4 }
[[act]]
at = "700ms"
signal = { to = "worker 99", name = "KILL" }
"#;
    let place = Place::new(&with(acts, "workers.spawned == 6"));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let told = events(&place, "act");
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].1, "HUP to backend, with backend.workers = 4");
    assert!((400_000..500_000).contains(&told[0].0), "{}", told[0].0);
    assert_eq!(told[1].1, "KILL to worker 99: there is no worker 99");
    let requests = rows(place.results().join("baseline/requests.csv"));
    assert!(
        requests.iter().all(|row| row["status"] == "200"),
        "{requests:?}"
    );
    place.assert_nothing_left();
}

#[test]
fn a_master_that_an_act_ends_is_a_result() {
    for (act, code) in [
        ("signal = { to = \"backend\", name = \"TERM\" }", 0),
        (
            "signal = { to = \"backend\", name = \"HUP\" }\nset = { \"backend.boot.fault\" = \"import\" }",
            1,
        ),
    ] {
        let act = format!("[[act]]\nat = \"500ms\"\n{act}\n");
        let place = Place::new(&with(&act, "visitors.status.502 >= 5"));
        let done = place.run(&[]);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        let ended = events(&place, "master_exited");
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].1, format!("exit code {code}"));
        assert!(!read(place.results().join("baseline/events.csv")).contains("nobody asked"));
        place.assert_nothing_left();
    }
}
