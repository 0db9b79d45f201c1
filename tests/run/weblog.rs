//! `slowlab log` on a log, beside the pipeline of tools.

use crate::support::{Place, done};

/// A log of so many lines, from a few addresses that come often and many that come once.
fn log(lines: u32) -> String {
    let mut text = String::new();
    for n in 0..lines {
        let (h, m, s) = (n / 3_600 % 24, n / 60 % 60, n % 60);
        let address = match n % 3 {
            0 => format!("10.0.0.{}", n % 7),
            _ => format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255),
        };
        let uri = if n % 5 == 0 { "/healthz" } else { "/a?b=c" };
        text += &format!(
            "{address} - - [28/May/2026:{h:02}:{m:02}:{s:02} +0000] \"GET {uri} HTTP/1.1\" 200 12 \"-\" \"-\"\n"
        );
    }
    text
}

#[test]
fn the_answer_is_the_pipelines() {
    let place = Place::new("");
    std::fs::write(place.path("access.log"), log(30_000)).unwrap();
    for more in [
        &[][..],
        &["--exclude", "/healthz", "--since", "2026-05-28T01:00:00"],
        &["--by", "uri", "--until", "2026-05-28T02:00:00"],
        &["--last", "10m", "--top", "3"],
    ] {
        let said = done(place.slowlab(&[&["log", "access.log", "--beside"], more].concat()));
        assert_eq!(said.code, 0, "{more:?}: {}", said.err);
        assert!(
            said.err.contains("the same answer"),
            "{more:?}: {}",
            said.err
        );
        assert!(said.out.lines().count() <= 10 && !said.out.is_empty());
        // Ours first, then the tools', which read all of the file whatever is asked.
        let told = |of: &str| said.err.lines().filter(|line| line.contains(of)).count();
        assert_eq!(
            (told("lines/s"), told("of memory at most")),
            (2, 2),
            "{}",
            said.err
        );
        assert!(
            said.err.contains("the same answer: 30 000 lines"),
            "{}",
            said.err
        );
    }
    let recent = done(place.slowlab(&["log", "access.log", "--last", "1m"]));
    assert!(recent.err.contains("were not read"), "{}", recent.err);
}

#[test]
fn what_is_no_log_is_said_and_little_memory_is_an_estimate() {
    let place = Place::new("");
    let none = done(place.slowlab(&["log", "s.toml"]));
    assert_eq!(none.code, 0, "an empty file has nothing strange in it");
    std::fs::write(place.path("words"), "hello\n").unwrap();
    let none = done(place.slowlab(&["log", "words"]));
    assert!(none.code == 2 && none.err.contains("hint:"), "{}", none.err);
    let wrong = done(place.slowlab(&["log", "words", "--since", "yesterday"]));
    assert!(
        wrong.code == 2 && wrong.err.contains("2026-05-28"),
        "{}",
        wrong.err
    );
    std::fs::write(place.path("access.log"), log(3_000)).unwrap();
    let few = done(place.slowlab(&["log", "access.log", "--most-keys", "20"]));
    assert!(few.err.contains("estimates from above"), "{}", few.err);
    assert!(few.out.contains("10.0.0."), "{}", few.out);
}
