//! The public incidents that scenarios reproduce, and those that they do not: `incidents.toml` beside this file has them, docs/incidents.md is made
//! of it.
//!
//! * What the sim shows is computed here, at the scenario's scale and with the reporter's own figures, where virtual time has room for them.
//! * What the lab and the real programs show was measured: `scripts/incidents` plays the scenarios and lets [`the_measurements_are_read`] write
//!   results/reference/incidents.csv.
//!
//! `SLOWLAB_BLESS=1 cargo test --test incidents` rewrites the page.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test report by panicking, as the test does"
)]

mod data;
mod measured;
mod page;
mod sim;
#[path = "../shared/simulate.rs"]
mod simulate;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use slowlab::scenario;

/// The issue's own mark.
const LEAST_REPRODUCED: usize = 17;

fn in_the_house(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_page_is_true() {
    let incidents = data::incidents();
    let fresh = page::page(&incidents, &measured::known());
    let path = in_the_house("docs/incidents.md");
    if std::env::var_os("SLOWLAB_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == fresh,
        "docs/incidents.md is old: run SLOWLAB_BLESS=1 cargo test --test incidents\n{fresh}"
    );
}

/// Who reproduces something says so, and what a scenario names is known here.
#[test]
fn scenarios_name_what_they_reproduce() {
    let incidents = data::incidents();
    for incident in &incidents {
        let Some(name) = &incident.scenario else {
            continue;
        };
        let loaded = scenario::load_embedded(name, &[])
            .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        let main = &incident.of[0];
        assert!(
            loaded.incidents.contains(main),
            "`source` of {name} does not name {main}"
        );
    }
    let known: BTreeSet<_> = incidents.iter().flat_map(|one| &one.of).collect();
    for (name, _) in scenario::embedded() {
        for incident in scenario::load_embedded(name, &[]).unwrap().incidents {
            assert!(
                known.contains(&incident),
                "incidents.toml lacks {incident} of {name}"
            );
        }
    }
}

#[test]
fn enough_are_reproduced_and_the_others_say_why_not() {
    let incidents = data::incidents();
    let played = incidents.iter().filter(|one| one.scenario.is_some());
    assert!(played.count() >= LEAST_REPRODUCED);
    for incident in &incidents {
        let what = &incident.of;
        assert_eq!(
            incident.scenario.is_none(),
            incident.not.is_some(),
            "{what:?}"
        );
        assert_eq!(
            incident.scenario.is_some(),
            !incident.facts.is_empty(),
            "{what:?}"
        );
    }
}

/// With `SLOWLAB_INCIDENTS=DIR`, where `scripts/incidents` has put its runs: writes results/reference/incidents.csv.
#[test]
fn the_measurements_are_read() {
    if let Some(runs) = std::env::var_os("SLOWLAB_INCIDENTS") {
        measured::write(&data::incidents(), &PathBuf::from(runs));
    }
}
