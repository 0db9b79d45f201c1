//! The same bytes to ours and to the real programs, where they are installed: what comes back, how the connection ends, and what the log says.
//!
//! * `requests` has what clients send, `answers` what an upstream sends. A shape is a name and bytes; to add one is a line.
//! * Each shape goes from an address of its own, so that a line of a log belongs to it. What differs is asked again, alone and with more
//!   patience, before it counts.
//! * `known` lists the differences that remain, each with its reason. One that is not listed fails, and so does one that is listed and gone.
//! * The rules were written against nginx 1.22.1 and gunicorn 27: with other versions differences are reported, and fail nothing.
//!
//! `SLOWLAB_SHAPES=word` sends only the shapes with that word in their names, and prints all that came back.
//! `SLOWLAB_SHAPES_FROM=folder` sends each file in it as well: somebody else's corpus.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test report by panicking, as the test does"
)]
#![expect(clippy::print_stderr, reason = "what differs is what this test is for")]

mod answers;
mod compare;
mod known;
mod requests;
mod servers;
mod talk;
mod upstream;

use compare::{Shape, compare};
use servers::Pair;

#[test]
fn the_proxy_answers_as_nginx_does() {
    let Some(nginx) = servers::nginx() else {
        return;
    };
    let exact = nginx.version.0[..2] == [1, 22];
    let upstream = upstream::start();
    let mut shapes = requests::all();
    shapes.extend(answers::all());
    let pair = Pair::of_proxies(&nginx, upstream, "");
    let mut told = compare("nginx", pair, &shapes);
    let limited = Pair::of_proxies(&nginx, upstream, "limit_conn = 1");
    told.extend(compare("nginx", limited, &requests::limited()));
    known::judge(&told, &["nginx"], exact);
}

/// The classes whose parsers differ, and for each whether gunicorn itself speaks to the client.
#[test]
fn the_workers_answer_as_gunicorns_do() {
    let Some(gunicorn) = servers::gunicorn() else {
        return;
    };
    let exact = gunicorn.version.0[0] == 27;
    let shapes = requests::all();
    let play = |class: &'static str| -> Vec<compare::Told> {
        if !servers::has_class(&gunicorn, class) {
            eprintln!("skipped: {class} is not installed beside gunicorn");
            return Vec::new();
        }
        let pair = Pair::of_backends(&gunicorn, class);
        compare(class, pair, &shapes)
    };
    let classes = ["sync", "gthread", "gevent", "asgi", "uvicorn"];
    let told = std::thread::scope(|scope| {
        let threads = classes.map(|class| scope.spawn(move || play(class)));
        threads.map(|thread| thread.join().unwrap())
    });
    let told: Vec<_> = told.into_iter().flatten().collect();
    known::judge(&told, &classes, exact);
}

/// A word that chooses shapes.
fn chosen(shape: &Shape) -> bool {
    std::env::var("SLOWLAB_SHAPES").map_or(true, |word| shape.name.contains(&word))
}
