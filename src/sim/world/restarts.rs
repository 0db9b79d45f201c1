//! Probes and restarts in virtual time, instant by instant.

use super::tests::{Records, backend, from_toml, group, healthy, plan, simulate};
use super::*;
use crate::machine::backend_config::Bind;
use crate::machine::probe::ProbeConfig;
use crate::plan::Plan;
use crate::record::{EventKind, HoldEnd, Outcome, ProbeOutcome, WorkerState};
use crate::units::Bytes;

/// One worker, one request of `busy` at 200 ms and one of 5 ms behind it, and a probe every second with 300 ms of patience that kills after
/// two failures. All of it goes straight to the backend.
fn busy_for(busy: Span, more: &str) -> Plan {
    let mut config = backend(Bind::Tcp, 1, Bytes(100));
    let handler = config.app.get_mut("/big").expect("it has one");
    handler.wait = busy.into();
    let probe = "name = \"liveness\"\nevery = \"1s\"\ntimeout = \"300ms\"\nkill_after = 2\n";
    let probe: ProbeConfig = from_toml(&format!("{probe}{more}"));
    Plan {
        duration: Span::from_secs(6),
        probes: vec![probe],
        ..plan(
            config,
            None,
            vec![
                group("busy", "/big", healthy(), &[200]),
                group("behind", "/", healthy(), &[400]),
                group("later", "/", healthy(), &[5_500]),
            ],
        )
    }
}

/// Instants in milliseconds, and the names of what happened to the backend as a whole.
fn story(records: &Records) -> Vec<(u64, String)> {
    let told = records.events.iter().filter(|event| {
        matches!(
            event.kind,
            EventKind::ProbeKilled { .. }
                | EventKind::SignalHandled { .. }
                | EventKind::BackendRestarted { .. }
                | EventKind::MasterExited { .. }
        )
    });
    told.map(|event| (event.at.as_us() / 1_000, event.kind.name()))
        .collect()
}

fn outcome(records: &Records, group: &str) -> Outcome {
    let mut rows = records.requests.iter();
    rows.find(|row| row.group == group)
        .expect("it asked")
        .outcome
}

/// The last workers' ends and the restarted master's at the end of the run are told after it: nothing of them counts.
fn during(records: &Records) -> Vec<(u64, String)> {
    let mut story = story(records);
    story.retain(|(at, _)| *at < 6_000);
    story
}

#[test]
fn a_backend_that_ends_in_time_finishes_its_work_and_starts_anew() {
    let (records, _) = simulate(&busy_for(Span::from_ms(2_500), ""));
    let attempts: Vec<_> = (records.probes.iter())
        .map(|row| (row.at.as_us() / 1_000, row.outcome, row.failures))
        .collect();
    use ProbeOutcome::{Ok, Timeout};
    assert_eq!(
        attempts,
        [
            (0, Ok, 0),
            (1_000, Timeout, 1),
            (2_000, Timeout, 2),
            (3_000, Ok, 0),
            (4_000, Ok, 0),
            (5_000, Ok, 0)
        ]
    );
    assert_eq!(records.probes[1].latency, Span::from_ms(300));
    let story = during(&records);
    let names: Vec<&str> = story.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(
        names,
        ["probe_killed", "signal_handled", "backend_restarted"]
    );
    assert_eq!(story[0].0, 2_300);
    // The worker ends at 2.7 s, and its master sees so within a tenth of a second.
    assert!((2_700..=2_900).contains(&story[2].0), "{story:?}");
    assert_eq!(outcome(&records, "busy"), Outcome::Complete);
    assert_eq!(
        outcome(&records, "behind"),
        Outcome::Reset,
        "with the queue"
    );
    assert_eq!(
        outcome(&records, "later"),
        Outcome::Complete,
        "by the new one"
    );
    let last = records.requests.iter().find(|row| row.group == "later");
    assert_eq!(last.unwrap().worker, Some(2), "ages go on");
}

#[test]
fn one_that_does_not_is_killed_with_all_that_it_holds() {
    let (records, _) = simulate(&busy_for(Span::from_secs(9), "grace = \"500ms\""));
    let story = during(&records);
    let at = |name: &str| {
        story
            .iter()
            .find(|(_, found)| found == name)
            .map(|one| one.0)
    };
    assert_eq!(at("probe_killed"), Some(2_300));
    assert_eq!(
        at("backend_restarted"),
        Some(2_800),
        "at the end of its grace"
    );
    assert_eq!(at("master_exited"), None, "somebody wanted it");
    assert_eq!(outcome(&records, "busy"), Outcome::Reset);
    let hold = records
        .holds
        .iter()
        .find(|hold| hold.ended == HoldEnd::Killed);
    let hold = hold.expect("the worker was killed at work");
    assert_eq!(hold.released_at.map(|at| at.as_us()), Some(2_800_000));
    let dead = (records.workers.iter())
        .filter(|row| row.worker == 1 && row.to.is_none() && row.state != WorkerState::Dead);
    assert_eq!(dead.count(), 0, "no stretch of the old worker stays open");
    let kinds = records.events.iter().map(|event| &event.kind);
    let forced = kinds.filter_map(|kind| match kind {
        EventKind::BackendRestarted {
            forced, took_us, ..
        } => Some((*forced, *took_us)),
        _ => None,
    });
    assert_eq!(forced.collect::<Vec<_>>(), [(true, 500_000)]);
    assert_eq!(outcome(&records, "later"), Outcome::Complete);
}

#[test]
fn who_only_watches_sees_it_and_does_nothing() {
    let mut plan = busy_for(Span::from_ms(2_500), "");
    plan.probes[0].kill_after = None;
    let (records, _) = simulate(&plan);
    let failures: Vec<u32> = records.probes.iter().map(|row| row.failures).collect();
    assert_eq!(failures, [0, 1, 2, 0, 0, 0]);
    assert_eq!(during(&records), []);
    assert_eq!(outcome(&records, "behind"), Outcome::Complete);
}

#[test]
fn a_connection_is_all_that_a_tcp_probe_wants() {
    let (records, _) = simulate(&busy_for(Span::from_ms(2_500), "kind = \"tcp\""));
    assert!(records.probes.iter().all(|row| row.failures == 0));
    assert!(records.probes.iter().all(|row| row.status.is_none()));
    assert_eq!(records.probes.len(), 6);
}

#[test]
fn what_is_refused_fails_at_once_and_heals_a_backend_that_has_ended() {
    let mut plan = busy_for(Span::from_ms(50), "");
    plan.acts = from_toml::<Acts>(
        "[[act]]\nat = \"1500ms\"\nknobs = []\nsignal = { to = \"backend\", name = \"TERM\" }",
    )
    .act;
    let (records, _) = simulate(&plan);
    let refused = (records.probes.iter()).filter(|row| row.outcome == ProbeOutcome::Refused);
    let refused: Vec<_> = refused.map(|row| (row.at.as_us(), row.latency)).collect();
    assert_eq!(refused, [(2_000_000, Span::ZERO), (3_000_000, Span::ZERO)]);
    let names: Vec<String> = during(&records).into_iter().map(|(_, name)| name).collect();
    assert_eq!(
        names,
        [
            "signal_handled",
            "master_exited",
            "probe_killed",
            "backend_restarted"
        ]
    );
    assert_eq!(outcome(&records, "later"), Outcome::Complete);
}

/// Acts, as a plan's file has them.
#[derive(serde::Deserialize)]
struct Acts {
    act: Vec<crate::machine::act::Act>,
}

#[test]
fn through_a_proxy_a_probe_is_answered_by_it_and_has_no_row_among_requests() {
    let mut plan = busy_for(Span::from_ms(2_500), "to = \"proxy\"");
    plan.probes[0].kill_after = None;
    plan.proxy = Some(from_toml("proxy_read_timeout = \"200ms\""));
    let (records, _) = simulate(&plan);
    let statuses: Vec<_> = records.probes.iter().map(|row| row.status).collect();
    assert_eq!(statuses[..3], [Some(200), Some(504), Some(504)]);
    assert_eq!(records.probes[1].outcome, ProbeOutcome::Status);
    assert_eq!(records.requests.len(), 3);
}
