//! The roles alone: a server that says where it is, serves, and goes away with everything when it is told to, or shot.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};

use rustix::process::Signal;

use crate::support::{MASTER, Place, QUICK, WORKER, done, eventually, kill, read, spawn, wait};

/// A role that serves, and the address that it printed.
fn serve(place: &Place, role: &str) -> (Child, String) {
    let mut child = spawn(place.slowlab(&[role, "s.toml"]));
    let mut line = String::new();
    let out = child.stdout.as_mut().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    (child, line.trim_end().to_owned())
}

fn get(address: &str) -> String {
    fn ask(mut stream: impl Read + Write) -> String {
        stream
            .write_all(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
    match (
        address.strip_prefix("unix:"),
        address.strip_prefix("http://"),
    ) {
        (Some(path), _) => ask(UnixStream::connect(path).unwrap()),
        (_, Some(address)) => ask(TcpStream::connect(address).unwrap()),
        _ => panic!("`{address}` is no address"),
    }
}

#[test]
fn servers_serve_and_leave_nothing_however_they_end() {
    for role in ["backend", "proxy"] {
        for (signal, code) in [(Signal::INT, 0), (Signal::TERM, 0), (Signal::KILL, -1)] {
            let place = Place::new(QUICK);
            let (child, address) = serve(&place, role);
            let answer = get(&address);
            assert!(answer.contains(" 200 ") && answer.len() > 2048, "{answer}");
            assert_eq!((place.pids(MASTER).len(), place.pids(WORKER).len()), (1, 2));
            kill(child.id(), signal);
            let done = wait(child);
            assert_eq!(done.code, code, "{role} {signal:?}: {}", done.err);
            assert!(done.err.contains("master pid"), "{}", done.err);
            place.assert_nothing_left();
        }
    }
}

#[test]
fn a_server_whose_master_dies_says_so() {
    let place = Place::new(QUICK);
    let (child, _) = serve(&place, "backend");
    let master = place.pids(MASTER)[0];
    kill(master, Signal::KILL);
    let done = wait(child);
    assert_eq!(done.code, 3, "{}", done.err);
    assert!(
        done.err.contains(&format!("master (pid {master}) died")),
        "{}",
        done.err
    );
    place.assert_nothing_left();
}

#[test]
fn clients_alone_print_what_they_got() {
    let place = Place::new(QUICK);
    let (server, address) = serve(&place, "proxy");
    let clients = done(place.slowlab(&["clients", "s.toml", "--target", &address]));
    kill(server.id(), Signal::INT);
    assert_eq!(wait(server).code, 0);
    assert_eq!(clients.code, 0, "{}", clients.err);
    let mut lines = clients.out.lines();
    assert_eq!(
        lines.next(),
        Some(
            "request_id,group,status,outcome,received_bytes,latency_us,latency_from_start_us,latency_from_connected_us"
        )
    );
    let complete = lines
        .filter(|line| line.contains(",visitors,200,complete,2048,"))
        .count();
    assert!(complete >= 30, "{}", clients.out);
    place.assert_nothing_left();
}

/// The scenario of a stage: two workers, two clients who read a megabyte slowly, and nothing in between that takes it.
const STARVED: &str = r#"
schema = 1
question = "q"
duration = "500ms"
[backend]
bind = "unix"
workers = 2
timeout = "1s"
[backend.app."/"]
response = "1MiB"
[proxy]
proxy_buffering = false
proxy_read_timeout = "1s"
listen.sndbuf = "16KiB"
[[clients]]
name = "slow"
arrival.once = { count = 2 }
request = { path = "/", timeout = "1s" }
behavior.slow-read = { rate = "1MiB/s", rcvbuf = "4KiB" }
[[clients]]
name = "visitors"
arrival.open = { rate = "10/s" }
request = { path = "/" }
behavior.healthy = {}
"#;

#[test]
fn a_stage_holds_its_slow_clients_until_it_is_told_to_end() {
    let place = Place::new(STARVED);
    let mut child = spawn(place.slowlab(&["stage", "s.toml", "--hold", "--lang", "en"]));
    let mut line = String::new();
    let out = child.stdout.as_mut().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("http://").unwrap().to_owned();
    let asleep = |pid: &u32| read(format!("/proc/{pid}/wchan")).contains("alloc_send_pskb");
    eventually("both workers wait in send", || {
        let workers = place.pids(WORKER);
        workers.len() == 2 && workers.iter().all(asleep)
    });
    // Longer than every timer of the file, and than the clients' own patience.
    let workers = place.pids(WORKER);
    let mut visitor = TcpStream::connect(&address).unwrap();
    let patience = std::time::Duration::from_millis(2_500);
    visitor.set_read_timeout(Some(patience)).unwrap();
    visitor
        .write_all(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
        .unwrap();
    assert!(
        visitor.read(&mut [0; 64]).is_err(),
        "a visitor got an answer"
    );
    assert_eq!(place.pids(WORKER), workers);
    assert!(workers.iter().all(asleep));
    kill(child.id(), Signal::INT);
    let done = wait(child);
    assert_eq!(done.code, 0, "{}", done.err);
    for told in [
        "2 clients (slow)",
        "strace -f -p",
        "ss -tmi",
        "lsof -p",
        "wchan",
        "curl",
    ] {
        assert!(done.err.contains(told), "{told}: {}", done.err);
    }
    place.assert_nothing_left();
}

/// Yama (`kernel.yama.ptrace_scope = 1`) lets a process be traced by its parents and by whom it names. Whether this kernel has it or not, each process that a
/// class is told to trace names everybody; and `strace -p`, which is no parent of theirs, gets in.
#[test]
fn staged_processes_let_anybody_trace_them_and_those_of_a_role_do_not() {
    let place = Place::new(STARVED);
    if Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let asked = |role: &str, to: &str| {
        // The tracer as a grandchild, so that the child is slowlab itself.
        let script = format!("exec strace -D -f -qq -e trace=prctl -o {to} \"$1\" {role} s.toml");
        let mut child = spawn(place.shell(&script));
        let mut line = String::new();
        let out = child.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        eventually("workers are there", || place.pids(WORKER).len() == 2);
        kill(child.id(), Signal::INT);
        let done = wait(child);
        assert_eq!(done.code, 0, "{}", done.err);
        let calls = read(place.path(to));
        let any = |line: &&str| line.contains("PR_SET_PTRACER, PR_SET_PTRACER_ANY");
        let who = calls.lines().filter(any);
        let who: BTreeSet<&str> = who.filter_map(|line| line.split(' ').next()).collect();
        who.len()
    };
    // A master, two workers and a proxy.
    assert_eq!(asked("stage", "staged"), 4);
    assert_eq!(asked("backend", "plain"), 0);
    place.assert_nothing_left();
}

#[test]
fn clients_alone_can_be_one_group_and_are_refused_by_another_name() {
    let place = Place::new(STARVED);
    let unknown = done(place.slowlab(&[
        "clients",
        "s.toml",
        "--target",
        "127.0.0.1:9",
        "--only",
        "snow",
    ]));
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("groups: `slow`, `visitors`"),
        "{}",
        unknown.err
    );
    // Nobody listens there, so that each is refused at once.
    let only = done(place.slowlab(&[
        "clients",
        "s.toml",
        "--target",
        "127.0.0.1:9",
        "--only",
        "slow",
    ]));
    assert_eq!(only.out.matches(",slow,").count(), 2, "{}", only.out);
    assert!(!only.out.contains("visitors"), "{}", only.out);
}
