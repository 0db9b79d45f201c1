//! The table against the summary, and paths against the table.

use serde_json::{Value, json};

use super::*;
use crate::record::Outcome;
use crate::record::summary::VariantSummary;

/// Every path that a variant with one group `g` and one probe `p` has.
fn paths() -> Vec<String> {
    let named = entries().flat_map(|entry| {
        let of = match entry.level() {
            entry::Level::Group => "g.",
            entry::Level::Stack => "",
            entry::Level::Tier => "proxy.",
            entry::Level::Probe => "probes.p.",
        };
        let names = entry.names().into_iter();
        names.map(move |name| format!("{of}{}", name.replace("<group>", "g")))
    });
    named.collect()
}

fn read(path: &str, variant: &VariantSummary) -> Result<f64, String> {
    let metric = Metric::parse(path).unwrap_or_else(|unknown| panic!("{unknown:?}"));
    metric.value(variant).map_err(|absent| {
        let texts = absent.arguments.iter().map(|argument| argument.1.as_str());
        let said: Vec<&str> = std::iter::once(absent.message).chain(texts).collect();
        said.join(" ")
    })
}

/// A variant in which nothing is known that need not be.
fn bare() -> VariantSummary {
    let none = json!({ "count": 0 });
    let group = json!({
        "name": "g", "requests": 0, "complete": 0, "outcomes": { "timeout": 0 }, "status": { "504": 0 },
        "proxy_status": { "499": 0 }, "received_bytes": 0, "retries": 0, "zombies": 0, "latency_us": none, "latency_from_send_us": none, "first_byte_us": none, "reading_us": none,
        "hold_us": none, "queue_wait_us": none,
    });
    let variant = json!({
        "name": "baseline", "groups": [group],
        "workers": { "count": 0, "held_s_by_group": { "g": 0 }, "spawned": 0, "killed_by_timeout": 0 },
        "accept_queue": { "refused": 0 },
        "proxy": { "upstream_held_s": {}, "timers_fired": { "proxy_read_timeout": 0 }, "attempts": { "499": 0 } },
        "probes": [{
            "name": "p", "attempts": 0, "failures": 0, "most_in_a_row": 0, "kills": 0, "outcomes": { "timeout": 0 },
            "latency_us": none,
        }],
        "machine": { "active_tasks": null },
        "logs": { "deleted_bytes": null },
        "pipeline": {
            "brake": "s", "brake_position": 0, "looks": 0, "lasted_us": 0, "answer_lines": null,
            "stages": [{
                "name": "s", "at_work_ratio": 0, "for_input_ratio": 0, "for_room_ratio": 0, "cpu_us": null, "peak_rss_bytes": null,
                "peak_temp_bytes": null, "exit": null,
            }],
        },
    });
    serde_json::from_value(variant).expect("what a summary must have")
}

/// Gives every number, known or not, a value of its own; where each stands.
fn number(value: &mut Value, at: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            assert!(!fields.is_empty(), "`bare` has no example of {at}");
            for (key, value) in fields {
                number(value, &format!("{at}.{key}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                number(value, &format!("{at}[{index}]"), places);
            }
        }
        Value::Number(_) | Value::Null => {
            *value = json!(1000 + places.len());
            places.push(at.to_owned());
        }
        Value::String(_) | Value::Bool(_) => {}
    }
}

#[test]
fn every_number_of_the_summary_can_be_named() {
    let mut json = serde_json::to_value(bare()).unwrap();
    let mut places = Vec::new();
    number(&mut json, "variant", &mut places);
    let full: VariantSummary = serde_json::from_value(json).unwrap();
    let readings: Vec<f64> = paths()
        .iter()
        .map(|path| read(path, &full).unwrap())
        .collect();
    let nameless: Vec<&String> = (places.iter().enumerate())
        .filter(|(index, _)| !readings.contains(&(1000.0 + *index as f64)))
        .map(|(_, place)| place)
        .collect();
    assert!(places.len() > 50, "{places:?}");
    assert!(
        nameless.is_empty(),
        "add an entry to src/metrics/table.rs for each of {nameless:?}"
    );
}

#[test]
fn every_entry_can_be_named_once_and_says_what_it_means() {
    let paths = paths();
    for (index, path) in paths.iter().enumerate() {
        assert!(!paths[..index].contains(path), "{path} is there twice");
        assert_eq!(Metric::parse(path).unwrap().path(), *path);
    }
    for entry in entries() {
        assert!(entry.meaning.ends_with('.'), "{}", entry.shape());
        let words = entry.each.words();
        for (pattern, _) in entry.compared {
            let meant = words.iter().any(|word| {
                let found = entry
                    .compared
                    .iter()
                    .find(|(pattern, _)| entry::fits(pattern, word));
                found.is_some_and(|(found, _)| found == pattern)
            });
            assert!(meant, "{}: no word fits {pattern}", entry.shape());
        }
    }
    assert_eq!(
        places(),
        [
            "workers",
            "accept_queue",
            "machine",
            "logs",
            "pipeline",
            "edge",
            "proxy"
        ]
    );
}

#[test]
fn a_group_may_be_called_probes() {
    for (path, group) in [
        ("probes.latency.p90", Some("probes")),
        ("probes.outcomes.timeout", Some("probes")),
        ("probes.latency.latency.p90", None),
        ("probes.outcomes.kills", None),
    ] {
        let metric = Metric::parse(path).unwrap();
        assert_eq!((metric.group(), metric.path().as_str()), (group, path));
    }
}

#[test]
fn what_a_bare_summary_lacks_has_a_reason_and_counts_are_zero() {
    let mut bare = bare();
    for (path, reason) in [
        ("g.hold.p50", "judged-not-measured hold"),
        ("g.absorbed_bytes.proxy", "judged-nothing-given-up"),
        ("x.requests", "judged-no-group x"),
        ("workers.held.x", "judged-no-group x"),
        (
            "workers.busy_ratio",
            "judged-not-measured workers.busy_ratio",
        ),
        ("proxy.upstream_held.max", "judged-not-measured"),
        ("probes.p.latency.p50", "judged-not-measured latency"),
        ("probes.x.kills", "judged-no-probe x"),
    ] {
        let why = read(path, &bare).unwrap_err();
        assert!(why.contains(reason), "{path}: {why}");
    }
    for path in [
        "g.status.200",
        "g.outcomes.reset",
        "proxy.timers_fired.send_timeout",
        "g.hold.count",
        "probes.p.kills",
        "probes.p.outcomes.refused",
    ] {
        assert_eq!(read(path, &bare), Ok(0.0), "{path}");
    }
    bare.groups[0].latency_us.count = 7;
    bare.workers.held_s_by_group.clear();
    bare.edge = bare.proxy.clone();
    assert_eq!(read("edge.attempts.504", &bare), Ok(0.0));
    bare.edge = None;
    bare.proxy = None;
    for (path, reason) in [
        ("g.latency.p99", "judged-too-few 7 latency.p99"),
        ("workers.held.g", "judged-unobserved"),
        ("proxy.timers_fired.send_timeout", "judged-no-tier proxy"),
        ("edge.timers_fired.send_timeout", "judged-no-tier edge"),
    ] {
        assert_eq!(read(path, &bare), Err(reason.to_owned()), "{path}");
    }
}

/// Whether each wrong path is refused in these words and with this hint.
fn assert_answered(cases: &[(&str, &str, &str)]) {
    for (path, what, hint) in cases {
        let unknown = Metric::parse(path).unwrap_err();
        assert!(unknown.what.contains(what), "{path}: {unknown:?}");
        assert!(unknown.hint.contains(hint), "{path}: {unknown:?}");
    }
}

#[test]
fn a_wrong_path_of_a_group_is_answered_with_the_right_one() {
    assert_answered(&[
        (
            "visitors",
            "`visitors` is not a metric",
            "`visitors.requests`",
        ),
        (
            "g.latency",
            "`latency` is not a metric of a group",
            "latency.<point> (with min, mean, p50",
        ),
        (
            "g.latency.p98",
            "`latency.p98` is not",
            "did you mean `latency.p9",
        ),
        (
            "g.latency.cuont",
            "`latency.cuont` is not",
            "did you mean `latency.count`?",
        ),
        (
            "g.latncy.p50",
            "`latncy.p50` is not",
            "did you mean `latency.p50`?",
        ),
        ("g.p99", "`p99` is not", "did you mean `latency.p99`?"),
        ("g.504", "`504` is not", "did you mean `status.504`?"),
        (
            "g.status.0504",
            "`status.0504` is not",
            "did you mean `status.504`?",
        ),
        (
            "g.status.999",
            "`status.999` is not",
            "status.<code> (with 100 to 599)",
        ),
        (
            "g.outcomes.timeouts",
            "`outcomes.timeouts` is not",
            "did you mean `outcomes.timeout`?",
        ),
        (
            "g.colour",
            "`colour` is not a metric of a group",
            "there are: requests, retries, complete, ",
        ),
        (
            "g.colour",
            "`colour` is not a metric of a group",
            "`slowlab list --metrics` explains them",
        ),
    ]);
}

#[test]
fn a_wrong_path_of_the_stack_is_answered_with_the_right_one() {
    assert_answered(&[
        (
            "proxy.timers_fired.read_timeout",
            "is not a metric",
            "did you mean `timers_fired.proxy_read_timeout`?",
        ),
        (
            "proxy.timers_fired.soon",
            "is not a metric",
            "timers_fired.<directive> (with proxy_connect_timeout, ",
        ),
        (
            "probes.liveness",
            "`probes.liveness` is not a metric",
            "`probes.liveness.failures`",
        ),
        (
            "probes.liveness.outcomes.timeouts",
            "is not a metric of a probe",
            "did you mean `outcomes.timeout`?",
        ),
        (
            "workers.busy_ration",
            "`workers.busy_ration` is not a metric",
            "did you mean `workers.busy_ratio`?",
        ),
        (
            "workers.held.",
            "`workers.held.` is not a metric",
            "workers.held.<group>",
        ),
        (
            "accept_queue.depth",
            "is not a metric",
            "there are: accept_queue.max, accept_queue.mean, accept_queue.limit, accept_queue.refused;",
        ),
    ]);
}

#[test]
fn outcomes_are_called_what_the_files_call_them() {
    for outcome in Outcome::ALL {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
    }
}

#[test]
fn the_dictionary_has_every_entry_and_every_placeholder() {
    for columns in [80, 120] {
        let text = text(Some(columns));
        // The shape itself may be as long as it is.
        let long = |line: &&str| line.len() > columns && !line.starts_with('<');
        assert_eq!(text.lines().find(long), None);
    }
    let text = text(None);
    for entry in entries() {
        let mut lines = text.lines();
        assert!(
            lines.any(|line| line.starts_with(&entry.shape()) && line.ends_with(entry.meaning)),
            "{text}"
        );
    }
    for word in [
        "<point>",
        "<code>",
        "<directive>",
        "<outcome>",
        "<hop>",
        "<answer>",
    ] {
        assert!(text.lines().any(|line| line.starts_with(word)), "{text}");
    }
}
