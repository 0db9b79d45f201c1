//! The roles alone: a server that says where it is, serves, and goes away with everything when it is told to, or shot.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Child;

use rustix::process::Signal;

use crate::support::{MASTER, Place, QUICK, WORKER, done, kill, spawn, wait};

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
