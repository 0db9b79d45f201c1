//! Accounts of made-up runs: what is said, and what is not.

use serde_json::Value;

use super::*;
use crate::machine::arrival::Schedule;
use crate::machine::handler::Handler;
use crate::record::summary::Finding;
use crate::record::{EventKind, Outcome, RequestRecord, SocketSample, WorkerState};
use crate::report::chart::fixture;
use crate::report::findings::tests::{at, event, request, variant};
use crate::report::words::{Language, Words};
use crate::units::Bytes;

/// The row of `attribution.csv` of a request that a worker served at once.
pub(in crate::report) fn row_of(row: &RequestRecord) -> impl serde::Serialize + use<> {
    let one = RequestRecord {
        worker_accepted_at: Some(row.started_at),
        ..row.clone()
    };
    let mut run = alone(one);
    let variant = Box::leak(Box::new(run.variants.remove(0)));
    let books = Box::leak(Box::new(Books {
        variant,
        holders: Holders::of(variant),
    }));
    rows::rows(books).next().unwrap()
}

fn told(run: &RunData, kind: &str) -> Vec<Finding> {
    let mut all = accounts(run, Words::of(Language::English));
    all.retain(|account| account.kind == kind);
    all
}

fn of<'a>(account: &'a Finding, name: &str) -> &'a Value {
    &account.fields[name]
}

#[test]
fn those_who_waited_behind_slow_readers_name_them() {
    let run = fixture::run();
    let failures = told(&run, "failure");
    let baseline: Vec<&Finding> = (failures.iter())
        .filter(|one| one.variant == "baseline")
        .collect();
    let worst = baseline[0];
    assert_eq!(of(worst, "requests"), 164);
    for (name, value) in [
        ("group", "visitors"),
        ("how", "504"),
        ("ended_by", "proxy_read_timeout"),
        ("log_blames", "backend"),
        ("slow", "holders"),
        ("slow_group", "slow"),
        ("doing", "send"),
        ("stage", "accept_queue"),
    ] {
        assert_eq!(of(worst, name), value, "{name}");
    }
    assert!(of(worst, "held_ratio").as_f64() > Some(0.9), "{worst:?}");
    assert_eq!(worst.requests.len(), 20);
    assert!(failures.iter().all(|one| one.variant != "buffered"));
}

#[test]
fn a_client_that_reads_slowly_is_slow_itself() {
    let run = fixture::run();
    let killed = told(&run, "failure")
        .into_iter()
        .find(|one| one.variant == "short-timeout" && of(one, "group") == "slow")
        .unwrap();
    assert_eq!(of(&killed, "slow"), "client");
    assert_eq!(of(&killed, "stage"), "sending");
    assert_eq!(of(&killed, "ended_by"), "worker_timeout");
}

/// A variant without a proxy, one worker, and this request.
fn alone(row: RequestRecord) -> RunData {
    let mut run = fixture::run();
    let mut one = variant(crate::report::findings::tests::plan(1, false));
    one.requests = vec![row];
    run.variants = vec![one];
    run
}

#[test]
fn a_failure_that_came_at_once_has_nobody_to_blame_unless_the_slots_were_held() {
    let refused = || RequestRecord {
        outcome: Outcome::Refused,
        connected_at: None,
        status: None,
        ..request(7, "visitors", 2_000, 2_001)
    };
    let free = told(&alone(refused()), "failure");
    assert_eq!(of(&free[0], "slow"), "nobody");
    let mut run = alone(refused());
    let of_slow = Some((1, "slow"));
    let held = fixture::interval(1, WorkerState::Send, (0, 9_000_000), of_slow);
    run.variants[0].workers.push(held);
    let held = told(&run, "failure");
    assert_eq!(of(&held[0], "slow"), "holders");
    assert_eq!(of(&held[0], "slow_group"), "slow");
}

#[test]
fn what_a_client_gave_up_is_no_failure() {
    for outcome in [Outcome::Aborted, Outcome::Unfinished] {
        let row = RequestRecord {
            outcome,
            ..request(7, "visitors", 2_000, 4_000)
        };
        assert!(told(&alone(row), "failure").is_empty());
    }
}

fn socket(hop: &str, ms: u64, (busy, rwnd): (u64, u64), recv_q_bytes: u64) -> SocketSample {
    SocketSample {
        at: at(ms),
        hop: hop.to_owned(),
        port: 40_000,
        recv_q_bytes,
        send_q_bytes: 100,
        snd_wnd_bytes: None,
        notsent_bytes: None,
        rtt_us: None,
        rwnd_limited_us: Some(rwnd * 1000),
        sndbuf_limited_us: Some(0),
        busy_time_us: Some(busy * 1000),
        probes: None,
        total_retrans: None,
        sndbuf_bytes: Some(87_040),
        rcvbuf_bytes: Some(8_192),
    }
}

#[test]
fn a_connection_is_limited_by_what_its_clocks_say() {
    for (clocks, unread, limit) in [
        ((1_000, 950), 4_096, limits::Limit::Reader),
        ((1_000, 950), 0, limits::Limit::Window),
        ((50, 50), 0, limits::Limit::App),
        ((1_000, 10), 0, limits::Limit::Path),
    ] {
        let sender = [
            socket("worker", 0, (0, 0), 0),
            socket("worker", 1_000, clocks, 0),
        ];
        let reader = [socket("client", 0, (0, 0), unread)];
        let found = limits::limit(&sender.each_ref(), &reader.each_ref());
        assert_eq!(found, Some(limit), "{clocks:?}, {unread} unread");
    }
    let once = [socket("worker", 0, (0, 0), 0)];
    assert_eq!(limits::limit(&once.each_ref(), &[]), None);
}

#[test]
fn connections_are_counted_by_group_and_their_buffers_told() {
    let mut run = alone(RequestRecord {
        client_port: Some(40_000),
        ..request(7, "visitors", 0, 2_000)
    });
    let variant = &mut run.variants[0];
    for ms in [0, 1_000] {
        let clocks = (ms, ms);
        variant.sockets.push(socket("worker", ms, clocks, 0));
        variant.sockets.push(socket("client", ms, (0, 0), 50));
    }
    let limits = told(&run, "limits");
    assert_eq!(of(&limits[0], "group"), "visitors");
    assert_eq!(of(&limits[0], "by_reader"), 1);
    assert_eq!(of(&limits[0], "connections"), 1);
    let buffers = told(&run, "buffers");
    assert_eq!(of(&buffers[0], "sndbuf_bytes"), 87_040);
    // What its sender still has, and what its client has not read.
    assert_eq!(of(&buffers[0], "most_bytes"), 150);
}

#[test]
fn looking_is_told_with_what_it_cost() {
    let mut run = alone(request(7, "visitors", 0, 2_000));
    let kind = EventKind::Observed {
        cpu_us: Some(120_000),
        elapsed_us: 10_000_000,
        looks: 100,
        widest_us: 100_000,
    };
    run.variants[0].events.push(event(kind, 9_000, None));
    let told = told(&run, "observer");
    assert_eq!(
        told[0].text,
        "looking on took 1.2 % of a core; bytes were counted 100 times, at most 100 ms apart"
    );
}

#[test]
fn theory_agrees_with_a_queue_that_keeps_its_premises() {
    let run = fixture::run();
    let little = told(&run, "littles_law");
    let capacity = told(&run, "capacity");
    assert!(!capacity.is_empty() && little.len() <= run.variants.len());
    for one in &capacity {
        let (load, busy) = (of(one, "load_ratio"), of(one, "busy_ratio"));
        assert!(
            load.as_f64() > Some(0.0) && busy.as_f64() <= Some(1.0),
            "{one:?}"
        );
    }
    // Only the variant in which nobody is held up is near a steady state.
    let waiting = told(&run, "waiting");
    assert!(
        waiting.iter().all(|one| one.variant == "buffered"),
        "{waiting:?}"
    );
}

#[test]
fn every_account_is_told_in_both_languages() {
    let mut run = fixture::run();
    let variant = &mut run.variants[0];
    for ms in [0, 1_000] {
        variant
            .sockets
            .push(socket("proxy_downstream", ms, (ms, ms), 0));
        variant.sockets.push(socket("client", ms, (0, 0), 50));
    }
    variant.requests[0].client_port = Some(40_000);
    let report = Handler {
        response: Bytes(1 << 20).into(),
        ..Handler::default()
    };
    variant
        .plan
        .backend
        .app
        .insert("/report".to_owned(), report);
    if let Schedule::Starts { at } = &mut variant.plan.groups[0].schedule {
        at.push(crate::time::Timestamp::ZERO);
    }
    for language in Language::ALL {
        let all = accounts(&run, Words::of(language));
        for account in &all {
            assert!(!account.text.is_empty(), "{language:?}: {account:?}");
        }
    }
    let english = accounts(&run, Words::of(Language::English));
    let drain = english.iter().find(|one| one.kind == "drain");
    assert!(drain.is_some_and(|one| one.text.contains("at 100 KiB/s take")));
}
