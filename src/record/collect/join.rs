//! Joins the client's, the proxies' and the worker's view of a request into one row. Pure: no file, no clock.
//!
//! A row is *settled* when nothing more can come for it: the client is done, and either a worker has come and gone or no worker will
//! ever see it (the proxy found no way to the backend). Requests that were given up while they waited in the accept queue stay
//! pending until a worker takes them up for nobody, or the run ends. Limit: a second worker taking up the same
//! request (a retry) is not told apart; the first one counts.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Heard};
use super::lane::Step;
use crate::record::{ClientHalf, EndedBy, Event, EventKind, Outcome, ProxyHalf, RequestRecord};
use crate::time::{Span, Timestamp};

/// What a worker's reports say of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Work {
    pub(super) worker: u32,
    pub(super) pid: u32,
    pub(super) accepted_at: Option<Timestamp>,
    pub(super) read_at: Option<Timestamp>,
    pub(super) app_done_at: Option<Timestamp>,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) released_at: Option<Timestamp>,
    pub(super) sent_bytes: u64,
    pub(super) send_blocked: Span,
    pub(super) killed: bool,
}

/// The requests that are not settled.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// Boxed: a map moves its entries as they come and go.
    open: BTreeMap<u64, Box<Parts>>,
    /// Workers that the arbiter found stale.
    timed_out: BTreeSet<u32>,
    heard: Heard,
}

#[derive(Debug, Default)]
struct Parts {
    client: Option<ClientHalf>,
    proxies: Chain,
    work: Option<Work>,
    /// Rounds of [`Joiner::settle`] that it has been settled for.
    settled_rounds: u32,
}

/// A worker's or proxy's report may be some milliseconds behind the client's; a row waits out this many rounds.
const ROUNDS: u32 = 2;

impl Joiner {
    /// The client is done.
    pub(super) fn client(&mut self, half: ClientHalf) {
        let parts = self.open.entry(half.request_id).or_default();
        parts.client = Some(half);
    }

    /// A proxy is done.
    pub(super) fn proxy(&mut self, half: ProxyHalf) {
        self.heard.hear(half.tier);
        let parts = self.open.entry(half.request_id).or_default();
        parts.proxies.add(half);
    }

    /// How many attempts at a request its tier has told of before.
    pub(super) fn attempts_before(&self, half: &ProxyHalf) -> u32 {
        let parts = self.open.get(&half.request_id);
        parts.map_or(0, |parts| parts.proxies.attempts(half.tier))
    }

    /// A worker got on with it.
    fn work(&mut self, request_id: u64, work: Work) {
        let parts = self.open.entry(request_id).or_default();
        match &mut parts.work {
            Some(known) => known.update(work),
            none => *none = Some(work),
        }
    }

    /// The arbiter found a worker stale.
    fn worker_timeout(&mut self, worker: u32) {
        self.timed_out.insert(worker);
    }

    /// Takes out the rows that have been settled for a while. Called at regular intervals.
    pub(super) fn settle(&mut self) -> Vec<RequestRecord> {
        let heard = self.heard;
        let mut ready = Vec::new();
        for (id, parts) in &mut self.open {
            if parts.is_settled(heard) {
                parts.settled_rounds += 1;
                if parts.settled_rounds >= ROUNDS {
                    ready.push(*id);
                }
            }
        }
        let mut rows = Vec::with_capacity(ready.len());
        for id in ready {
            let parts = self.open.remove(&id);
            rows.extend(parts.and_then(|parts| parts.into_row(&self.timed_out)));
        }
        rows
    }

    /// The rows of all clients that are done, settled or not, as far as they are known.
    pub(super) fn pending(&self) -> Vec<RequestRecord> {
        let rows = self.open.values();
        rows.filter_map(|parts| parts.row(&self.timed_out))
            .collect()
    }

    /// The same when nothing more comes.
    pub(super) fn into_pending(self) -> Vec<RequestRecord> {
        let (open, timed_out) = (self.open.into_values(), self.timed_out);
        open.filter_map(|parts| parts.into_row(&timed_out))
            .collect()
    }

    /// What a worker's report said of requests.
    pub(super) fn step(&mut self, step: &mut Step) {
        for (request_id, work) in step.work.drain(..) {
            self.work(request_id, work);
        }
    }

    /// An event, which may say why a worker ended.
    pub(super) fn event(&mut self, event: &Event) {
        if let (EventKind::WorkerTimeout { .. }, Some(worker)) = (&event.kind, event.worker) {
            self.worker_timeout(worker);
        }
    }

    /// Requests that have no client's half (yet).
    pub(super) fn orphans(&self) -> u64 {
        self.open
            .values()
            .filter(|parts| parts.client.is_none())
            .count() as u64
    }
}

impl Work {
    fn update(&mut self, newer: Work) {
        if newer.worker != self.worker {
            return;
        }
        self.accepted_at = self.accepted_at.or(newer.accepted_at);
        self.read_at = self.read_at.or(newer.read_at);
        self.app_done_at = self.app_done_at.or(newer.app_done_at);
        self.sent_at = self.sent_at.or(newer.sent_at);
        self.released_at = self.released_at.or(newer.released_at);
        self.sent_bytes = self.sent_bytes.max(newer.sent_bytes);
        self.send_blocked = self.send_blocked.max(newer.send_blocked);
        self.killed |= newer.killed;
    }
}

impl Parts {
    fn is_settled(&self, heard: Heard) -> bool {
        let Some(client) = &self.client else {
            return false;
        };
        let connected = client.connected_at.is_some();
        let (proxies_are_done, worker_will_come) = self.proxies.is_done(heard, connected);
        let worker_is_gone = self
            .work
            .as_ref()
            .is_some_and(|work| work.released_at.is_some());
        proxies_are_done && (worker_is_gone || !worker_will_come)
    }

    fn row(&self, timed_out: &BTreeSet<u32>) -> Option<RequestRecord> {
        Some(self.joined(self.client.clone()?, timed_out))
    }

    fn into_row(mut self, timed_out: &BTreeSet<u32>) -> Option<RequestRecord> {
        let client = self.client.take()?;
        Some(self.joined(client, timed_out))
    }

    fn joined(&self, client: ClientHalf, timed_out: &BTreeSet<u32>) -> RequestRecord {
        let mut row = RequestRecord::from_client(client);
        if let Some(work) = &self.work {
            row.worker = Some(work.worker);
            row.worker_pid = Some(work.pid);
            row.worker_accepted_at = work.accepted_at;
            row.app_done_at = work.app_done_at;
            row.worker_released_at = work.released_at;
            row.request_read_at = work.read_at;
            row.response_sent_at = work.sent_at;
            row.sent_bytes = Some(work.sent_bytes);
            row.send_blocked = Some(work.send_blocked);
        }
        self.proxies.fill(&mut row);
        row.ended_by = self.ended_by(&row, timed_out);
        row
    }

    /// Who ended it. The client's own decisions come first; then a killed worker, which the proxy can only see as a closed
    /// connection; then the proxies' reason; then what the client could tell.
    fn ended_by(&self, row: &RequestRecord, timed_out: &BTreeSet<u32>) -> EndedBy {
        let by_proxy = self.proxies.ended_by();
        if let EndedBy::ClientTimeout | EndedBy::Client | EndedBy::RunEnd = row.ended_by
            && row.outcome != Outcome::Complete
        {
            return row.ended_by;
        }
        let cut_short = matches!(row.outcome, Outcome::Truncated | Outcome::Reset)
            || matches!(by_proxy, EndedBy::Upstream | EndedBy::Proxy);
        match &self.work {
            Some(work) if work.killed && cut_short => match timed_out.contains(&work.worker) {
                true => EndedBy::WorkerTimeout,
                false => EndedBy::Upstream,
            },
            _ if by_proxy != EndedBy::Completion => by_proxy,
            _ => row.ended_by,
        }
    }
}

#[cfg(test)]
mod tests {
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
            attempt: 1,
        }
    }

    fn proxy(id: u64) -> ProxyHalf {
        ProxyHalf {
            request_id: id,
            tier: crate::tier::Tier::Proxy,
            instance: 0,
            peer: Some(0),
            reused: Some(false),
            accepted_at: at(102),
            upstream_connected_at: Some(at(103)),
            upstream_header_at: Some(at(108)),
            upstream_released_at: Some(at(109)),
            status: 200,
            ended_by: EndedBy::Completion,
            sent_bytes: 10,
            read_bytes: Some(10),
            spilled_bytes: Some(0),
            peak_buffered_bytes: Some(10),
            longest_silence: None,
            request_bytes: None,
            request_spilled_bytes: None,
            done_at: None,
            earlier: Vec::new(),
        }
    }

    fn work(worker: u32) -> Work {
        Work {
            worker,
            pid: 1000 + worker,
            accepted_at: Some(at(104)),
            read_at: Some(at(105)),
            app_done_at: Some(at(107)),
            sent_at: Some(at(108)),
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

    fn ended(
        outcome: Outcome,
        by_client: EndedBy,
        by_proxy: EndedBy,
        killed: Option<bool>,
    ) -> EndedBy {
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
        #[rustfmt::skip]
        let cases = [
            (Outcome::Complete, By::Completion, By::Completion, None, By::Completion),
            (Outcome::Timeout, By::ClientTimeout, By::Client, None, By::ClientTimeout),
            (Outcome::Aborted, By::Client, By::Client, None, By::Client),
            (Outcome::Unfinished, By::RunEnd, By::Client, None, By::RunEnd),
            (Outcome::Complete, By::Completion, By::ProxyReadTimeout, None, By::ProxyReadTimeout),
            (Outcome::Truncated, By::Upstream, By::SendTimeout, None, By::SendTimeout),
            (Outcome::Truncated, By::Upstream, By::Upstream, Some(true), By::WorkerTimeout),
            (Outcome::Truncated, By::Upstream, By::Upstream, Some(false), By::Upstream),
            (Outcome::Complete, By::Completion, By::Proxy, Some(true), By::WorkerTimeout),
            (Outcome::Complete, By::Completion, By::ProxyReadTimeout, Some(true), By::ProxyReadTimeout),
            (Outcome::Timeout, By::ClientTimeout, By::Upstream, Some(true), By::ClientTimeout),
        ];
        for (outcome, by_client, by_proxy, killed, expected) in cases {
            assert_eq!(
                ended(outcome, by_client, by_proxy, killed),
                expected,
                "{outcome:?} {by_client:?} {by_proxy:?} {killed:?}"
            );
        }
    }

    fn edge(id: u64) -> ProxyHalf {
        ProxyHalf {
            tier: crate::tier::Tier::Edge,
            accepted_at: at(101),
            upstream_connected_at: Some(at(102)),
            ..proxy(id)
        }
    }

    #[test]
    fn of_two_tiers_the_client_met_the_outer_and_the_backend_the_inner() {
        for order in [[0, 1], [1, 0]] {
            let mut joiner = Joiner::default();
            joiner.client(client(7));
            joiner.work(7, work(3));
            let mut halves = [edge(7), proxy(7)];
            halves[0].status = 504;
            halves[0].ended_by = EndedBy::ProxyReadTimeout;
            halves[1].status = 499;
            halves[1].ended_by = EndedBy::Client;
            for index in order {
                joiner.proxy(halves[index].clone());
            }
            let rows = settle(&mut joiner);
            let row = &rows[0];
            assert_eq!(
                (row.proxy_status, row.proxy_accepted_at),
                (Some(504), Some(at(101)))
            );
            assert_eq!(row.upstream_connected_at, Some(at(103)));
            assert_eq!(row.ended_by, EndedBy::ProxyReadTimeout);
        }
    }

    #[test]
    fn a_request_waits_for_every_tier_that_it_reached() {
        let mut joiner = Joiner::default();
        // Both tiers have been heard of.
        for half in [edge(1), proxy(1)] {
            joiner.proxy(half);
        }
        joiner.client(client(7));
        joiner.work(7, work(3));
        joiner.proxy(edge(7));
        assert!(
            settle(&mut joiner).is_empty(),
            "the inner one has not spoken"
        );
        joiner.client(client(8));
        joiner.proxy(ProxyHalf {
            upstream_connected_at: None,
            ..edge(8)
        });
        let rows = settle(&mut joiner);
        assert_eq!(
            rows.len(),
            1,
            "nobody stands behind an edge that got no connection"
        );
        joiner.proxy(proxy(7));
        assert_eq!(settle(&mut joiner).len(), 1);
    }

    #[test]
    fn a_tier_that_is_asked_again_goes_on_counting() {
        let mut joiner = Joiner::default();
        let second = ProxyHalf {
            instance: 1,
            accepted_at: at(500),
            upstream_connected_at: Some(at(501)),
            ..proxy(7)
        };
        assert_eq!(joiner.attempts_before(&proxy(7)), 0);
        joiner.proxy(proxy(7));
        assert_eq!(joiner.attempts_before(&second), 1);
        assert_eq!(joiner.attempts_before(&edge(7)), 0);
        joiner.proxy(second);
        joiner.proxy(edge(7));
        joiner.client(client(7));
        let row = &joiner.pending()[0];
        assert_eq!(row.upstream_connected_at, Some(at(501)), "the last attempt");
        assert_eq!(joiner.attempts_before(&proxy(7)), 2);
    }

    #[test]
    fn what_the_outer_tier_blames_on_the_inner_the_inner_explains() {
        use EndedBy as By;
        for (outer, inner, expected) in [
            (By::Completion, By::ProxyReadTimeout, By::ProxyReadTimeout),
            (By::Upstream, By::SendTimeout, By::SendTimeout),
            (By::Upstream, By::ClientBodyTimeout, By::ClientBodyTimeout),
            (By::ProxyReadTimeout, By::Client, By::ProxyReadTimeout),
            (By::ProxyReadTimeout, By::Upstream, By::ProxyReadTimeout),
            (By::Completion, By::Completion, By::Completion),
            (By::Upstream, By::Upstream, By::Upstream),
        ] {
            let mut joiner = Joiner::default();
            joiner.client(client(7));
            for (half, ended_by) in [(edge(7), outer), (proxy(7), inner)] {
                joiner.proxy(ProxyHalf { ended_by, ..half });
            }
            assert_eq!(
                joiner.pending()[0].ended_by,
                expected,
                "{outer:?} {inner:?}"
            );
        }
    }
}
