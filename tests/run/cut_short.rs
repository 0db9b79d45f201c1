//! Runs that do not reach their end: signals to slowlab, and processes killed under it. What was measured stays, nothing else does.

use std::os::unix::process::CommandExt;
use std::process::Child;

use rustix::process::{Pid, Signal};

use crate::support::{
    Done, MASTER, Place, QUICK, WORKER, done, expect, json, kill, long, read, requests, rows,
    spawn, wait,
};

/// The folder is marked partial, has what was measured, and can be reported again.
fn assert_kept(place: &Place) {
    let results = place.results();
    let name = results.display().to_string();
    assert!(name.ends_with(".partial"), "{name}");
    assert!(!place.path("out/s/latest").exists());
    assert_eq!(json(results.join("manifest.json"))["partial"], true);
    let again = done(place.slowlab(&["report", &name, "--json"]));
    let summary: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(summary["partial"], true);
    assert!(requests(&summary) >= 5, "{summary}");
}

fn stopped_by(signal: Signal) -> (Place, Done) {
    let place = Place::new(&long());
    let child = place.start();
    place.wait_for_requests(5);
    kill(child.id(), signal);
    let done = wait(child);
    place.assert_nothing_left();
    (place, done)
}

#[test]
fn an_interrupted_run_keeps_what_it_measured_and_leaves_nothing() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)] {
        let (place, done) = stopped_by(signal);
        assert_eq!(done.code, code, "{}", done.err);
        let kept = format!("interrupted: partial results are kept in {}", "out/s/");
        assert!(done.err.contains(&kept), "{}", done.err);
        assert!(done.out.contains("baseline"), "{}", done.out);
        let events = read(place.results().join("baseline/events.csv"));
        assert!(events.contains(",lab,interrupted,"), "{events}");
        assert_kept(&place);
    }
}

fn kill_group(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process_group(pid, signal).unwrap();
}

/// A terminal sends SIGINT to the whole foreground group; an impatient user sends it again.
#[test]
fn ctrl_c_in_a_terminal_ends_the_run_in_order_and_twice_ends_it_at_once() {
    for times in [1, 2] {
        let place = Place::new(&long());
        let mut command = place.slowlab(&["run", "s.toml", "--out", "out"]);
        command.process_group(0);
        let child = spawn(command);
        place.wait_for_requests(5);
        for _ in 0..times {
            kill_group(&child, Signal::INT);
        }
        let done = wait(child);
        assert_eq!(done.code, 130, "{}", done.err);
        place.assert_nothing_left();
        assert_kept(&place);
    }
}

#[test]
fn a_signal_during_the_start_is_not_lost() {
    let place = Place::new(&long());
    let child = place.start();
    // The folder is there before anything of the stack is.
    crate::support::eventually("a folder", || !place.all_results().is_empty());
    kill(child.id(), Signal::INT);
    let done = wait(child);
    assert_eq!(done.code, 130, "{}", done.err);
    place.assert_nothing_left();
    assert_eq!(json(place.results().join("manifest.json"))["partial"], true);
}

#[test]
fn nohup_is_obeyed() {
    let place = Place::new(&long());
    let child = spawn(place.shell("trap '' HUP; exec \"$@\""));
    place.wait_for_requests(5);
    kill(child.id(), Signal::HUP);
    place.wait_for_requests(40);
    kill(child.id(), Signal::INT);
    let done = wait(child);
    assert_eq!(done.code, 130, "{}", done.err);
    place.assert_nothing_left();
}

#[test]
fn kill_9_of_slowlab_leaves_only_the_partial_results() {
    let place = Place::new(&long());
    let child = place.start();
    place.wait_for_requests(5);
    assert_eq!(place.pids(MASTER).len(), 1);
    assert_eq!(place.pids(WORKER).len(), 2);
    kill(child.id(), Signal::KILL);
    assert_eq!(wait(child).code, -1);
    place.assert_nothing_left();
    assert_kept(&place);
}

#[test]
fn a_master_killed_during_the_run_is_named() {
    let place = Place::new(&long());
    let child = place.start();
    place.wait_for_requests(5);
    let master = place.pids(MASTER)[0];
    kill(master, Signal::KILL);
    let done = wait(child);
    assert_eq!(done.code, 3, "{}", done.err);
    for part in [
        format!("the backend's master (pid {master}) died during the run"),
        "baseline/backend.log".to_owned(),
        "partial results are kept in out/s/".to_owned(),
    ] {
        assert!(done.err.contains(&part), "{part}: {}", done.err);
    }
    place.assert_nothing_left();
    assert_kept(&place);
}

#[test]
fn a_worker_killed_from_outside_is_replaced_and_told() {
    let scenario = QUICK.replace("duration = \"1s\"", "duration = \"3s\"")
        + &expect("visitors.outcomes.complete >= 40");
    let place = Place::new(&scenario);
    let child = place.start();
    place.wait_for_requests(5);
    let worker = place.pids(WORKER)[0];
    kill(worker, Signal::KILL);
    let done = wait(child);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let results = place.results();
    let summary = std::fs::read_to_string(results.join("summary.json")).unwrap();
    assert!(summary.contains("was killed from outside at"), "{summary}");
    let events = rows(results.join("baseline/events.csv"));
    let of_kind = |kind: &str, text: &str| {
        let matching = events
            .iter()
            .filter(|row| row["kind"] == kind && row["text"].contains(text));
        matching.count()
    };
    assert_eq!(of_kind("worker_exited", "signal 9"), 1);
    assert_eq!(of_kind("worker_spawned", ""), 3);
    let summary = json(results.join("summary.json"));
    assert_eq!(summary["variants"][0]["workers"]["killed_by_timeout"], 0);
    let kinds = summary["findings"].as_array().unwrap().iter();
    let told = kinds.filter(|finding| finding["kind"] == "worker_killed_from_outside");
    assert_eq!(told.count(), 1);
    let lanes = rows(results.join("baseline/workers.csv"));
    let dead = lanes
        .iter()
        .any(|row| row["state"] == "dead" && row["pid"] == worker.to_string());
    assert!(
        dead || lanes.iter().any(|row| row["worker"] == "3"),
        "{lanes:?}"
    );
}
