//! Whatever a run waits for, a signal ends it at once: while workers are forked, while real programs start, while handlers are waited for that
//! nobody else waits for, and in every command that plays the lab.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;

use rustix::process::Signal;
use slowlab::time::{Clock, Span, Timestamp};

use crate::support::{
    Done, MASTER, Place, QUICK, WORKER, eventually, kill, long, read, spawn, wait,
};

/// Not waited for, each of these would take 10 s and more; a machine that is busy needs a part of that for the report of a run.
const SOON: Span = Span::from_secs(6);

/// How a run ends that gets these signals, one right after the other.
fn ended_by(child: Child, signals: &[Signal]) -> Done {
    let clock = Clock::start();
    for signal in signals {
        kill(child.id(), *signal);
    }
    let done = wait(child);
    let took = clock.now().since(Timestamp::ZERO);
    assert!(took < SOON, "it took {took}: {}", done.err);
    done
}

/// Forking takes a twentieth of a second each, as gunicorn does it, and the master hears nothing meanwhile.
#[test]
fn many_forks_are_not_waited_for() {
    for times in [1, 2] {
        let place = Place::new(&long().replace("workers = 2", "workers = 400"));
        let child = place.start();
        eventually("some workers", || place.pids(WORKER).len() > 5);
        let done = ended_by(child, &[Signal::INT, Signal::INT][..times]);
        assert_eq!(done.code, 130, "{}", done.err);
        let clock = Clock::start();
        place.assert_nothing_left();
        let took = clock.now().since(Timestamp::ZERO);
        assert!(took < SOON, "{took}");
    }
}

/// A client has given up, its handler has not: the run is over, and its backend ends gracefully.
#[test]
fn a_handler_that_nobody_waits_for_is_not_waited_for_either() {
    let scenario = QUICK
        .replace("wait = \"2ms\"", "wait = \"25s\"")
        .replace("timeout = \"5s\"", "timeout = \"200ms\"")
        .replace("duration = \"1s\"", "duration = \"300ms\"")
        .replace("drain = \"1s\"", "drain = \"200ms\"");
    let place = Place::new(&scenario);
    let child = place.start();
    let log = || {
        let run = place.all_results();
        let log = run.first().map(|run| run.join("baseline/backend.log"));
        log.and_then(|log| fs::read_to_string(log).ok())
            .unwrap_or_default()
    };
    eventually("the end of the run", || {
        log().contains("Handling signal: term")
    });
    let done = ended_by(child, &[Signal::INT]);
    assert_eq!(done.code, 130, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let events = read(place.results().join("baseline/events.csv"));
    assert!(events.contains(",lab,interrupted,"), "{events}");
}

/// A gunicorn that says its version and then never gets ready.
#[test]
fn a_real_program_that_does_not_get_ready_is_not_waited_for() {
    let place = Place::new(QUICK);
    let fake = place.path("gunicorn");
    let script = "#!/bin/sh\ncase $* in *version*) echo 'gunicorn (version 27.0.0)';; *) exec sleep 600;; esac\n";
    fs::write(&fake, script).unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let fake = fake.to_str().unwrap().to_owned();
    let run = [
        "run",
        "s.toml",
        "--out",
        "out",
        "--engine",
        "reference:gunicorn",
        "--gunicorn",
        &fake,
    ];
    let child = spawn(place.slowlab(&run));
    eventually("the program", || place.pids("sleep").len() == 1);
    let done = ended_by(child, &[Signal::INT]);
    assert_eq!(done.code, 130, "{}", done.err);
    place.assert_nothing_left();
}

#[test]
fn every_command_that_plays_the_lab_ends_as_interrupted() {
    let rate = "--vary=clients.visitors.arrival.open.rate=40/s..80/s";
    let commands: [&[&str]; 3] = [
        &[
            "sweep",
            "s.toml",
            "--engine",
            "lab",
            "--out",
            "out",
            "--vary=backend.workers=2,3",
        ],
        &[
            "break",
            "s.toml",
            "--engine",
            "lab",
            "--out",
            "out",
            rate,
            "--until",
            "visitors.requests > 10000",
        ],
        &["run", "s.toml", "--repeat", "3", "--out", "out"],
    ];
    for command in commands {
        let place = Place::new(&long());
        let child = spawn(place.slowlab(command));
        eventually("workers", || place.pids(WORKER).len() == 2);
        let done = ended_by(child, &[Signal::INT]);
        assert_eq!(done.code, 130, "{command:?}: {}", done.err);
        place.assert_nothing_left();
    }
}

/// Everything is measured and on the disk: the report can be written again.
#[test]
fn a_report_is_not_waited_for() {
    let place = Place::new(&QUICK.replace("40/s", "20000/s"));
    let child = spawn(place.slowlab(&["run", "s.toml", "--out", "out", "--engine", "sim"]));
    let measured = || {
        let runs = place.all_results();
        let manifest = runs.first().map(|run| run.join("manifest.json"));
        let manifest = manifest.and_then(|manifest| fs::read_to_string(manifest).ok());
        manifest.is_some_and(|manifest| manifest.contains("\"partial\": false"))
    };
    eventually("the end of the measurement", measured);
    let done = ended_by(child, &[Signal::TERM]);
    assert_eq!(done.code, 143, "{}{}", done.out, done.err);
    let said = "interrupted while the report was written";
    assert!(done.err.contains(said), "{}", done.err);
    assert!(!place.all_results()[0].join("report.html").exists());
}

/// Job control: clients and proxy stood still while the backend went on, so the run says nothing.
#[test]
fn a_run_that_was_stopped_for_a_while_is_undecided() {
    let place = Place::new(&long());
    let child = place.start();
    place.wait_for_requests(5);
    kill(child.id(), Signal::STOP);
    let clock = Clock::start();
    eventually("a moment", || {
        clock.now() > Timestamp::ZERO + Span::from_ms(600)
    });
    let done = ended_by(child, &[Signal::CONT]);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    assert!(
        done.err.contains("(job control)") && done.err.contains("\nhint: "),
        "{}",
        done.err
    );
    place.assert_nothing_left();
    assert!(place.results().to_str().unwrap().ends_with(".partial"));
}

/// A master that hears nothing any more: not waited for, and no verdict.
#[test]
fn a_master_that_is_stopped_ends_the_run() {
    let place = Place::new(&long());
    let child = place.start();
    place.wait_for_requests(5);
    kill(place.pids(MASTER)[0], Signal::STOP);
    let clock = Clock::start();
    let done = wait(child);
    assert!(clock.now() < Timestamp::ZERO + SOON);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    assert!(
        done.err.contains("was stopped during the run"),
        "{}",
        done.err
    );
    place.assert_nothing_left();
}
