//! The joining rules, one by one.

use super::*;

fn at(ms: u64) -> Timestamp {
    Timestamp::from_us(ms * 1000)
}

pub(crate) fn client(id: u64) -> ClientHalf {
    ClientHalf {
        request_id: id,
        group: "visitors".to_owned(),
        client: 0,
        path: "/".to_owned(),
        intended_at: at(100),
        started_at: at(101),
        connected_at: Some(at(102)),
        first_byte_at: Some(at(110)),
        last_byte_at: Some(at(111)),
        closed_at: at(112),
        status: Some(200),
        outcome: Outcome::Complete,
        ended_by: EndedBy::Completion,
        expected_bytes: Some(10),
        received_bytes: 10,
        rcvbuf_requested_bytes: None,
        rcvbuf_granted_bytes: None,
        client_port: Some(40_000),
    }
}

fn proxy(id: u64) -> ProxyHalf {
    ProxyHalf {
        request_id: id,
        accepted_at: at(102),
        upstream_connected_at: Some(at(103)),
        upstream_header_at: Some(at(108)),
        upstream_released_at: Some(at(109)),
        status: 200,
        ended_by: EndedBy::Completion,
        sent_bytes: 10,
        spilled_bytes: 0,
        peak_buffered_bytes: 10,
    }
}

fn work(worker: u32) -> Work {
    Work {
        worker,
        pid: 1000 + worker,
        accepted_at: Some(at(104)),
        app_done_at: Some(at(107)),
        released_at: Some(at(108)),
        sent_bytes: 10,
        send_blocked: Span::ZERO,
        killed: false,
    }
}

fn settle(joiner: &mut Joiner) -> Vec<RequestRecord> {
    (0..ROUNDS).flat_map(|_| joiner.settle()).collect()
}

#[test]
fn three_views_make_one_row_in_any_order() {
    let mut rows = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
        let mut joiner = Joiner::default();
        for part in order {
            match part {
                0 => joiner.client(client(7)),
                1 => joiner.proxy(proxy(7)),
                _ => joiner.work(7, work(3)),
            }
        }
        rows.extend(settle(&mut joiner));
        assert!(joiner.pending().is_empty());
    }
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| *row == rows[0]));
    assert_eq!((rows[0].worker, rows[0].proxy_status), (Some(3), Some(200)));
    assert_eq!(rows[0].hold(), Some(Span::from_ms(4)));
}

#[test]
fn a_dead_request_waits_for_the_worker_that_will_run_it() {
    let mut joiner = Joiner::default();
    joiner.client(ClientHalf {
        status: Some(504),
        ..client(7)
    });
    joiner.proxy(ProxyHalf {
        status: 504,
        ended_by: EndedBy::ProxyReadTimeout,
        ..proxy(7)
    });
    assert!(settle(&mut joiner).is_empty());
    assert_eq!(joiner.pending().len(), 1, "but the sidecar has it");
    joiner.work(
        7,
        Work {
            accepted_at: Some(at(4000)),
            released_at: Some(at(4010)),
            ..work(1)
        },
    );
    let rows = settle(&mut joiner);
    assert!(rows[0].is_zombie());
    assert_eq!(rows[0].ended_by, EndedBy::ProxyReadTimeout);
}

#[test]
fn a_request_that_never_reached_the_backend_is_settled_at_once() {
    let mut joiner = Joiner::default();
    joiner.client(client(7));
    joiner.proxy(ProxyHalf {
        upstream_connected_at: None,
        status: 502,
        ended_by: EndedBy::Proxy,
        ..proxy(7)
    });
    joiner.client(ClientHalf {
        connected_at: None,
        outcome: Outcome::Refused,
        ..client(8)
    });
    assert_eq!(settle(&mut joiner).len(), 2);
}

#[test]
fn progress_keeps_first_instants_and_largest_counts() {
    let mut joiner = Joiner::default();
    joiner.work(
        7,
        Work {
            released_at: None,
            sent_bytes: 500,
            ..work(1)
        },
    );
    joiner.work(
        7,
        Work {
            app_done_at: None,
            sent_bytes: 0,
            released_at: Some(at(900)),
            ..work(1)
        },
    );
    joiner.client(client(7));
    let rows = settle(&mut joiner);
    assert_eq!(rows[0].app_done_at, Some(at(107)));
    assert_eq!(rows[0].sent_bytes, Some(500));
    assert_eq!(rows[0].worker_released_at, Some(at(900)));
}

fn ended(outcome: Outcome, by_client: EndedBy, by_proxy: EndedBy, killed: Option<bool>) -> EndedBy {
    let mut joiner = Joiner::default();
    joiner.client(ClientHalf {
        outcome,
        ended_by: by_client,
        ..client(7)
    });
    joiner.proxy(ProxyHalf {
        ended_by: by_proxy,
        ..proxy(7)
    });
    if let Some(stale) = killed {
        joiner.work(
            7,
            Work {
                killed: true,
                ..work(1)
            },
        );
        if stale {
            joiner.worker_timeout(1);
        }
    }
    joiner.pending()[0].ended_by
}

#[test]
fn who_ended_it() {
    use EndedBy as By;
    let cases = [
        (
            Outcome::Complete,
            By::Completion,
            By::Completion,
            None,
            By::Completion,
        ),
        (
            Outcome::Timeout,
            By::ClientTimeout,
            By::Client,
            None,
            By::ClientTimeout,
        ),
        (Outcome::Aborted, By::Client, By::Client, None, By::Client),
        (
            Outcome::Unfinished,
            By::RunEnd,
            By::Client,
            None,
            By::RunEnd,
        ),
        (
            Outcome::Complete,
            By::Completion,
            By::ProxyReadTimeout,
            None,
            By::ProxyReadTimeout,
        ),
        (
            Outcome::Truncated,
            By::Upstream,
            By::SendTimeout,
            None,
            By::SendTimeout,
        ),
        (
            Outcome::Truncated,
            By::Upstream,
            By::Upstream,
            Some(true),
            By::WorkerTimeout,
        ),
        (
            Outcome::Truncated,
            By::Upstream,
            By::Upstream,
            Some(false),
            By::Upstream,
        ),
        (
            Outcome::Complete,
            By::Completion,
            By::Proxy,
            Some(true),
            By::WorkerTimeout,
        ),
        (
            Outcome::Complete,
            By::Completion,
            By::ProxyReadTimeout,
            Some(true),
            By::ProxyReadTimeout,
        ),
        (
            Outcome::Timeout,
            By::ClientTimeout,
            By::Upstream,
            Some(true),
            By::ClientTimeout,
        ),
    ];
    for (outcome, by_client, by_proxy, killed, expected) in cases {
        assert_eq!(
            ended(outcome, by_client, by_proxy, killed),
            expected,
            "{outcome:?} {by_client:?} {by_proxy:?} {killed:?}"
        );
    }
}
