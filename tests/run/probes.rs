//! Probes within a run: rows, events, restarts, and nothing that stays behind.

use crate::support::{Place, QUICK, expect, rows};

/// A page that says that it is sick, at once.
fn sick(probe: &str, that: &str) -> String {
    let app = "[backend.app.\"/sick\"]\nstatus = 503\n[proxy]\n";
    let probe =
        format!("[[probe]]\nname = \"liveness\"\npath = \"/sick\"\ntimeout = \"5s\"\n{probe}\n");
    QUICK.replace("[proxy]\n", app) + &probe + &expect(that)
}

#[test]
fn a_backend_that_fails_its_probe_is_restarted_within_the_run() {
    let probe = "every = \"200ms\"\nkill_after = 2\ngrace = \"5s\"";
    let place = Place::new(&sick(probe, "probes.liveness.kills >= 1"));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let variant = place.results().join("baseline");
    let attempts = rows(variant.join("probes.csv"));
    assert_eq!(attempts[0]["outcome"], "status");
    assert_eq!(
        (attempts[0]["status"].as_str(), attempts[0]["to"].as_str()),
        ("503", "backend")
    );
    assert_eq!(
        (
            attempts[0]["failures"].as_str(),
            attempts[1]["failures"].as_str()
        ),
        ("1", "2")
    );
    let second: u64 = attempts[1]["at_us"].parse().unwrap();
    assert!((200_000..400_000).contains(&second), "{second}");
    assert_eq!(attempts[2]["failures"], "1", "of the new process");
    let events = rows(variant.join("events.csv"));
    let kinds: Vec<&str> = events.iter().map(|row| row["kind"].as_str()).collect();
    let place_of = |kind: &str| kinds.iter().position(|found| *found == kind);
    assert!(
        place_of("probe_killed") < place_of("backend_restarted"),
        "{kinds:?}"
    );
    assert!(place_of("backend_restarted").is_some() && place_of("master_exited").is_none());
    let workers = rows(variant.join("workers.csv"));
    let ages: std::collections::BTreeSet<&str> =
        workers.iter().map(|row| row["worker"].as_str()).collect();
    assert!(ages.len() >= 4 && ages.contains("3"), "{ages:?}");
    assert!(done.out.contains("`liveness` had"), "{}", done.out);
    place.assert_nothing_left();
}

#[test]
fn a_probe_that_only_watches_leaves_the_backend_alone() {
    let place = Place::new(&sick(
        "every = \"100ms\"\nto = \"proxy\"",
        "probes.liveness.kills == 0",
    ));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let variant = place.results().join("baseline");
    let attempts = rows(variant.join("probes.csv"));
    assert!(attempts.len() >= 8, "{}", attempts.len());
    assert!(
        attempts
            .iter()
            .all(|row| row["status"] == "503" && row["to"] == "proxy")
    );
    let requests = rows(variant.join("requests.csv"));
    assert!(
        requests
            .iter()
            .all(|row| row["group"] == "visitors" && row["status"] == "200")
    );
    place.assert_nothing_left();
}

#[test]
fn mistakes_in_probes_are_told_where_they_stand() {
    for (probe, wanted) in [
        ("every = \"1ms\"", "nobody probes every 1ms"),
        ("kill_after = 0", "not before the first"),
        ("kind = \"grpc\"", "grpc"),
        ("period = \"1s\"", "period"),
    ] {
        let place = Place::new(&sick(probe, "probes.liveness.kills == 0"));
        let done = place.run(&[]);
        assert_ne!(done.code, 0);
        assert!(done.err.contains(wanted), "{probe}: {}", done.err);
    }
    let place = Place::new(&sick("", "probes.livenes.kills == 0"));
    assert!(place.run(&[]).err.contains("did you mean `liveness`?"));
}
