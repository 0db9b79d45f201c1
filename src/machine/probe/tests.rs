//! Probes in virtual time.

use proptest::prelude::*;

use super::*;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

fn at(ms: u64) -> Timestamp {
    Timestamp::ZERO + Span::from_ms(ms)
}

fn prober(more: &str) -> Prober {
    patient("300ms", more)
}

fn patient(timeout: &str, more: &str) -> Prober {
    let text = format!("name = \"liveness\"\nevery = \"1s\"\ntimeout = \"{timeout}\"\n{more}");
    Prober::new(toml::from_str(&text).unwrap(), at(0))
}

/// Asks at the instant that is due.
fn ask(prober: &mut Prober) -> Timestamp {
    let due = prober.due().unwrap();
    assert_eq!(prober.on_time(due), Some(Step::Ask));
    due
}

fn fail(prober: &mut Prober) -> Attempt {
    let now = ask(prober);
    prober.on_refused(now).unwrap()
}

fn whole(status: u16) -> Response {
    Response {
        status,
        length: Some(5),
        read: 5,
    }
}

#[test]
fn what_a_file_does_not_say_is_as_in_kubernetes() {
    let config: ProbeConfig = toml::from_str("name = \"p\"").unwrap();
    assert_eq!((config.kind, config.to), (ProbeKind::Http, Tier::Backend));
    assert_eq!(config.path, "/");
    let spans = [config.every, config.timeout, config.grace];
    assert_eq!(spans.map(Span::as_ms), [10_000, 1_000, 30_000]);
    assert_eq!(config.kill_after, None);
    for wrong in ["kind = \"grpc\"", "to = \"worker 1\"", "period = \"1s\""] {
        let text = format!("name = \"p\"\n{wrong}");
        assert!(toml::from_str::<ProbeConfig>(&text).is_err(), "{wrong}");
    }
}

#[test]
fn an_http_probe_judges_status_and_time() {
    let mut prober = prober("");
    assert_eq!(prober.on_time(at(0)), Some(Step::Ask));
    assert_eq!(prober.on_connected(at(1)), None, "it has to ask first");
    let head = Response {
        read: 0,
        ..whole(200)
    };
    assert_eq!(prober.on_response(at(2), head), None, "the body is to come");
    let attempt = prober.on_response(at(3), whole(200)).unwrap();
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Ok, Some(200)));
    assert_eq!((attempt.latency.as_ms(), attempt.failures), (3, 0));

    for (status, outcome) in [
        (199, Outcome::Status),
        (204, Outcome::Ok),
        (302, Outcome::Ok),
        (400, Outcome::Status),
        (503, Outcome::Status),
    ] {
        let now = ask(&mut prober);
        let attempt = prober.on_response(now, whole(status)).unwrap();
        assert_eq!((attempt.outcome, attempt.status), (outcome, Some(status)));
    }
    assert_eq!(ask(&mut prober), at(6_000));
    assert_eq!(prober.on_time(at(6_299)), None);
    let Some(Step::Judged(attempt)) = prober.on_time(at(6_300)) else {
        panic!("its patience is 300 ms");
    };
    assert_eq!(attempt.outcome, Outcome::Timeout);
    assert_eq!((attempt.latency.as_ms(), attempt.failures), (300, 3));
    assert_eq!(prober.on_response(at(6_301), whole(200)), None, "too late");
    assert_eq!(prober.on_end(at(6_302), false), None);
}

#[test]
fn a_body_ends_with_its_length_the_connection_or_enough_of_it() {
    let mut prober = prober("");
    let part = |read, length| Response {
        status: 200,
        length,
        read,
    };
    let now = ask(&mut prober);
    assert_eq!(prober.on_response(now, part(100, None)), None);
    let ended = prober.on_end(now, false).unwrap();
    assert_eq!(ended.outcome, Outcome::Ok);
    let now = ask(&mut prober);
    assert_eq!(prober.on_response(now, part(100, None)), None);
    assert_eq!(prober.on_end(now, true).unwrap().outcome, Outcome::Reset);
    let now = ask(&mut prober);
    let long = part(BODY_LIMIT, Some(1 << 30));
    assert_eq!(prober.on_response(now, long).unwrap().outcome, Outcome::Ok);
    let now = ask(&mut prober);
    let silent = prober.on_end(now, false).unwrap();
    assert_eq!((silent.outcome, silent.status), (Outcome::Reset, None));
}

#[test]
fn a_tcp_probe_is_content_with_a_connection() {
    let mut prober = prober("kind = \"tcp\"");
    let now = ask(&mut prober);
    let attempt = prober.on_connected(now + Span::from_us(80)).unwrap();
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Ok, None));
    assert_eq!(attempt.latency, Span::from_us(80));
}

#[test]
fn a_point_of_the_grid_that_passed_meanwhile_is_made_up_for_once() {
    let mut prober = patient("5s", "");
    assert_eq!(ask(&mut prober), at(0));
    prober.on_response(at(2_500), whole(200)).unwrap();
    assert_eq!(ask(&mut prober), at(2_500), "at once");
    prober.on_response(at(2_600), whole(200)).unwrap();
    assert_eq!(ask(&mut prober), at(3_000), "and on the grid again");
}

#[test]
fn failures_in_a_row_kill_and_a_success_forgets_them() {
    let mut prober = prober("kill_after = 3");
    for wanted in [1, 2] {
        let attempt = fail(&mut prober);
        assert_eq!((attempt.failures, attempt.kills), (wanted, false));
    }
    let now = ask(&mut prober);
    assert_eq!(prober.on_response(now, whole(200)).unwrap().failures, 0);
    let kills: Vec<bool> = (0..3).map(|_| fail(&mut prober).kills).collect();
    assert_eq!(kills, [false, false, true]);
    assert_eq!(prober.due(), None, "held until there is a new process");
    prober.release(at(7_300));
    assert_eq!(prober.due(), Some(at(8_000)), "on the grid");
    assert_eq!(fail(&mut prober).failures, 1, "of the new process");
}

#[test]
fn who_only_watches_is_never_held_and_never_kills() {
    let mut prober = prober("");
    prober.hold();
    for wanted in 1..=20 {
        let attempt = fail(&mut prober);
        assert_eq!((attempt.failures, attempt.kills), (wanted, false));
    }
    prober.release(at(19_500));
    assert_eq!(
        fail(&mut prober).failures,
        21,
        "nothing was restarted for it"
    );
}

#[test]
fn an_answer_under_way_counts_while_its_probe_is_held_and_kills_no_more() {
    let mut prober = prober("kill_after = 1");
    let now = ask(&mut prober);
    prober.hold();
    assert_eq!(prober.due(), Some(now + Span::from_ms(300)));
    let Some(Step::Judged(attempt)) = prober.on_time(now + Span::from_ms(300)) else {
        panic!("it is still judged");
    };
    assert_eq!((attempt.failures, attempt.kills), (1, false));
    assert_eq!(prober.due(), None);
}

#[test]
fn a_restart_is_term_then_a_grace_period_then_kill_then_start() {
    let grace = Span::from_secs(2);
    let mut restart = Restart::default();
    assert_eq!((restart.due(), restart.on_ended(at(0))), (None, None));
    assert_eq!(restart.ask(at(1_000), 1, grace), Some(Order::Term));
    assert_eq!(restart.ask(at(1_100), 0, grace), None, "one at a time");
    assert_eq!(restart.due(), Some(at(3_000)));
    assert_eq!(restart.on_time(at(2_999)), None);
    assert_eq!(restart.on_time(at(3_000)), Some(Order::Kill));
    assert_eq!((restart.due(), restart.on_time(at(4_000))), (None, None));
    let restarted = restart.on_ended(at(3_010)).unwrap();
    let Restarted {
        probe,
        took,
        forced,
    } = restarted;
    assert_eq!((probe, took.as_ms(), forced), (1, 2_010, true));
    assert!(!restart.is_under_way());

    assert_eq!(restart.ask(at(9_000), 0, grace), Some(Order::Term));
    let polite = restart.on_ended(at(9_100)).unwrap();
    assert_eq!((polite.took.as_ms(), polite.forced), (100, false));
    assert_eq!(restart.on_time(at(20_000)), None);
}

proptest! {
    /// Whatever the answers: questions are never closer than the grid unless one was late, each gets one verdict, and the counter is the length
    /// of the run of failures.
    #[test]
    fn a_probe_keeps_its_own_time(answers in prop::collection::vec((0_u64..2_500, any::<bool>()), 1..60)) {
        let mut prober = patient("2s", "");
        let mut in_a_row = 0;
        let mut earliest = at(0);
        for (takes_ms, good) in answers {
            let asked = ask(&mut prober);
            prop_assert!(asked >= earliest);
            let until = asked + Span::from_ms(takes_ms);
            let attempt = match prober.on_time(until) {
                Some(Step::Judged(attempt)) => attempt,
                _ if good => prober.on_response(until, whole(200)).unwrap(),
                _ => prober.on_end(until, true).unwrap(),
            };
            in_a_row = if attempt.outcome == Outcome::Ok { 0 } else { in_a_row + 1 };
            prop_assert_eq!(attempt.failures, in_a_row);
            prop_assert_eq!(attempt.asked_at, asked);
            prop_assert!(attempt.latency <= Span::from_ms(2_500));
            // The next one: on the grid, or at once after an answer that took longer than it.
            let next = prober.due().unwrap();
            prop_assert!(next >= until || next.as_us().is_multiple_of(1_000_000));
            earliest = until.max(asked);
        }
    }
}
