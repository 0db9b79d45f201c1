//! What acts do to a backend: reloads with another configuration, ends, workers that do not boot.

use std::io::{ErrorKind, Read};

use rustix::process::Signal;
use slowlab::machine::act::Target;
use slowlab::record::{EventKind, Report, WorkerState};
use slowlab::time::Span;

use crate::support::{Lab, config, connect, eventually, kill, read_response};

const APP: &str = r#"
[app."/"]
response = "100B"
[app."/slow"]
wait = "400ms"
response = "10B"
"#;

fn lab(top: &str) -> Lab {
    Lab::start(&format!("{top}\n{APP}"))
}

fn send(lab: &Lab, signal: Signal) {
    let sent = lab.backend().signal(Target::Backend, signal);
    sent.expect("the master is there");
}

/// Waits for the master's end; the code that it gave.
fn exit_code(lab: &Lab) -> Option<i32> {
    eventually("the master has ended", || {
        lab.backend().ended_within(Span::from_ms(50))
    });
    lab.backend().exit_code()
}

fn forks(lab: &Lab) -> usize {
    let spawned = lab.seen.iter().filter(
        |report| matches!(report, Report::Event(event) if matches!(event.kind, EventKind::WorkerSpawned { .. })),
    );
    spawned.count()
}

#[test]
fn a_reload_takes_over_what_was_said() {
    let mut lab = lab("workers = 2");
    let mut slow = lab.request("/slow", 1);
    lab.wait_for_state(WorkerState::App, Some(1));
    let later = r#"
workers = 3
[app."/"]
response = "5000B"
"#;
    lab.backend().says(&config(later)).unwrap();
    assert_eq!(lab.get("/"), (200, 100), "not before the signal");
    send(&lab, Signal::HUP);
    for age in 3..=5 {
        lab.wait_for_boot(age);
    }
    assert_eq!(
        read_response(&mut *slow),
        (200, 10),
        "by the old application"
    );
    eventually("the old workers are gone", || {
        lab.backend().worker_pids().len() == 3
    });
    assert_eq!(lab.get("/"), (200, 5000));
    assert_eq!(lab.get("/slow").0, 404);
    assert_eq!(lab.backend().exit_code(), None);
}

#[test]
fn term_resets_what_waits_in_the_queue() {
    let mut lab = lab("workers = 1");
    let mut served = lab.request("/slow", 1);
    lab.wait_for_state(WorkerState::App, Some(1));
    let mut queued = lab.request("/", 2);
    send(&lab, Signal::TERM);
    eventually("the master heard it", || {
        lab.log().contains("Handling signal: term")
    });
    // The busy worker still holds the listener, so the kernel still accepts.
    let mut late = lab.request("/", 3);
    assert_eq!(read_response(&mut *served), (200, 10));
    for stream in [&mut queued, &mut late] {
        let error = stream.read(&mut [0; 16]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!(exit_code(&lab), Some(0));
    let refused = connect(lab.backend().address()).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert!(lab.log().contains("Shutting down: Master"));
}

#[test]
fn a_reload_onto_an_application_that_does_not_import_ends_the_master() {
    for (workers, fault, code) in [(1, "import", 3), (1, "missing", 4), (2, "import", 1)] {
        let lab = lab(&format!("workers = {workers}"));
        let broken = format!("workers = {workers}\n[boot]\nfault = \"{fault}\"\n{APP}");
        lab.backend().says(&config(&broken)).unwrap();
        assert_eq!(lab.get("/").0, 200);
        send(&lab, Signal::HUP);
        assert_eq!(exit_code(&lab), Some(code), "{workers} workers, {fault}");
        assert!(connect(lab.backend().address()).is_err());
        assert_eq!(
            lab.log().contains("Shutting down: Master"),
            code != 1,
            "{}",
            lab.log()
        );
    }
}

#[test]
fn a_crash_loop_has_no_brake_but_the_fork_pause() {
    let mut lab = lab("workers = 1\n[boot]\nfault = \"crash\"");
    let from = lab.clock.now();
    let started = forks(&lab);
    lab.wait_for("a worker of age 40", |report| match report {
        Report::Event(event) if event.worker == Some(40) => Some(()),
        _ => None,
    });
    let took = lab.clock.now().since(from);
    // Forty pauses of 0 to 100 ms, their sum 2.0 s give or take 0.2 s.
    assert!(took >= Span::from_ms(1200), "{took}");
    assert!(took <= Span::from_secs(15), "{took}, from {started} on");
    assert!(lab.log().contains("exited with code 7."));
    assert_eq!(lab.backend().exit_code(), None, "and so on for ever");
    // The queue takes connections that nobody serves.
    let _queued = lab.request("/", 1);
    send(&lab, Signal::TERM);
    assert_eq!(exit_code(&lab), Some(0));
}

#[test]
fn an_import_is_never_too_slow_for_the_heartbeat() {
    let mut lab = lab("workers = 1\ntimeout = \"1s\"\n[boot]\ntime = \"2500ms\"");
    let booting = lab.wait_for_state(WorkerState::Booting, None);
    let booted = lab.wait_for_boot(1);
    assert!(booted.at.since(booting.at) >= Span::from_ms(2500));
    assert!(!lab.log().contains("WORKER TIMEOUT"), "{}", lab.log());
    assert_eq!(lab.get("/").0, 200);
}

#[test]
fn a_worker_gets_signals_by_its_age() {
    let mut lab = lab("workers = 2");
    let first = lab.wait_for_boot(1).pid;
    lab.backend()
        .signal(Target::Worker(1), Signal::QUIT)
        .unwrap();
    lab.wait_for_death(first);
    lab.wait_for_boot(3);
    let nobody = lab.backend().signal(Target::Worker(1), Signal::QUIT);
    assert!(nobody.unwrap_err().to_string().contains("no worker 1"));
}

#[test]
fn a_new_master_takes_the_place_of_one_that_was_told_to_end() {
    for bind in ["tcp", "unix"] {
        let mut lab = lab(&format!("workers = 2\nbind = \"{bind}\""));
        let (address, first) = (lab.backend().address().clone(), lab.backend().master_pid());
        let mut slow = lab.request("/slow", 1);
        lab.wait_for_state(WorkerState::App, Some(1));
        send(&lab, Signal::TERM);
        assert_eq!(exit_code(&lab), Some(0));
        assert_eq!(read_response(&mut *slow), (200, 10), "it was let finish");
        lab.backend.as_mut().unwrap().restart().unwrap();
        for age in 3..=4 {
            lab.wait_for_boot(age);
        }
        assert_eq!(lab.backend().address(), &address);
        assert_ne!(lab.backend().master_pid(), first);
        assert_eq!(lab.get("/"), (200, 100));
        assert_eq!(lab.backend().worker_pids().len(), 2);
        assert_eq!(lab.backend().exit_code(), None, "that was the old one's");
        lab.backend.take().unwrap().stop();
        assert!(connect(&address).is_err());
    }
}

#[test]
fn what_is_killed_is_told_of_and_leaves_its_place_to_the_next() {
    let mut lab = lab("workers = 2\nbind = \"unix\"");
    let slow = lab.request("/slow", 1);
    let busy = lab.wait_for_state(WorkerState::App, Some(1));
    let pids = lab.backend().worker_pids();
    let later = "workers = 1\n[app.\"/\"]\nresponse = \"5000B\"\n";
    lab.backend().says(&config(later)).unwrap();
    lab.backend().kill();
    eventually("the master has ended", || {
        lab.backend().ended_within(Span::from_ms(50))
    });
    lab.backend.as_mut().unwrap().restart().unwrap();
    for pid in pids {
        let death = lab.wait_for_death(pid);
        assert!(death.at >= busy.at);
    }
    drop(slow);
    lab.wait_for_boot(3);
    assert_eq!(
        lab.get("/"),
        (200, 5000),
        "what the configuration says by now"
    );
    let unasked = |report: &Report| match report {
        Report::Event(event) => matches!(event.kind, EventKind::BackendEnded {}),
        _ => false,
    };
    assert!(!lab.seen.iter().any(unasked));
}

/// Waits for a second master, and until its two workers are in their loops; its process id.
fn second_master(lab: &mut Lab, ages: std::ops::RangeInclusive<u32>) -> u32 {
    send(lab, Signal::USR2);
    for age in ages {
        lab.wait_for_boot(age);
    }
    lab.backend().master_pids()[1]
}

/// What is served while these workers stand still: who of several wins an accept is the kernel's choice, so a test that asks often may see one master alone.
fn served_without(lab: &mut Lab, ages: std::ops::RangeInclusive<u32>) -> usize {
    let held: Vec<u32> = ages.map(|age| lab.wait_for_boot(age).pid).collect();
    for &pid in &held {
        kill(pid, Signal::STOP);
    }
    let (_, length) = lab.get("/");
    for &pid in &held {
        kill(pid, Signal::CONT);
    }
    length
}

#[test]
fn a_second_master_serves_beside_the_first_and_takes_its_place() {
    let mut lab = lab("workers = 2\nbind = \"unix\"");
    let later = format!("workers = 2\n{}", APP.replace("100B", "5000B"));
    lab.backend().says(&config(&later)).unwrap();
    let first = lab.backend().master_pid();
    let second = second_master(&mut lab, 3..=4);
    assert_eq!(lab.backend().master_pids(), [first, second]);
    assert_eq!(lab.backend().master_pid(), first);
    for (held, length) in [(1..=2, 5000), (3..=4, 100)] {
        assert_eq!(served_without(&mut lab, held), length);
    }

    send(&lab, Signal::USR2);
    let to_the_second = lab.backend().signal(Target::NewBackend, Signal::USR2);
    to_the_second.unwrap();
    for line in ["Child exists.", "Parent exists."] {
        let text = format!("USR2 signal ignored. {line}");
        eventually("both refuse", || lab.log().contains(&text));
    }

    let mut slow = lab.request("/slow", 1);
    lab.wait_for_state(WorkerState::App, Some(1));
    send(&lab, Signal::TERM);
    assert_eq!(read_response(&mut *slow), (200, 10));
    eventually("the first one is gone", || {
        lab.backend().master_pids() == [second]
    });
    assert_eq!(lab.backend().ended(), [(first, Some(0))]);
    assert_eq!(lab.backend().ended(), []);
    assert_eq!(lab.get("/"), (200, 5000), "the path is still there");
    eventually("it is promoted", || {
        lab.log().contains("Master has been promoted.")
    });
    assert_eq!(lab.backend().master_pid(), second);

    let third = second_master(&mut lab, 5..=6);
    send(&lab, Signal::QUIT);
    eventually("the second one is gone, too", || {
        lab.backend().master_pids() == [third]
    });
    assert_eq!(lab.get("/"), (200, 5000));
    assert_eq!(lab.backend().exit_code(), None);
    lab.stop();
    let left = std::fs::read_dir(lab.dir.path().join("run")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn the_end_of_a_second_master_leaves_the_first() {
    let mut lab = lab("workers = 2");
    let nobody = lab.backend().signal(Target::NewBackend, Signal::TERM);
    assert!(nobody.unwrap_err().to_string().contains("no second master"));
    let second = second_master(&mut lab, 3..=4);
    let termed = lab.backend().signal(Target::NewBackend, Signal::TERM);
    termed.unwrap();
    eventually("the second one is gone", || {
        lab.backend().master_pids().len() == 1
    });
    assert_eq!(lab.backend().ended(), [(second, Some(0))]);
    assert!(lab.log().contains("Shutting down: Master.2"));
    assert_eq!(lab.get("/"), (200, 100));

    // One whose application does not import comes to nothing; the first one has no part in it.
    let broken = format!("workers = 1\n[boot]\nfault = \"import\"\n{APP}");
    lab.backend().says(&config(&broken)).unwrap();
    send(&lab, Signal::USR2);
    lab.wait_for_death_of(5);
    eventually("it halts", || lab.backend().ended().len() == 1);
    assert_eq!(lab.get("/"), (200, 100));
    lab.backend().says(&config("workers = 1")).unwrap();
    second_master(&mut lab, 6..=6);
}
