//! The table is whole, and words find what they are about.

use std::collections::BTreeSet;

use super::*;
use crate::report::words::{Language, Words};

#[test]
fn every_symptom_is_told_in_every_language() {
    let keys: BTreeSet<&str> = SYMPTOMS.iter().map(|symptom| symptom.key).collect();
    assert_eq!(keys.len(), SYMPTOMS.len());
    for language in Language::ALL {
        let words = Words::of(language);
        for symptom in &SYMPTOMS {
            let title = format!("symptom-{}", symptom.key);
            for message in [
                title.clone(),
                format!("{title}.truth"),
                format!("{title}.cure"),
            ] {
                let said = words.say(&message, []);
                assert!(
                    said != message && !said.is_empty(),
                    "{language:?}: {message}"
                );
            }
        }
    }
}

#[test]
fn the_fixed_part_of_a_line_is_part_of_it() {
    for line in SYMPTOMS.iter().flat_map(|symptom| symptom.lines) {
        assert!(line.text.contains(line.fixed), "{line:?}");
    }
}

#[test]
fn words_find_what_they_are_about() {
    let cases = [
        ("upstream timed out", "upstream-timed-out"),
        (
            "upstream timed out (110: Connection timed out) while connecting to upstream",
            "connect-timed-out",
        ),
        ("504, CPU idle, app log quick", "upstream-timed-out"),
        (
            "gunicorn WORKER TIMEOUT large file download",
            "killed-while-sending",
        ),
        ("WORKER TIMEOUT upload", "upload-times-out"),
        (
            "connect() to unix:/app.sock failed (11: Resource temporarily unavailable)",
            "socket-unavailable",
        ),
        (
            "connect() to unix:/run/app.sock failed (13: Permission denied)",
            "socket-denied",
        ),
        ("download stops at 1GB nginx", "stops-at-1-gb"),
        (
            "an upstream response is buffered to a temporary file",
            "buffered-to-disk",
        ),
        (
            "No space left on device but du shows nothing",
            "buffered-to-disk",
        ),
        (
            "upstream prematurely closed connection 502 keepalive load balancer",
            "stale-keepalive",
        ),
        (
            "SSE events arrive all at once nginx X-Accel-Buffering",
            "events-all-at-once",
        ),
        (
            "kubernetes liveness probe failed workers busy",
            "killed-by-its-probe",
        ),
        (
            "file too short, download succeeded",
            "short-and-nobody-knows",
        ),
        ("upload fails after exactly 60 seconds", "upload-times-out"),
        ("Perhaps out of memory?", "sigkill"),
        ("worker_conections are not enough", "worker-connections"),
        ("no live upstreams", "no-live-upstreams"),
        ("499", "client-closed-499"),
        ("stale_keepalive", "stale-keepalive"),
        ("느린 회선 업로드 실패", "upload-times-out"),
    ];
    for (question, key) in cases {
        let found: Vec<&str> = search(question).iter().map(|symptom| symptom.key).collect();
        assert_eq!(found.first(), Some(&key), "{question}: {found:?}");
    }
}

#[test]
fn what_nobody_says_finds_nothing() {
    for question in ["", "the of a", "zebra xylophone", "12345"] {
        assert!(
            search(question).is_empty(),
            "{question}: {:?}",
            search(question)
        );
    }
}

#[test]
fn an_entry_says_what_is_logged_what_happened_and_what_cures_it() {
    let symptom = Symptom::named("no-live-upstreams").unwrap();
    let text = entry(symptom, Words::of(Language::English), 80);
    for part in [
        "[error] no live upstreams while connecting to upstream",
        "what happened",
        "max_fails=0",
        "slowlab run next-upstream-kills-the-second",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let silent = Symptom::named("loop-blocked").unwrap();
    let text = entry(silent, Words::of(Language::Korean), 80);
    assert!(text.contains("어느 로그에도 남지 않는다"), "{text}");
}
