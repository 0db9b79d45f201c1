//! Scenarios that are made of configurations.

use super::*;
use crate::understand::{Sources, understand};

fn toml_of(nginx: &str, gunicorn: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, nginx).unwrap();
    let sources = Sources {
        nginx: Some(path),
        gunicorn: gunicorn.iter().map(|one| (*one).to_owned()).collect(),
        ..Sources::default()
    };
    // Messages by their names: the words are others'.
    let speech = |message: &str, facts: &[(&str, &str)]| format!("{message} {facts:?}");
    to_toml(&understand(&sources).unwrap(), &speech)
}

const NGINX: &str =
    "http { server { location / { proxy_pass http://127.0.0.1:8000; proxy_buffers 16 8k; } } }";

#[test]
fn what_was_found_is_a_scenario_and_what_was_not_is_marked() {
    let text = toml_of(NGINX, &["gunicorn -w 3 --threads 2 app:app"]);
    assert!(text.contains("workers = 3\nthreads = 2\n"), "{text}");
    assert!(text.contains("proxy_buffers = { count = 16, size = \"8KiB\" }"));
    assert!(text.contains("\"clients.slow.count\" = 5"), "{text}");
    assert!(text.contains("\"backend.workers\" = 6"), "{text}");
}

#[test]
fn a_default_is_only_claimed_where_nothing_else_was_said() {
    let text = toml_of(NGINX, &["gunicorn app:app"]);
    assert!(
        text.contains("workers = 1            # gunicorn's default"),
        "{text}"
    );
    let text = toml_of(NGINX, &["gunicorn -w $WORKERS app:app"]);
    assert!(
        text.contains("workers = 4            # ASSUMED: understood-unknown")
            && text.contains("understood-decides"),
        "{text}"
    );
    assert!(text.contains("answer with --env WORKERS=…"), "{text}");
    let text = toml_of(NGINX, &[]);
    assert!(text.contains("ASSUMED: no gunicorn was named"), "{text}");
}

/// Found by the fuzzer: what was written was no scenario.
#[test]
fn nobody_serves_with_no_workers_and_that_is_asked() {
    for command in ["gunicorn -w 0 app:app", "gunicorn -w 3 --threads 0 app:app"] {
        let text = toml_of(NGINX, &[command]);
        assert!(text.contains("understood-zero"), "{text}");
        let nobody = ["workers = 0", "threads = 0", "count = 0"];
        assert!(!nobody.iter().any(|none| text.contains(none)), "{text}");
    }
}

/// Found by the fuzzer, too.
#[test]
fn more_than_can_be_played_is_asked_and_no_variant_has_more() {
    for options in [
        "-w 513",
        "--threads 2048",
        "-k gthread --worker-connections 0",
        "--backlog 100000",
        "--max-requests 9999999999",
    ] {
        let text = toml_of(NGINX, &[&format!("gunicorn {options} app:app")]);
        assert!(text.contains("understood-range"), "{text}");
        let beyond = ["= 513", "= 2048", "= 0\n", "= 100000", "= 9999999999"];
        assert!(!beyond.iter().any(|one| text.contains(one)), "{text}");
    }
    let text = toml_of(NGINX, &["gunicorn -w 300 app:app"]);
    assert!(text.contains("\"backend.workers\" = 512"), "{text}");
    let text = toml_of(NGINX, &["gunicorn -w 512 app:app"]);
    assert!(!text.contains("twice-the-workers"), "{text}");
}
