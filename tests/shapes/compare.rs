//! What came back from ours and from the real one, made comparable.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::chosen;
use super::servers::Pair;
use super::talk::{End, Heard, connect, talk};

/// How long a server may be silent before it is taken for one that waits: at first, with many at once, and when it is asked alone.
const PATIENCE: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];
/// Shapes under way at once.
const AT_ONCE: usize = 8;

/// What a client does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether it shuts its sending side then.
    pub(crate) ends: bool,
    /// Whether another request of its address is under way meanwhile.
    pub(crate) held: bool,
}

/// A shape that came to something else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Told {
    pub(crate) server: &'static str,
    pub(crate) shape: String,
    pub(crate) ours: String,
    pub(crate) real: String,
}

impl Shape {
    pub(crate) fn new(name: String, bytes: Vec<u8>) -> Shape {
        Shape {
            name,
            bytes,
            ends: false,
            held: false,
        }
    }
}

/// Sends all shapes to both of a pair; those that differ.
pub(crate) fn compare(server: &'static str, pair: Pair, shapes: &[Shape]) -> Vec<Told> {
    let shapes: Vec<&Shape> = shapes.iter().filter(|shape| chosen(shape)).collect();
    let next = AtomicUsize::new(0);
    let doubtful = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(shape) = shapes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let from = pair.from(address(0, &shapes, shape));
                    let differs = !pair.agrees(shape, from, PATIENCE[0]);
                    let shape = differs.then(|| (*shape).clone());
                    doubtful.lock().unwrap().extend(shape);
                }
            });
        }
    });
    let mut told = Vec::new();
    for shape in doubtful.into_inner().unwrap() {
        let from = pair.from(address(1, &shapes, &shape));
        let [ours, real] = pair.both(&shape, from, PATIENCE[1]);
        if ours != real {
            let shape = shape.name.clone();
            told.push(Told {
                server,
                shape,
                ours,
                real,
            });
        }
    }
    let logs = pair.stop();
    for shape in &shapes {
        let lines = |log: &BTreeMap<Ipv4Addr, Vec<String>>| {
            let of = |round| log.get(&address(round, &shapes, shape));
            of(1)
                .or_else(|| of(0))
                .map_or(String::new(), |lines| lines.join(", "))
        };
        let [ours, real] = [lines(&logs[0]), lines(&logs[1])];
        if ours != real && !told.iter().any(|told| told.shape == shape.name) {
            let shape = shape.name.clone();
            let [ours, real] = [ours, real].map(|line| format!("log {line}"));
            told.push(Told {
                server,
                shape,
                ours,
                real,
            });
        }
    }
    told
}

/// Each shape has an address of its own, in each round.
fn address(round: usize, shapes: &[&Shape], shape: &Shape) -> Ipv4Addr {
    let index = shapes.iter().position(|other| *other == shape).unwrap();
    let byte = |number: usize| u8::try_from(number).unwrap();
    Ipv4Addr::new(
        127,
        9 + byte(round),
        byte(index / 200),
        byte(index % 200) + 1,
    )
}

impl Pair {
    /// Backends trust clients of their own machine, and have no log that is compared.
    fn from(&self, address: Ipv4Addr) -> Ipv4Addr {
        match self.of_proxies {
            true => address,
            false => Ipv4Addr::LOCALHOST,
        }
    }

    fn agrees(&self, shape: &Shape, from: Ipv4Addr, patience: Duration) -> bool {
        let [ours, real] = self.both(shape, from, patience);
        if std::env::var_os("SLOWLAB_SHAPES").is_some() {
            eprintln!("{}\n  ours {ours}\n  real {real}", shape.name);
        }
        ours == real
    }

    /// What ours and the real one make of a shape.
    fn both(&self, shape: &Shape, from: Ipv4Addr, patience: Duration) -> [String; 2] {
        let ask = |to: SocketAddr| {
            let mut holding = shape.held.then(|| connect(to, from));
            if let Some(stream) = &mut holding {
                talk(
                    stream,
                    b"GET /hold HTTP/1.1\r\nHost: a.test\r\n\r\n",
                    false,
                    PATIENCE[0],
                );
            }
            talk(&mut connect(to, from), &shape.bytes, shape.ends, patience)
        };
        let heard = std::thread::scope(|scope| {
            let asked = [self.ours, self.real].map(|to| scope.spawn(move || ask(to)));
            asked.map(|thread| thread.join().unwrap())
        });
        heard.map(|heard| match self.of_proxies {
            true => of_proxy(&heard),
            false => of_worker(&heard),
        })
    }
}

/// All that a proxy said, but for its name and the time.
fn of_proxy(heard: &Heard) -> String {
    let mut text = heard.bytes.escape_ascii().to_string();
    for name in ["slowlab", "nginx/1.22.1"] {
        text = text.replace(&format!("<center>{name}</center>"), "<center>NAME</center>");
        text = text.replace(&format!("Server: {name}"), "Server: NAME");
    }
    let parts = text
        .split("\\r\\n")
        .map(|line| match line.split_once(": ") {
            Some(("Date", _)) => "Date: now",
            // Pages are as long as the name in them.
            Some(("Content-Length", _)) if text.contains("NAME\\r\\nDate") && is_page(&text) => {
                "Content-Length: of a page"
            }
            _ => line,
        });
    let parts: Vec<&str> = parts.collect();
    format!("{:?} {}", heard.end, parts.join("\\r\\n"))
}

fn is_page(text: &str) -> bool {
    text.contains("Content-Type: text/html\\r\\n")
}

/// A worker's statuses, and its pages for what is no request.
fn of_worker(heard: &Heard) -> String {
    let statuses = heard.statuses();
    let lower = heard.bytes.to_ascii_lowercase();
    let is_dated = lower.windows(7).any(|part| part == b"\ndate: ");
    match (statuses.last(), is_dated) {
        (Some(400..), false) => {
            let text = heard.bytes.escape_ascii();
            format!("{:?} {text}", heard.end)
        }
        (None, _) if heard.end == End::Open => "waits".to_owned(),
        _ => format!("{:?} {statuses:?}", heard.end),
    }
}
