//! Signals, deaths and endings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use slowlab::backend::{Backend, BackendError};
use slowlab::machine::act::Target;
use slowlab::net::Address;
use slowlab::record::{EventKind, Report, WorkerState};

use crate::support::{Lab, config, connect, eventually, exists, kill, read_response, spec};

const APP: &str = r#"
[app."/"]
response = "100B"
[app."/big"]
response = "20MiB"
[app."/slow"]
wait = "300ms"
response = "10B"
"#;

fn lab(top: &str) -> Lab {
    Lab::start(&format!("{top}\n{APP}"))
}

#[test]
fn a_killed_worker_is_replaced() {
    let mut lab = lab("workers = 2\nbind = \"unix\"");
    let victim = lab.backend().worker_pids()[0];
    kill(victim, Signal::KILL);
    lab.wait_for_death(victim);
    lab.wait_for_boot(3);
    assert_eq!(lab.backend().worker_pids().len(), 2);
    assert_eq!(lab.get("/").0, 200);
    assert!(
        lab.log()
            .contains(&format!("Worker (pid:{victim}) was sent SIGKILL!"))
    );
}

/// The session of a process; 0 if it began outside this container.
fn session(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it is there");
    let (_, behind_name) = stat.rsplit_once(')').expect("a name in brackets");
    let session = behind_name.split_whitespace().nth(3);
    session.expect("a session").parse().expect("a number")
}

#[test]
fn a_backend_has_a_session_of_its_own_unless_it_leaves_orphans() {
    let toml = format!("workers = 1\nbind = \"unix\"\n{APP}");
    let ours = session(std::process::id());
    for (lab, is_own) in [
        (Lab::start(&toml), true),
        (Lab::leaving_orphans(&toml), false),
    ] {
        let (master, worker) = (lab.backend().master_pid(), lab.backend().worker_pids()[0]);
        let all = session(master);
        assert_eq!(all == master, is_own);
        assert_eq!(all == ours, !is_own);
        assert_eq!(session(worker), all);
    }
}

#[test]
fn nothing_outlives_a_killed_master() {
    let mut lab = lab("workers = 3\nbind = \"unix\"");
    let _held = lab.request("/big", 1);
    lab.wait_for_state(WorkerState::Send, Some(1));
    let workers = lab.backend().worker_pids();
    kill(lab.backend().master_pid(), Signal::KILL);
    eventually("the workers are gone", || {
        !workers.iter().any(|pid| exists(*pid))
    });
    lab.wait_for("word of it", |report| match report {
        Report::Event(event) if event.kind == (EventKind::BackendEnded {}) => Some(()),
        _ => None,
    });
    let Address::Unix(path) = lab.backend().address().clone() else {
        panic!("a Unix socket was asked for");
    };
    drop(lab.backend.take());
    assert!(!path.exists());
}

#[test]
fn orphans_end_when_they_look_for_their_master() {
    for class in ["sync", "gthread", "gevent"] {
        let top = format!("workers = 2\ntimeout = \"2s\"\nworker_class = \"{class}\"");
        let mut lab = Lab::leaving_orphans(&format!("{top}\n{APP}"));
        let (master, workers) = (lab.backend().master_pid(), lab.backend().worker_pids());
        let mut slow = lab.request("/slow", 1);
        lab.wait_for_state(WorkerState::App, Some(1));
        let killed = lab.backend().signal(Target::Backend, Signal::KILL);
        killed.unwrap();
        eventually("the master is gone", || !exists(master));
        assert_eq!(lab.backend().ended(), [(master, None)]);
        assert_eq!(read_response(&mut *slow), (200, 10), "{class}");
        for pid in workers {
            lab.wait_for_death(pid);
        }
        assert!(lab.log().contains("Parent changed, shutting down"));
        eventually("nobody listens", || {
            connect(lab.backend().address()).is_err()
        });
        let surprised = lab.seen.iter().any(|report| {
            matches!(report, Report::Event(event) if event.kind == (EventKind::BackendEnded {}))
        });
        assert!(!surprised, "somebody did ask");
    }
}

#[test]
fn orphans_do_not_outlive_the_lab() {
    let mut lab = Lab::leaving_orphans(&format!("workers = 1\nbind = \"unix\"\n{APP}"));
    let mut held = lab.request("/big", 1);
    let pid = lab.wait_for_state(WorkerState::Send, Some(1)).pid;
    kill(lab.backend().master_pid(), Signal::KILL);
    eventually("the master is gone", || {
        lab.backend().ended_within(slowlab::time::Span::ZERO)
    });
    assert!(exists(pid), "it is in `send`, and does not look");
    drop(lab.backend.take());
    eventually("the worker is gone", || !exists(pid));
    let (_, length) = read_response(&mut *held);
    assert!(length < 20 << 20);
}

#[test]
fn term_lets_requests_finish_and_drop_leaves_nothing() {
    let mut lab = lab("workers = 2\nbind = \"unix\"");
    let master = lab.backend().master_pid();
    let mut slow = lab.request("/slow", 1);
    lab.wait_for_state(WorkerState::App, Some(1));
    let Address::Unix(path) = lab.backend().address().clone() else {
        panic!("a Unix socket was asked for");
    };
    lab.stop();
    assert_eq!(read_response(&mut *slow), (200, 10));
    assert!(!path.exists() && !exists(master));
}

#[test]
fn term_kills_what_does_not_finish_in_time() {
    let mut lab = lab("workers = 1\ngraceful_timeout = \"500ms\"");
    let mut held = lab.request("/big", 1);
    let pid = lab.wait_for_state(WorkerState::Send, Some(1)).pid;
    lab.stop();
    assert!(!exists(pid));
    let (status, len) = read_response(&mut *held);
    assert_eq!(status, 200);
    assert!(len > 0 && len < 20 << 20, "{len}");
}

#[test]
fn the_end_of_the_parent_is_the_end_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    std::fs::create_dir(&run).unwrap();
    outlive_the_parent(&run, 1);
    assert!(!run.exists(), "its private folder goes with it");
}

#[test]
fn the_end_of_the_parent_is_the_end_of_two_masters() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    std::fs::create_dir(&run).unwrap();
    outlive_the_parent(&run, 2);
    assert!(!run.exists(), "their private folder goes with them");
}

#[test]
fn a_file_that_is_not_slowlabs_outlives_the_parent() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine"), "").unwrap();
    outlive_the_parent(dir.path(), 1);
    let left: Vec<PathBuf> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left, [dir.path().join("mine")]);
}

/// Runs a master whose parent dies while a worker sends: the test's process stands in for a lab that is killed, by closing the pipe.
fn outlive_the_parent(runtime_dir: &Path, masters: usize) {
    let socket = runtime_dir.join("backend.sock");
    let line = serde_json::json!({
        "config": config(&format!("workers = 2\nbind = \"unix\"\n{APP}")),
        "seed": 1,
        "listen": { "unix": socket },
        "runtime_dir": runtime_dir,
        "log": runtime_dir.join("backend.log"),
        "clock_origin_ns": 0,
    });
    let mut master = Command::new(env!("CARGO_BIN_EXE_slowlab"))
        .arg(slowlab::backend::MASTER_ROLE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = master.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, format!("{line}\n").as_bytes())
        .expect("the master reads");
    let address = Address::Unix(socket.clone());
    eventually("it serves", || connect(&address).is_ok());
    if masters > 1 {
        kill(master.id(), Signal::USR2);
        let log = runtime_dir.join("backend.log");
        eventually("all masters listen", || {
            let log = std::fs::read_to_string(&log).expect("there is a log");
            log.matches("Listening at").count() == masters
        });
    }
    let mut held = connect(&address).expect("it serves");
    held.write_all(b"GET /big HTTP/1.1\r\n\r\n")
        .expect("the request is small");
    drop(stdin);
    master.wait().expect("the master ends");
    let mut rest = Vec::new();
    let mut pipe = master.stdout.take().expect("it is piped");
    std::io::Read::read_to_end(&mut pipe, &mut rest).expect("no worker holds the pipe");
    assert!(!socket.exists());
}

#[test]
fn a_reload_loses_no_request() {
    let mut lab = lab("workers = 2\nbind = \"tcp\"");
    let mut slow = lab.request("/slow", 1);
    lab.wait_for_state(WorkerState::App, Some(1));
    let old = lab.backend().worker_pids();
    kill(lab.backend().master_pid(), Signal::HUP);
    let mut served = 0;
    while old.iter().any(|pid| exists(*pid)) {
        assert_eq!(lab.get("/"), (200, 100));
        served += 1;
    }
    assert!(served > 0);
    assert_eq!(read_response(&mut *slow), (200, 10));
    for pid in old {
        lab.wait_for_death(pid);
    }
    lab.wait_for_boot(4);
    assert_eq!(lab.backend().worker_pids().len(), 2);
    assert!(lab.log().contains("Hang up: Master"));
}

#[test]
fn ttin_and_ttou_change_the_number_of_workers() {
    let mut lab = lab("workers = 1\nbind = \"unix\"");
    let first = lab.backend().worker_pids()[0];
    kill(lab.backend().master_pid(), Signal::TTIN);
    lab.wait_for_boot(2);
    kill(lab.backend().master_pid(), Signal::TTOU);
    lab.wait_for_death(first);
    assert_eq!(lab.get("/").0, 200);
    assert_eq!(lab.backend().worker_pids().len(), 1);
}

#[test]
fn a_worker_ends_after_its_last_request() {
    let mut lab = lab("workers = 1\nmax_requests = 3");
    let first = lab.backend().worker_pids()[0];
    for id in 1..=4 {
        assert_eq!(read_response(&mut *lab.request("/", id)), (200, 100));
    }
    assert_eq!(lab.wait_for_state(WorkerState::App, Some(3)).pid, first);
    assert_eq!(lab.wait_for_state(WorkerState::App, Some(4)).worker, 2);
    assert!(
        lab.log()
            .contains("Autorestarting worker after current request.")
    );
}

#[test]
fn processes_carry_their_names() {
    let lab = lab("workers = 1");
    let (master, worker) = (lab.backend().master_pid(), lab.backend().worker_pids()[0]);
    for (pid, name) in [(master, "slowlab: master"), (worker, "slowlab: worker")] {
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
        assert_eq!(comm.trim_end(), name);
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        assert_eq!(line.trim_end_matches('\0'), name);
    }
}

#[test]
fn a_taken_port_is_an_error_with_a_hint() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (mut spec, _reports) = spec(config(APP), dir.path());
    spec.listen = Some(Address::Tcp(taken.local_addr().unwrap()));
    let error = Backend::start(spec).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, BackendError::Startup { .. }));
    assert!(
        text.contains("Connection in use: 127.0.0.1:") && text.contains("hint:"),
        "{text}"
    );
}

#[test]
fn unusable_places_are_errors_with_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    let (mut wrong_log, _reports) = spec(config(APP), dir.path());
    wrong_log.log = dir.path().join("no/such/folder/backend.log");
    let error = Backend::start(wrong_log).unwrap_err().to_string();
    assert!(
        error.contains("backend.log") && error.contains("hint:"),
        "{error}"
    );
    let (mut wrong_dir, _reports) = spec(config(APP), dir.path());
    wrong_dir.runtime_dir = PathBuf::from("/proc/slowlab");
    let error = Backend::start(wrong_dir).unwrap_err().to_string();
    assert!(
        error.contains("/proc/slowlab") && error.contains("hint:"),
        "{error}"
    );
    let (mut in_the_way, _reports) = spec(config(APP), dir.path());
    let path = dir.path().join("file");
    std::fs::write(&path, "mine").unwrap();
    in_the_way.listen = Some(Address::Unix(path.clone()));
    let error = Backend::start(in_the_way).unwrap_err().to_string();
    assert!(error.contains("is not a socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn a_dropped_backend_is_gone() {
    let lab = lab("workers = 2\nbind = \"unix\"");
    let mut pids = lab.backend().worker_pids();
    pids.push(lab.backend().master_pid());
    drop(lab);
    assert!(!pids.iter().any(|pid| exists(*pid)));
}

#[test]
fn a_dropped_backend_of_two_masters_is_gone() {
    let mut lab = lab("workers = 1\nbind = \"unix\"");
    kill(lab.backend().master_pid(), Signal::USR2);
    lab.wait_for_boot(2);
    let mut pids = lab.backend().worker_pids();
    pids.extend(lab.backend().master_pids());
    assert_eq!(pids.len(), 4);
    drop(lab.backend.take());
    assert!(!pids.iter().any(|pid| exists(*pid)));
    let left = std::fs::read_dir(lab.dir.path().join("run")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn spawned_workers_are_told() {
    let mut lab = lab("workers = 1");
    let (_, kind) = lab.wait_for_event("worker_spawned");
    let pid = lab.backend().worker_pids()[0];
    assert_eq!(kind, EventKind::WorkerSpawned { pid });
}
