//! Numbers on hand-made records.

use std::collections::BTreeMap;

use super::*;
use crate::record::summary::LatencySummary;
use crate::record::{
    ClientStep, EndedBy, EventKind, Hop, Loss, Outcome, RequestRecord, WorkerState,
};
use crate::report::findings::tests::{
    event, interval, plan, queue, request, served, summary_of, variant,
};
use crate::tier::Tier;
use crate::time::Span;

fn spans(count: u64) -> LatencySummary {
    latency_summary((1..=count).map(Span::from_ms))
}

#[test]
fn a_percentile_needs_a_sample_that_supports_it() {
    for (count, known) in [
        (1, [true, false, false, false]),
        (2, [true, false, false, false]),
        (9, [true, false, false, false]),
        (10, [true, true, false, false]),
        (99, [true, true, false, false]),
        (100, [true, true, true, false]),
        (1000, [true, true, true, true]),
    ] {
        let found = spans(count);
        let has = [found.p50, found.p90, found.p99, found.p999].map(|p| p.is_some());
        assert_eq!(has, known, "{count}");
        assert_eq!(found.max, Some(count * 1000));
    }
    assert_eq!(
        latency_summary(std::iter::empty()),
        LatencySummary::default()
    );
    let thousand = spans(1000);
    assert!(thousand.p99.unwrap().abs_diff(990_000) <= 1000);
    assert_eq!((thousand.min, thousand.mean), (Some(1000), Some(500_500)));
}

/// The warm-up ends at 1 s, arrivals at 10 s, one worker.
pub(super) fn data() -> VariantData {
    let early = request(1, "visitors", 500, 510);
    let slow = served(request(2, "slow", 2000, 12_000), 2000, 12_000);
    let failed = RequestRecord {
        status: Some(504),
        proxy_status: Some(504),
        ended_by: EndedBy::ProxyReadTimeout,
        peak_buffered_bytes: Some(4096),
        ..served(request(3, "visitors", 3000, 6000), 12_000, 12_010)
    };
    VariantData {
        workers: vec![
            interval(WorkerState::App, 2000, 3000, &slow),
            interval(WorkerState::Send, 3000, 12_000, &slow),
        ],
        requests: vec![early, slow, failed],
        queues: vec![
            queue(500, 9),
            queue(2000, 1),
            queue(4000, 3),
            queue(11_000, 7),
        ],
        events: vec![
            event(EventKind::WorkerSpawned { pid: 1 }, 0, Some(1)),
            event(
                EventKind::TimerFired {
                    directive: "proxy_read_timeout".to_owned(),
                    line: "upstream timed out (110: Connection timed out)".to_owned(),
                },
                6000,
                None,
            ),
            event(EventKind::WorkerTimeout { pid: 1 }, 11_000, Some(1)),
            event(EventKind::WorkerTimeout { pid: 1 }, 11_001, Some(1)),
        ],
        ..variant(plan(1, true))
    }
}

#[test]
fn groups_leave_the_warm_up_out_and_keep_failures_at_their_time() {
    let summary = summarize_variant(&data());
    let visitors = &summary.groups[1];
    assert_eq!(
        (visitors.requests, visitors.complete, visitors.zombies),
        (1, 1, 1)
    );
    assert_eq!(visitors.status, BTreeMap::from([(504, 1)]));
    assert_eq!(visitors.outcomes.len(), 7);
    assert_eq!(visitors.latency_us.max, Some(3_000_000));
    assert_eq!(visitors.queue_wait_us.max, Some(9_000_000));
    assert_eq!(summary.groups[0].hold_us.max, Some(10_000_000));
}

/// Given up by its client at 4 s: 100 of 1000 bytes read.
fn given_up(outcome: Outcome) -> RequestRecord {
    RequestRecord {
        outcome,
        received_bytes: 100,
        sent_bytes: Some(900),
        proxy_read_bytes: Some(500),
        proxy_sent_bytes: Some(300),
        ..served(request(9, "slow", 2000, 4000), 2000, 4000)
    }
}

#[test]
fn bytes_of_responses_that_were_given_up_are_told_apart_by_hop() {
    let absorbed = |rows: Vec<RequestRecord>| {
        let requests = rows;
        let summary = summarize_variant(&VariantData { requests, ..data() });
        summary.groups[0].absorbed_bytes.clone()
    };
    let mut rows: Vec<_> = [Outcome::Timeout, Outcome::Unfinished, Outcome::Truncated]
        .map(given_up)
        .into();
    rows[1].sent_bytes = Some(800);
    // Its client read all; the next one's worker had sent nothing.
    rows.push(served(request(10, "slow", 2000, 3000), 2000, 3000));
    rows.push(RequestRecord {
        sent_bytes: Some(0),
        received_bytes: 0,
        ..given_up(Outcome::Timeout)
    });
    let found = absorbed(rows);
    assert_eq!(found.count, 2, "only those that were given up on the way");
    assert_eq!((found.total, found.upstream), (Some(800), Some(400)));
    assert_eq!((found.proxy, found.downstream), (Some(200), Some(200)));
    let direct = absorbed(vec![RequestRecord {
        proxy_read_bytes: None,
        proxy_sent_bytes: None,
        ..given_up(Outcome::Aborted)
    }]);
    assert_eq!((direct.upstream, direct.proxy), (None, None));
    assert_eq!((direct.total, direct.downstream), (Some(800), Some(800)));
    assert_eq!(absorbed(Vec::new()).total, None);
}

#[test]
fn workers_and_queue_are_counted_within_the_window() {
    let summary = summarize_variant(&data());
    let workers = &summary.workers;
    // 2 s to 10 s of the 9 s between warm-up and end.
    assert!((workers.busy_ratio.unwrap() - 8.0 / 9.0).abs() < 1e-9);
    assert!((workers.held_s_by_group["slow"] - 8.0).abs() < 1e-9);
    assert!((workers.blocked_in_send_s.unwrap() - 7.0).abs() < 1e-9);
    assert_eq!((workers.spawned, workers.killed_by_timeout), (1, 1));
    let queue = &summary.accept_queue;
    assert_eq!(
        (queue.max, queue.mean, queue.limit),
        (Some(3), Some(2.0), Some(2048))
    );
    let proxy = summary.proxy.unwrap();
    assert_eq!(proxy.timers_fired["proxy_read_timeout"], 1);
    assert_eq!(proxy.timers_fired["send_timeout"], 0);
    assert_eq!(proxy.peak_buffered_bytes, Some(4096));
    assert_eq!(proxy.upstream_held_s.max, Some(10.0));
}

#[test]
fn what_was_not_observed_is_null() {
    let mut blind = data();
    (blind.workers, blind.queues) = (Vec::new(), Vec::new());
    blind.plan.proxy = None;
    let summary = summarize_variant(&blind);
    assert_eq!(summary.workers.busy_ratio, None);
    assert_eq!(summary.workers.blocked_in_send_s, None);
    assert_eq!(summary.accept_queue.max, None);
    assert!(summary.proxy.is_none());
}

#[test]
fn the_laboratorys_own_faults_are_warned_of() {
    let mut faulty = data();
    let problem = |count| EventKind::ClientProblem {
        step: ClientStep::Connect,
        errno: Some(24),
        error: "Too many open files".to_owned(),
        count,
    };
    for kind in [
        EventKind::ReportsDropped {
            count: 12,
            place: Loss::Queue {},
        },
        EventKind::TempFileFailed {
            dir: "/full".to_owned(),
            error: "No space left".to_owned(),
            errno: Some(28),
        },
        problem(1),
        problem(7),
    ] {
        faulty.events.push(event(kind, 5000, None));
    }
    for row in &mut faulty.requests {
        row.started_at = row.intended_at + Span::from_ms(50);
    }
    for sample in &mut faulty.queues {
        sample.late = Span::from_ms(80);
    }
    faulty.requests.retain(|row| row.group != "slow");
    let warnings = summary_of(faulty).warnings.join("\n");
    for word in [
        "12 reports found the queue full",
        "could not spill once (pwritev() to a temporary file in /full failed (No space left))",
        "requests: 7 times in all: a client could not connect: Too many open files; hint: raise",
        "observer was late",
        "clients started up to 50 ms",
        "`slow` made no request",
    ] {
        assert!(warnings.contains(word), "{word}: {warnings}");
    }
    assert_eq!(
        warnings.matches("could not connect").count(),
        1,
        "{warnings}"
    );
    assert!(summary_of(data()).warnings.is_empty());
}

#[test]
fn each_of_two_tiers_has_numbers_of_its_own() {
    let mut data = data();
    data.plan.edge = data.plan.proxy.clone();
    let row = data.requests[2].clone();
    let hop = |tier, status, spilled| Hop {
        tier,
        status,
        spilled_bytes: Some(spilled),
        ..crate::report::findings::tests::hop(&row)
    };
    let early = Hop {
        accepted_at: crate::report::findings::tests::at(500),
        ..hop(Tier::Proxy, 499, 7)
    };
    data.hops = vec![hop(Tier::Edge, 504, 10), hop(Tier::Proxy, 499, 0), early];
    let summary = summarize_variant(&data);
    let (edge, proxy) = (summary.edge.unwrap(), summary.proxy.unwrap());
    assert_eq!(
        (edge.spilled_bytes, proxy.spilled_bytes),
        (Some(10), Some(0))
    );
    assert_eq!(edge.attempts, BTreeMap::from([(504, 1)]));
    assert_eq!(
        proxy.attempts,
        BTreeMap::from([(499, 1)]),
        "not that of the warm-up"
    );
}
