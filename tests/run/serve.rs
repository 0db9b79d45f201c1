//! `slowlab serve` without a browser: it says where it is, answers to its own pages only, and takes a run on real sockets with it when it ends, however that is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

use rustix::process::Signal;

use crate::support::{MASTER, Place, done, eventually, kill, long, spawn, wait};

/// A server of the place's scenario, and its host and port.
fn serve(place: &Place) -> (Child, String) {
    let mut child = spawn(place.slowlab(&["serve", "s.toml", "--port", "0", "--lang", "en"]));
    let mut line = String::new();
    let out = child.stdout.as_mut().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let (_, rest) = line.split_once("http://").unwrap();
    (child, rest.split('/').next().unwrap().to_owned())
}

/// One request, as it is written; what comes back.
fn ask(host: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    let request = format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(host: &str, path: &str) -> String {
    ask(host, &format!("GET {path} HTTP/1.1\r\nHost: {host}"), "")
}

#[test]
fn it_serves_its_own_pages_and_leaves_nothing_however_it_ends() {
    for (signal, code) in [(Signal::INT, 0), (Signal::KILL, -1)] {
        let place = Place::new(&long());
        let (child, host) = serve(&place);
        let library = get(&host, "/library");
        assert!(library.contains(" 200 ") && library.contains("Does it work at all?"));
        let foreign = ask(&host, "GET /library HTTP/1.1\r\nHost: evil.example", "");
        assert!(foreign.contains(" 421 "), "{foreign}");
        let page = get(&host, "/whatif");
        let (_, token) = page.split_once("slowlab-token\" content=\"").unwrap();
        let token = &token[..32];
        let post = format!("POST /api/confirm HTTP/1.1\r\nHost: {host}");
        let run = r#"{"name":"s.toml","set":["duration=60s"]}"#;
        assert!(ask(&host, &post, run).contains(" 403 "));
        let ours = format!("{post}\r\nOrigin: http://{host}\r\nx-slowlab-token: {token}");
        let begun = ask(&host, &ours, run);
        assert!(begun.contains("\"events\":\"/live/"), "{begun}");
        assert!(ask(&host, &ours, run).contains(" 409 "));
        eventually("there is a master", || place.pids(MASTER).len() == 1);
        kill(child.id(), signal);
        assert_eq!(wait(child).code, code, "{signal:?}");
        place.assert_nothing_left();
    }
}

#[test]
fn a_file_with_a_mistake_is_refused_where_it_is() {
    let place = Place::new("schema = 1\nquestion = \"?\"\nduration = \"1s\"\nbackendd = 1\n");
    let refused = done(place.slowlab(&["serve", "s.toml", "--port", "0"]));
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("s.toml:4"), "{}", refused.err);
}
