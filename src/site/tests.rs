//! Answers against arithmetic.

use super::*;
use crate::record::{EndedBy, Outcome};
use crate::report::words::{Language, Words};
use crate::time::Span;
use crate::understand::{Sources, understand};
use crate::units::Bytes;

fn understood(nginx: &str, gunicorn: &str) -> Understood {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.conf");
    std::fs::write(&path, nginx).unwrap();
    understand(&Sources {
        nginx: Some(path),
        gunicorn: vec![gunicorn.to_owned()],
        cpus: Some(2),
        ..Sources::default()
    })
    .unwrap()
}

fn english() -> &'static Words {
    Words::of(Language::English)
}

fn asked(only: &str) -> Question {
    Question {
        given: Given {
            largest: Some(Bytes(20 << 20)),
            cpus: Some(2),
            ..Given::default()
        },
        only: vec![only.to_owned()],
        no_cures: false,
    }
}

const UNBUFFERED: &str =
    "server { location / { proxy_pass http://unix:/run/g.sock; proxy_buffering off; } }";

#[test]
fn sync_workers_fall_to_as_many_slow_readers_and_buffering_saves_them() {
    let understood = understood(UNBUFFERED, "gunicorn -w 3 -t 120 -b unix:/run/g.sock a");
    let mut question = asked("slow-readers");
    question
        .given
        .set
        .push("proxy.worker_connections=64".to_owned());
    let answer = answer(&understood, &question, &|| false).unwrap();
    assert_eq!(answer.slots, Some(3));
    let finding = &answer.findings[0];
    assert_eq!(finding.first_at(), Some(3), "{finding:?}");
    assert_eq!(finding.half.unwrap().at, 3);
    let failure = finding.failure.as_ref().unwrap();
    assert_eq!(
        (failure.status, failure.limit.as_str()),
        (Some(504), "workers: 3 slots")
    );
    assert_eq!(finding.control.as_ref().unwrap().share, 0.0);
    let best = &answer.cures[0];
    assert_eq!(best.changes[0].setting, "proxy_buffering on");
    assert_eq!(
        best.changes[0].minus.as_deref(),
        Some("proxy_buffering off;")
    );
    assert_eq!(best.changes[0].place, "site.conf:1");
    assert!(
        best.first.is_some_and(|first| (58..=64).contains(&first)),
        "{best:?}"
    );
    let text = render(&answer, 80, english());
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told =
        "the first visitor fails at 3 slow readers, half as well, 95 % as well: 504 after 60 s";
    assert!(flat.contains(told), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 90),
        "{text}"
    );
    assert!(to_markdown(&answer, &[], english()).contains("| slow-readers"));
    let html = to_html(&answer, &[], None, english()).unwrap();
    assert!(html.contains("<ins>+ proxy_buffering on;</ins>"), "{html}");
}

#[test]
fn what_is_not_known_is_asked_for_and_not_answered() {
    let understood = understood(UNBUFFERED, "gunicorn -w $WORKERS -b unix:/run/g.sock a");
    let mut question = asked("slow-readers");
    let asks = answer(&understood, &question, &|| false).unwrap();
    assert_eq!(
        (asks.findings.len(), asks.questions[0].about.as_str()),
        (0, "workers")
    );
    assert!(render(&asks, 80, english()).contains("Say --env WORKERS=…"));
    question.given.set.push("backend.workers=2".to_owned());
    question.no_cures = true;
    let told = answer(&understood, &question, &|| false).unwrap();
    assert_eq!(told.findings[0].first_at(), Some(2));
}

#[test]
fn a_change_of_configuration_is_said_with_its_reason() {
    let unbuffered = understood(UNBUFFERED, "gunicorn -w 2 -b unix:/run/g.sock a");
    let more = understood(UNBUFFERED, "gunicorn -w 4 -b unix:/run/g.sock a");
    let question = Question {
        no_cures: true,
        ..asked("slow-readers")
    };
    let of = |understood| answer(understood, &question, &|| false).unwrap();
    let moved = moved(&of(&more), &of(&unbuffered), english());
    assert_eq!(
        moved[0].sentence(english()),
        "this change lowers slow readers from 4 to 2"
    );
    assert_eq!(moved[0].because, ["2 workers (--gunicorn)"]);
}

#[test]
fn that_runs_of_gthread_differ_is_said() {
    let understood = understood(UNBUFFERED, "gunicorn -w 2 -b unix:/run/g.sock a");
    let mut question = asked("slow-headers");
    question.no_cures = true;
    question.given.set = vec!["proxy.worker_connections=16".to_owned()];
    for (threads, is_said) in [(1, false), (4, true)] {
        // As it is in the end, whoever said so.
        question
            .given
            .set
            .push(format!("backend.threads={threads}"));
        let answer = answer(&understood, &question, &|| false).unwrap();
        let says = |line: &String| line.contains("between 6 and 27 of 30 visitors failed");
        assert_eq!(answer.unsure.iter().any(says), is_said, "{threads}");
    }
}

#[test]
fn a_page_that_came_too_late_is_no_lack_of_connections() {
    let understood = understood(UNBUFFERED, "gunicorn -w 3 -b unix:/run/g.sock a");
    let stack = Stack::new(&understood, &asked("slow-readers").given).unwrap();
    for (status, limit) in [(200, "workers: 3 slots"), (500, "nginx's connections: 512")] {
        let kind = (Some(status), EndedBy::Completion, Outcome::Complete);
        let late = play::Failed {
            kind,
            count: 28,
            took: Span::from_secs(28 * 22),
        };
        let played = play::Played {
            visitors: 30,
            failed: 30,
            kinds: [(String::new(), late)].into(),
            out_of_connections: 2,
            ..play::Played::default()
        };
        let failure =
            search::failure((&stack, battery::named("slow-readers")), &played, 3).unwrap();
        assert_eq!(failure.limit, limit, "{failure:?}");
    }
}

/// Of several backends nginx tries the next when one is silent, until none of them is left.
#[test]
fn a_502_after_a_timeout_is_no_full_queue() {
    let nginx = "upstream u { server 127.0.0.1:8001; server 127.0.0.1:8002; } server { location / { proxy_pass http://u; proxy_buffering off; } }";
    let understood = understood(nginx, "gunicorn -w 3 -b 127.0.0.1:8001 a");
    let stack = Stack::new(&understood, &asked("slow-readers").given).unwrap();
    for (secs, log) in [(60, "no live upstreams"), (1, "prematurely closed")] {
        let refused = play::Failed {
            kind: (Some(502), EndedBy::Proxy, Outcome::Complete),
            count: 9,
            took: Span::from_secs(9 * secs),
        };
        let played = play::Played {
            visitors: 30,
            failed: 9,
            kinds: [(String::new(), refused)].into(),
            ..play::Played::default()
        };
        let failure =
            search::failure((&stack, battery::named("slow-readers")), &played, 3).unwrap();
        assert!(failure.log.contains(log), "{failure:?}");
    }
}

#[test]
fn a_download_is_cut_short_only_where_it_is_played_slowly() {
    for (send_timeout, size) in [("60s", "\"524288B\""), ("30s", "\"20971520B\"")] {
        let nginx = format!(
            "server {{ location / {{ proxy_pass http://unix:/run/g.sock; send_timeout {send_timeout}; }} }}"
        );
        let understood = understood(&nginx, "gunicorn -w 3 -b unix:/run/g.sock a");
        let stack = Stack::new(&understood, &asked("slow-readers").given).unwrap();
        let text = stack.scenario("", (Span::from_secs(1), Span::from_secs(1)));
        assert!(text.contains(size), "{send_timeout}: {text}");
    }
}

/// Three words of English in a row, outside of what is quoted.
fn english_in(text: &str) -> Option<String> {
    let unquoted = text.split(['"', '`']).step_by(2);
    let words: Vec<&str> = unquoted.flat_map(str::split_whitespace).collect();
    let is_english =
        |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == ',');
    let mut rows = words.windows(3);
    rows.find(|row| row.iter().all(is_english))
        .map(|row| row.join(" "))
}

#[test]
fn a_korean_reader_is_answered_in_korean() {
    let words = Words::of(Language::Korean);
    let nginx = "upstream u { server 127.0.0.1:8001 weight=2; keepalive 4; } limit_req zone=a;\
        server { gzip on; location / { proxy_pass http://u; proxy_buffering off; } location /b { proxy_pass http://c; } }";
    for (gunicorn, set) in [
        (
            "gunicorn -w 2 -k gevent --threads 3 -b 127.0.0.1:8001 a",
            None,
        ),
        ("gunicorn -w $W --preload -b 127.0.0.1:8001 a", None),
        (
            "gunicorn -w ${W:-3} --threads 4 a",
            Some("backend.backlog=9"),
        ),
    ] {
        let understood = understood(nginx, gunicorn);
        let mut question = asked("slow-headers");
        question.given.language = Language::Korean;
        question.given.set = vec!["proxy.worker_connections=16".to_owned()];
        question.given.set.extend(set.map(str::to_owned));
        let answer = answer(&understood, &question, &|| false).unwrap();
        for text in [
            render(&answer, 1000, words),
            to_markdown(&answer, &[], words),
        ] {
            assert_eq!(english_in(&text), None, "{text}");
            assert!(
                !text.contains("site-") && !text.contains("understood-"),
                "{text}"
            );
        }
        assert!(
            to_html(&answer, &[], None, words)
                .unwrap()
                .contains("lang=\"ko\"")
        );
    }
}

/// What has its own name in it is put together: the catalogues have it for every threat.
#[test]
fn every_threat_has_its_words() {
    let stack = {
        let understood = understood(UNBUFFERED, "gunicorn -w 3 -b unix:/run/g.sock a");
        let mut given = asked("").given;
        given.language = Language::Korean;
        Stack::new(&understood, &given).unwrap()
    };
    for threat in &battery::ALL {
        let unit = format!("site-unit-{}", threat.name);
        let said = [
            threat.what(&stack),
            stack.tell(&unit, &[]),
            counted(threat.name, 2, Words::of(Language::Korean)),
        ];
        for text in said {
            assert!(!text.starts_with("site-"), "{text}");
            assert_eq!(english_in(&text), None);
        }
    }
}

#[test]
fn numbers_that_cannot_be_played_are_asked_about() {
    let understood = understood(UNBUFFERED, "gunicorn -w 9999 -b unix:/run/g.sock a");
    let answer = answer(&understood, &asked("slow-readers"), &|| false).unwrap();
    let asks = |line: &String| line.contains("? workers (unknown: workers can be 1 to 512 here");
    assert!(answer.read.iter().any(asks), "{:?}", answer.read);
}

#[test]
fn descriptors_are_a_limit_of_their_own() {
    let nginx = "worker_rlimit_nofile 64;\nevents { worker_connections 1024; }\nhttp { server { listen 80; location / { proxy_pass http://unix:/run/g.sock; } } }";
    let understood = understood(nginx, "gunicorn -w 2 -b unix:/run/g.sock app");
    let answer = answer(&understood, &asked("slow-readers"), &|| false).unwrap();
    let failure = answer.findings[0].failure.as_ref().unwrap();
    assert_eq!(failure.limit, "nginx's descriptors: 64 in each process");
    assert!(failure.log.contains("Too many open files"), "{failure:?}");
    let cure = (answer.cures.iter()).find(|cure| cure.set[0].contains("worker_rlimit_nofile=3072"));
    assert!(cure.is_some(), "{:?}", answer.cures);
}

/// What is counted by the second, or not at all.
#[test]
fn outages_and_reloads_are_told_from_crowds() {
    let of = |gunicorn: &str, threat: &str| {
        let question = Question {
            no_cures: threat != "reload",
            ..asked(threat)
        };
        let understood = understood(UNBUFFERED, gunicorn);
        answer(&understood, &question, &|| false).unwrap()
    };
    let sync = "gunicorn -w 2 -b unix:/run/g.sock a";
    let gevent = "gunicorn -k gevent -w 1 -b unix:/run/g.sock a";
    // Workers of uvicorn never ask whether their master is there.
    let uvicorn = "gunicorn -k uvicorn_worker.UvicornWorker -w 2 -b unix:/run/g.sock a";
    assert_eq!(
        of(uvicorn, "vanished-backend").findings[0].most.unwrap().at,
        1
    );
    let gone = &of(sync, "vanished-backend").findings[0];
    assert_eq!(gone.first_at(), Some(1));
    let failure = gone.failure.as_ref().unwrap();
    assert_eq!(failure.status, Some(502));
    assert!(
        failure.log.contains("111: Connection refused"),
        "{failure:?}"
    );
    // A loop has no slots that people would have to ask for again, and a sync worker that sends for five minutes does not live to see a reload.
    for (gunicorn, threat) in [(gevent, "retries"), (sync, "reload")] {
        let left_out = &of(gunicorn, threat).findings[0];
        assert_eq!(left_out.verdict, Verdict::LeftOut, "{left_out:?}");
    }
    let cut = of(gevent, "reload");
    let finding = &cut.findings[0];
    assert_eq!(finding.first_at(), Some(1));
    let failure = finding.failure.as_ref().unwrap();
    assert_eq!(failure.limit, "graceful_timeout 30s");
    let cures: Vec<_> = cut
        .cures
        .iter()
        .map(|cure| &cure.changes[0].setting[..])
        .collect();
    assert_eq!(cures, ["proxy_buffering on", "--graceful-timeout 321s"]);
}

/// Whoever is slow on purpose has more than one address: `limit_conn` moves no break-point, it asks for addresses.
#[test]
fn a_limit_by_address_is_answered_in_addresses() {
    let nginx = "limit_conn_zone $binary_remote_addr zone=a:1m; server { location / { limit_conn a 2; proxy_pass http://unix:/run/g.sock; proxy_buffering off; } }";
    let gunicorn = "gunicorn -w 5 -t 0 -b unix:/run/g.sock a";
    let mut question = asked("slow-readers");
    question.given.set = vec!["proxy.worker_connections=64".to_owned()];
    let of = |nginx: &str| answer(&understood(nginx, gunicorn), &question, &|| false).unwrap();
    let limited = &of(nginx);
    let finding = &limited.findings[0];
    assert_eq!(
        (finding.first_at(), finding.addresses),
        (Some(5), Some(3)),
        "{finding:?}"
    );
    let text = render(limited, 1000, english());
    assert!(
        text.contains("at 5 slow readers from at least 3 addresses"),
        "{text}"
    );
    let unlimited = of(UNBUFFERED);
    assert_eq!(unlimited.findings[0].addresses, None);
    let cure = unlimited.cures.last().unwrap();
    assert_eq!(
        (&cure.set[0][..], cure.first, cure.addresses),
        ("proxy.limit_conn=4", Some(5), Some(2))
    );
    let edits: Vec<&str> = cure.changes.iter().map(|change| &change.plus[..]).collect();
    let zone = "limit_conn_zone $binary_remote_addr zone=addresses:10m;";
    assert_eq!(edits, ["limit_conn addresses 4;", zone]);
}

/// Acts are for one backend: a site of several is answered all the same.
#[test]
fn several_backends_are_neither_killed_nor_reloaded() {
    let nginx = "upstream u { server 127.0.0.1:8001; server 127.0.0.1:8002; } server { location / { proxy_pass http://u; proxy_buffering off; } }";
    let understood = understood(nginx, "gunicorn -k gevent -b 127.0.0.1:8001 a");
    for threat in ["vanished-backend", "reload"] {
        let told = answer(&understood, &asked(threat), &|| false).unwrap();
        let finding = &told.findings[0];
        assert_eq!(finding.verdict, Verdict::LeftOut, "{finding:?}");
        assert!(finding.what.contains("here are 2"), "{finding:?}");
        // And what to do: the flag that it names answers.
        assert!(
            finding.what.contains("--set backend.instances=1"),
            "{finding:?}"
        );
    }
    let mut question = asked("reload");
    question.given.set.push("backend.instances=1".to_owned());
    question.no_cures = true;
    let told = answer(&understood, &question, &|| false).unwrap();
    assert_eq!(told.findings[0].first_at(), Some(1), "{told:?}");
}

/// A loop takes in as many as its tasks and nginx's connections allow; then it is the visitors' turn only when they are done.
#[test]
fn people_wait_together_for_what_a_loop_needs() {
    let understood = understood(UNBUFFERED, "gunicorn -k gevent -w 1 -b unix:/run/g.sock a");
    let stack = Stack::new(&understood, &asked("outage").given).unwrap();
    let mut trial = search::Trial::new(&stack, battery::named("outage"), &|| false);
    let played = trial.at(10, 1).unwrap();
    assert_eq!((played.visitors, played.failed), (30, 0));
    // Ten seconds of 120 people, two connections each, are more than nginx has.
    assert!(played.out_of_connections > 0, "{played:?}");
}

/// Who asks again while nobody is answered keeps the stack busy with nobody's requests when it is back.
#[test]
fn retries_make_an_outage_longer() {
    let understood = understood(UNBUFFERED, "gunicorn -w 1 -t 0 -b unix:/run/g.sock a");
    let stack = Stack::new(&understood, &asked("retries").given).unwrap();
    let failed = ["outage", "retries"].map(|name| {
        let mut trial = search::Trial::new(&stack, battery::named(name), &|| false);
        trial.at(15, 1).unwrap().share()
    });
    assert_eq!(failed[0], 0.0);
    assert!(failed[1] > 0.9, "{failed:?}");
}
