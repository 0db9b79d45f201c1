//! Conditions read, refused and judged.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::plan::Expectation;
use crate::record::Outcome;
use crate::record::summary::{
    AbsorbedSummary, AcceptQueueSummary, GroupSummary, LatencySummary, ProxySummary, SCHEMA,
    Summary, VariantSummary, Verdict, WorkersSummary,
};

fn group(name: &str, requests: u64, p99: Option<u64>) -> GroupSummary {
    let latency = LatencySummary {
        count: requests,
        p50: p99.map(|us| us / 2),
        p99,
        max: p99,
        ..LatencySummary::default()
    };
    GroupSummary {
        name: name.to_owned(),
        requests,
        complete: requests,
        outcomes: BTreeMap::from([(Outcome::Complete, requests)]),
        status: BTreeMap::from([(200, requests.saturating_sub(43)), (504, 43)]),
        proxy_status: BTreeMap::new(),
        received_bytes: 4 << 20,
        retries: 0,
        zombies: 3,
        latency_us: latency.clone(),
        latency_from_send_us: latency,
        first_byte_us: LatencySummary::default(),
        reading_us: LatencySummary::default(),
        hold_us: LatencySummary::default(),
        queue_wait_us: LatencySummary::default(),
        absorbed_bytes: AbsorbedSummary {
            count: 1,
            upstream: Some(200 << 10),
            ..AbsorbedSummary::default()
        },
    }
}

fn summary() -> Summary {
    let variant = |name: &str, p99| VariantSummary {
        machine: None,
        logs: None,
        pipeline: None,
        name: name.to_owned(),
        groups: vec![
            group("visitors", 360, p99),
            group("slow", 4, None),
            group("idle", 0, None),
        ],
        workers: WorkersSummary {
            count: 4,
            busy_ratio: Some(0.97),
            held_s_by_group: BTreeMap::from([("slow".to_owned(), 31.5)]),
            ..WorkersSummary::default()
        },
        accept_queue: AcceptQueueSummary::default(),
        edge: None,
        proxy: (name == "baseline").then(ProxySummary::default),
        probes: Vec::new(),
    };
    Summary {
        schema: SCHEMA,
        scenario: "s".to_owned(),
        engine: "lab".to_owned(),
        seed: 7,
        partial: false,
        variants: vec![
            variant("baseline", Some(3_010_000)),
            variant("buffered", Some(12_000)),
        ],
        expectations: Vec::new(),
        findings: Vec::new(),
        accounts: Vec::new(),
        headline: None,
        warnings: Vec::new(),
        doubts: Vec::new(),
    }
}

/// In no language: the message and what it is told of.
fn say(message: &str, arguments: &[(&str, &str)]) -> String {
    let texts = arguments.iter().map(|argument| argument.1);
    std::iter::once(message)
        .chain(texts)
        .collect::<Vec<&str>>()
        .join(" ")
}

fn verdict(that: &str) -> (Verdict, String) {
    let expectation = Expectation {
        claim: "a claim".to_owned(),
        that: that.to_owned(),
    };
    let unplayable = BTreeMap::from([("refused", "it takes a disk of its own\nhint: mount one")]);
    let judged = judge(&[expectation], &summary(), &unplayable, &say).remove(0);
    (judged.verdict, judged.measured)
}

#[test]
fn conditions_are_judged_with_the_values_in_human_units() {
    let cases = [
        ("visitors.status.504 >= 10", Verdict::Held, "43 >= 10"),
        ("visitors.status.499 == 0", Verdict::Held, "0 == 0"),
        (
            "buffered: visitors.latency.p99 < 100ms",
            Verdict::Held,
            "12 ms < 100 ms",
        ),
        (
            "visitors.latency.p99 < 100ms",
            Verdict::Failed,
            "judged-not 3.01 s < 100 ms",
        ),
        (
            "visitors.latency.p99 > 100 * buffered: visitors.latency.p99",
            Verdict::Held,
            "3.01 s > 100 * 12 ms = 1.2 s",
        ),
        ("workers.busy_ratio > 90 %", Verdict::Held, "97 % > 90 %"),
        ("workers.held.slow > 30s", Verdict::Held, "31.5 s > 30 s"),
        (
            "visitors.received_bytes == 4MiB",
            Verdict::Held,
            "4 MiB == 4 MiB",
        ),
        (
            "visitors.absorbed_bytes.upstream == 200KiB",
            Verdict::Held,
            "200 KiB == 200 KiB",
        ),
        (
            "visitors.absorbed_bytes.proxy < 1MiB",
            Verdict::Undecided,
            "judged-not-measured absorbed_bytes.proxy",
        ),
        (
            "visitors.received_bytes / 2s >= 1MiB / 1s",
            Verdict::Held,
            "4 MiB / 2 s = 2 MiB/s >= 1 MiB / 1 s = 1 MiB/s",
        ),
        (
            "visitors.error_rate > 0.1",
            Verdict::Held,
            "11.944 % > 10 %",
        ),
        (
            "proxy.timers_fired.send_timeout == 0",
            Verdict::Held,
            "0 == 0",
        ),
        (
            "(1 + 1) * 2 == 4 and not_there.requests < 1 or 1 < 2",
            Verdict::Held,
            "",
        ),
    ];
    for (that, expected, measured) in cases {
        let (found, text) = verdict(that);
        assert_eq!(found, expected, "{that}: {text}");
        assert!(text.contains(measured), "{that}: {text}");
    }
}

#[test]
fn what_the_run_does_not_say_is_undecided_with_the_reason() {
    let cases = [
        ("slow.latency.p99 > 1s", "judged-too-few 4 latency.p99"),
        ("idle.latency.max < 1s", "judged-no-request idle"),
        ("idle.status.504 == 0", "judged-no-request idle"),
        ("strangers.requests > 0", "judged-no-group strangers"),
        (
            "refused: visitors.requests > 0",
            "it takes a disk of its own",
        ),
        ("buffered: proxy.spilled_bytes == 0", "judged-no-tier proxy"),
        ("visitors.hold.p50 < 1s", "judged-not-measured hold"),
        (
            "accept_queue.max > 3",
            "judged-not-measured accept_queue.max",
        ),
        (
            "visitors.requests / slow.received_bytes > visitors.requests / (1B - 1B)",
            "judged-by-zero",
        ),
        (
            "visitors.requests > 0 and slow.latency.p99 > 1s",
            "judged-too-few",
        ),
    ];
    for (that, reason) in cases {
        let (found, text) = verdict(that);
        assert_eq!(found, Verdict::Undecided, "{that}: {text}");
        assert!(text.contains(reason), "{that}: {text}");
    }
    // What one side decides alone is decided.
    assert_eq!(
        verdict("slow.latency.p99 > 1s and 1 > 2").0,
        Verdict::Failed
    );
    assert_eq!(verdict("slow.latency.p99 > 1s or 2 > 1").0, Verdict::Held);
}

#[test]
fn a_run_that_was_cut_short_decides_nothing() {
    let cut = Summary {
        partial: true,
        ..summary()
    };
    let expectation = Expectation {
        claim: String::new(),
        that: "visitors.requests > 0".to_owned(),
    };
    let judged = judge(&[expectation], &cut, &BTreeMap::new(), &say).remove(0);
    assert_eq!(judged.verdict, Verdict::Undecided);
    assert!(judged.measured.contains("judged-cut-short 360 > 0"));
}

/// Who runs only some variants is told of what was not judged; who cannot have one is not told that all is well.
#[test]
fn a_variant_that_was_not_asked_for_is_left_out_and_one_that_cannot_be_played_is_undecided() {
    let cases = [
        ("unbuffered: visitors.requests > 0", Verdict::LeftOut),
        (
            "visitors.requests > unbuffered: visitors.requests",
            Verdict::LeftOut,
        ),
        ("refused: visitors.requests > 0", Verdict::Undecided),
        (
            "visitors.requests > 0 or unbuffered: visitors.requests > 0",
            Verdict::Held,
        ),
        (
            "visitors.requests < 0 and unbuffered: visitors.requests > 0",
            Verdict::Failed,
        ),
    ];
    for (that, expected) in cases {
        assert_eq!(verdict(that).0, expected, "{that}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let cases = [
        ("visitors.latency.p98 < 1s", 0, "latency.p9"),
        ("visitors.latncy.p99 < 1s", 0, "did you mean `latency.p99`"),
        (
            "workers.busy_ration > 1",
            0,
            "did you mean `workers.busy_ratio`",
        ),
        (
            "visitors.outcomes.timeouts > 1",
            0,
            "did you mean `outcomes.timeout`",
        ),
        (
            "proxy.timers_fired.read_timeout > 1",
            0,
            "proxy_read_timeout",
        ),
        (
            "visitors.latency.p99 < 100",
            21,
            "a duration is compared with a plain number",
        ),
        (
            "visitors.latency.p99 < 64KiB",
            21,
            "a duration is compared with a number of bytes",
        ),
        ("visitors.received_bytes > 64k", 26, "64KiB"),
        ("visitors.requests", 0, "compare it with"),
        ("visitors.requests >", 19, "ends where a value should stand"),
        ("1 < visitors.requests < 5", 22, "two values at a time"),
        ("visitors.requests = 5", 18, "write `==`"),
        ("(visitors.requests > 5", 22, "`)` is missing"),
        ("visitors.requests > 5 and 3", 26, "comparison should stand"),
        ("buffered: > 5", 10, "a metric of that variant"),
        ("visitors > 5", 0, "visitors.requests"),
        ("", 0, "ends where a value"),
    ];
    for (that, at, words) in cases {
        let error = parse(that).unwrap_err();
        assert!(error.to_string().contains(words), "{that}: {error}");
        assert_eq!(error.at, at, "{that}: {error}");
    }
    let deep = format!("{}1{} < 2", "(".repeat(5000), ")".repeat(5000));
    assert!(parse(&deep).is_err());
    assert!(parse(&format!("{}1 < 2", "1 + ".repeat(5000))).is_err());
}

#[test]
fn names_are_collected_for_cross_checks() {
    let that =
        "8-workers: my-visitors.requests > workers.held.slow / 1s and no-proxy: x.zombies == 0";
    let mentions = parse(that).unwrap().mentions();
    let variants: Vec<&str> = mentions.variants.iter().map(String::as_str).collect();
    let groups: Vec<&str> = mentions.groups.iter().map(String::as_str).collect();
    assert_eq!(variants, ["8-workers", "baseline", "no-proxy"]);
    assert_eq!(groups, ["my-visitors", "slow", "x"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.at <= text.len());
        }
    }

    #[test]
    fn no_mix_of_its_own_words_makes_it_panic(words in proptest::collection::vec(
        prop_oneof![
            Just("visitors.latency.p99"), Just("slow.status.504"), Just("buffered:"), Just("workers.count"),
            Just("and"), Just("or"), Just("("), Just(")"), Just("<"), Just(">="), Just("=="), Just("+"), Just("-"),
            Just("*"), Just("/"), Just("100ms"), Just("64KiB"), Just("5 %"), Just("7"), Just("1m30s"), Just("."), Just(":"),
        ], 0..14)) {
        let text = words.join(" ");
        if let Ok(condition) = parse(&text) {
            condition.mentions();
            verdict(&text);
        }
    }
}
