//! gunicorn's `timeout`: CRITICAL, SIGABRT, SIGKILL, respawn.

use slowlab::record::{EventKind, ExitStatus, Report, WorkerState};

use crate::support::{Lab, read_response};

const APP: &str = r#"
[app."/"]
response = "100B"
[app."/big"]
response = "50MiB"
[app."/sleep"]
wait = "60s"
[app."/spin"]
cpu = "60s"
"#;

#[test]
fn a_stalled_client_gets_its_worker_killed_and_the_queue_lives_on() {
    let mut lab = Lab::start(&format!("workers = 1\ntimeout = \"1s\"\n{APP}"));
    let mut stalled = lab.request("/big", 1);
    let send = lab.wait_for_state(WorkerState::Send, Some(1));
    let mut queued = lab.request("/", 2);
    assert_eq!(read_response(&mut *queued), (200, 100));
    let (critical_at, kind) = lab.wait_for_event("worker_timeout");
    assert_eq!(kind, EventKind::WorkerTimeout { pid: send.pid });
    let dead = lab.wait_for_death(send.pid);
    let exited = EventKind::WorkerExited {
        pid: send.pid,
        status: ExitStatus::Signal(9),
    };
    let (_, kind) = lab.wait_for_event("worker_exited");
    assert_eq!(kind, exited, "the linger outlives the next turn");
    let late = critical_at.since(send.at).as_ms();
    assert!(late >= 1000, "CRITICAL after {late} ms");
    assert!(dead.at > critical_at);
    let linger = lab.wait_for_state(WorkerState::Linger, Some(1));
    assert!(linger.sent_bytes > 1 << 20 && linger.sent_bytes < 50 << 20);
    let served = lab.wait_for_state(WorkerState::App, Some(2));
    assert_eq!(served.worker, 2, "by the replacement");
    let (status, got) = read_response(&mut *stalled);
    assert_eq!(
        (status, got as u64),
        (200, linger.sent_bytes),
        "a short 200"
    );
    let log = lab.log();
    for line in [
        "[CRITICAL] WORKER TIMEOUT (pid:",
        "[ERROR] Error handling request\n",
        "was sent SIGKILL! Perhaps out of memory?",
        "\"GET /big HTTP/1.1\" 200 ",
    ] {
        assert!(log.contains(line), "{line} in\n{log}");
    }
}

#[test]
fn a_timeout_before_the_head_is_a_500_and_a_clean_exit() {
    for path in ["/sleep", "/spin"] {
        let mut lab = Lab::start(&format!(
            "workers = 1\ntimeout = \"1s\"\nlinger = \"0s\"\n{APP}"
        ));
        let mut stream = lab.request(path, 1);
        let pid = lab.wait_for_state(WorkerState::App, Some(1)).pid;
        let (status, len) = read_response(&mut *stream);
        assert_eq!((status, len > 0), (500, true), "{path}");
        drop(stream);
        lab.wait_for_death(pid);
        let (_, kind) = lab.wait_for_event("worker_exited");
        let status = ExitStatus::Code(0);
        assert_eq!(kind, EventKind::WorkerExited { pid, status }, "{path}");
        lab.wait_for_boot(2);
        assert_eq!(lab.get("/").0, 200);
        let log = lab.log();
        assert!(
            log.contains(&format!("Error handling request GET {path}")),
            "{log}"
        );
        assert!(log.contains(" 500 0 "), "{log}");
    }
}

#[test]
fn an_idle_worker_is_never_killed() {
    let mut lab = Lab::start(&format!("workers = 2\ntimeout = \"2s\"\n{APP}"));
    // A timeout of another worker's making passes while the second one is idle.
    let mut stream = lab.request("/sleep", 1);
    assert_eq!(read_response(&mut *stream).0, 500);
    drop(stream);
    lab.wait_for_boot(3);
    let timeouts = lab.seen.iter().filter(
        |report| matches!(report, Report::Event(event) if event.kind.name() == "worker_timeout"),
    );
    assert_eq!(timeouts.count(), 1, "{}", lab.log());
}
