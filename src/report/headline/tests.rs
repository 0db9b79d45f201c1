//! Sentences of made-up runs.

use super::cause::{CAUSES, UNFELT};
use super::*;
use crate::machine::link::Link;
use crate::record::RequestRecord;
use crate::record::summary::{Finding, LatencySummary, WorkersSummary};
use crate::report::chart::fixture;
use crate::report::words::Language;
use crate::time::Span;
use crate::units::ByteRate;

/// `visitors` behave, `slow` do not; so many of 100 visitors got 504, and workers were killed.
fn variant(name: &str, visitors_504: u64, killed: u64) -> VariantSummary {
    let run = fixture::run();
    let mut variant = fixture::summary(&run).variants.remove(0);
    variant.name = name.to_owned();
    for group in &mut variant.groups {
        group.requests = 100;
        group.status.clear();
        group.outcomes.clear();
        group.latency_us = LatencySummary {
            max: Some(12_000),
            ..LatencySummary::default()
        };
        if group.name == "visitors" {
            group.status.insert(504, visitors_504);
        }
    }
    variant.workers = WorkersSummary {
        killed_by_timeout: killed,
        ..WorkersSummary::default()
    };
    variant
}

fn starvation(variant: &str, longest_wait_us: u64) -> Finding {
    let seen = Seen::new("starvation", Timestamp::ZERO)
        .with("holder_group", "slow")
        .with("all", "workers")
        .with("groups", vec!["visitors"])
        .with("longest_wait_us", longest_wait_us)
        .span("lasted_us", Span::from_ms(3_400));
    Finding {
        kind: seen.kind.to_owned(),
        variant: variant.to_owned(),
        at_s: 0.0,
        text: String::new(),
        fields: seen.fields,
        requests: Vec::new(),
    }
}

fn said(variants: Vec<VariantSummary>, findings: Vec<Finding>) -> String {
    let mut run = fixture::run();
    let mut summary = fixture::summary(&run);
    run.variants
        .iter_mut()
        .for_each(|data| data.requests.clear());
    (summary.variants, summary.findings) = (variants, findings);
    headline(&run, &summary, Words::of(Language::English)).text
}

#[test]
fn harm_reason_and_cure() {
    let variants = vec![
        variant("baseline", 40, 0),
        variant("buffered", 0, 0),
        variant("twice", 30, 0),
    ];
    assert_eq!(
        said(variants, vec![starvation("baseline", 3_000_000)]),
        "40 of 100 `visitors` requests got 504; `slow` held every worker for 3.4 s; `buffered` cures it"
    );
}

#[test]
fn nothing_is_called_a_cure_that_did_not_cure_it() {
    let sick = || variant("baseline", 40, 0);
    assert_eq!(
        said(vec![sick()], Vec::new()),
        "40 of 100 `visitors` requests got 504",
        "no variants, and nobody says why"
    );
    let others = vec![sick(), variant("twice", 30, 0)];
    assert!(said(others, Vec::new()).ends_with("; no variant of this run cures it"));
    // One whose visitors did not come proves nothing.
    let mut deserted = variant("deserted", 0, 0);
    deserted.groups.retain(|group| group.name != "visitors");
    assert!(said(vec![sick(), deserted], Vec::new()).ends_with("no variant of this run cures it"));
}

#[test]
fn a_plain_configuration_that_is_well_lets_the_worst_variant_speak() {
    let variants = vec![variant("baseline", 0, 0), variant("broken", 40, 0)];
    assert_eq!(
        said(variants, Vec::new()),
        "in `broken`, 40 of 100 `visitors` requests got 504; not so in `baseline`"
    );
}

#[test]
fn nobody_was_harmed() {
    let text = said(
        vec![variant("baseline", 0, 0), variant("other", 0, 0)],
        Vec::new(),
    );
    assert_eq!(
        text,
        "nobody was harmed: 200 requests, the slowest in 12 ms"
    );
    let text = said(vec![variant("baseline", 0, 2)], Vec::new());
    assert_eq!(
        text,
        "2 workers were killed by gunicorn's timeout, and no client felt it"
    );
    assert_eq!(said(Vec::new(), Vec::new()), "no request was made");
}

#[test]
fn every_language_says_every_sentence() {
    let run = fixture::run();
    let mut summary = fixture::summary(&run);
    for visitors_504 in [0, 40] {
        summary.variants = vec![variant("baseline", visitors_504, 0), variant("other", 0, 0)];
        summary.findings = vec![starvation("baseline", 3_000_000)];
        let english = headline(&run, &summary, Words::of(Language::English));
        let korean = Words::of(Language::Korean).headline(&english);
        assert!(korean.contains("그룹"), "{korean}");
        assert_eq!(
            headline(&run, &summary, Words::of(Language::Korean)).text,
            korean
        );
    }
}

#[test]
fn waiting_instead_of_failing_is_harm_and_no_cure() {
    let run = fixture::run();
    let mut summary = fixture::summary(&run);
    // The fixture's visitors wait for seconds in `baseline` and for none in `buffered`.
    summary.variants = vec![variant("baseline", 0, 0), variant("buffered", 0, 0)];
    summary.findings.clear();
    let words = Words::of(Language::English);
    let text = headline(&run, &summary, words).text;
    assert!(
        text.contains("of 100 `visitors` requests took long, up to"),
        "{text}"
    );
    assert!(text.ends_with("; `buffered` cures it"), "{text}");
    // Where `baseline` fails, one whose visitors wait as long is no cure.
    let mut run = run;
    run.variants[1].plan.variant = "waits".to_owned();
    run.variants[1].requests = run.variants[0].requests.clone();
    summary.variants = vec![variant("baseline", 40, 0), variant("waits", 0, 0)];
    let text = headline(&run, &summary, words).text;
    assert!(
        text.ends_with("; no variant of this run cures it"),
        "{text}"
    );
}

#[test]
fn who_gets_no_answer_any_more_is_not_cured() {
    // The readers of `baseline` hold a worker and get all of it; those of `cut` hold none and never finish.
    let run = fixture::run();
    let mut summary = fixture::summary(&run);
    let mut cut = variant("buffered", 0, 0);
    let complete = |variant: &mut VariantSummary, count| {
        (variant.groups.iter_mut()).for_each(|group| group.complete = count);
    };
    let said = |summary: &Summary| headline(&run, summary, Words::of(Language::English)).text;
    summary.findings.clear();
    for (finished, end) in [
        (100, "`buffered` cures it"),
        (0, "no variant of this run cures it"),
    ] {
        let mut plain = variant("baseline", 0, 0);
        complete(&mut plain, 100);
        complete(&mut cut, finished);
        summary.variants = vec![plain, cut.clone()];
        let text = said(&summary);
        assert!(text.ends_with(end), "{finished}: {text}");
    }
}

/// `visitors` are far away and share a line: so many of 100 wait for 2 s.
fn behind_a_line(run: &mut RunData, waiting: &[usize]) {
    let row = run.variants[0]
        .requests
        .iter()
        .find(|row| row.group == "visitors");
    let row = row.cloned().unwrap();
    for (data, waiting) in run.variants.iter_mut().zip(waiting) {
        for group in &mut data.plan.groups {
            group.link = Some(Link::plain(ByteRate(1_250_000), Span::from_ms(30), 0.0));
        }
        let after = |ms: u64| Timestamp::ZERO + Span::from_ms(5000 + ms);
        let rows = (0..100).map(|number| RequestRecord {
            request_id: number as u64,
            intended_at: after(0),
            last_byte_at: Some(after(if number < *waiting { 2000 } else { 70 })),
            closed_at: Some(after(2000)),
            ..row.clone()
        });
        data.requests = rows.collect();
    }
}

#[test]
fn far_clients_that_wait_lead_the_sentence_and_a_cure_has_no_tail() {
    let end = |waiting: [usize; 2]| {
        let mut run = fixture::run();
        let mut summary = fixture::summary(&run);
        behind_a_line(&mut run, &waiting);
        summary.variants = vec![variant("baseline", 0, 0), variant("buffered", 0, 0)];
        summary.findings.clear();
        headline(&run, &summary, Words::of(Language::English)).text
    };
    let told = "80 of 100 `visitors` requests took long, up to 2 s; ";
    assert_eq!(end([80, 0]), format!("{told}`buffered` cures it"));
    // One in a hundred may be bad luck, three are a 99th percentile that is no better.
    // So are two: runs of a variant with one and with two are the same to whoever reads them.
    for few in [1, 2] {
        assert_eq!(end([80, few]), format!("{told}`buffered` cures it"));
    }
    assert_eq!(
        end([80, 3]),
        format!("{told}`buffered` leaves 3 of them, none cures it")
    );
}

#[test]
fn every_cause_has_its_words() {
    for catalogue in [
        include_str!("../words/en/report.ftl"),
        include_str!("../words/ko/report.ftl"),
    ] {
        for kind in CAUSES.into_iter().chain(UNFELT) {
            let message = format!("\ncause-{} =", kind.replace('_', "-"));
            assert!(catalogue.contains(&message), "{kind}");
        }
    }
}

#[test]
fn what_no_client_feels_is_told_where_nobody_was_harmed() {
    let hole = Finding {
        kind: "hole_in_a_log".to_owned(),
        fields: [
            ("log", "access.log".into()),
            ("size_bytes", (90_u64 << 20).into()),
            ("allocated_bytes", 4096_u64.into()),
        ]
        .map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value))
        .into(),
        ..starvation("baseline", 0)
    };
    let variants = || vec![variant("baseline", 0, 0), variant("appended", 0, 0)];
    let text = said(variants(), vec![hole.clone()]);
    let told = "; access.log is 90 MiB large with 4 KiB on the disk, and the rest is a hole; `appended` cures it";
    assert!(
        text.starts_with("nobody was harmed") && text.ends_with(told),
        "{text}"
    );
    // Who is harmed comes first.
    let text = said(vec![variant("baseline", 40, 0)], vec![hole]);
    assert!(!text.contains("hole"), "{text}");
}
