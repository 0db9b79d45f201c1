//! Where a request's time went. Pure: from the instants of its row, whichever engine wrote it.
//!
//! A request is in one stage at a time, from the instant at which the plan meant it to start to its end; the stages add up to its latency.
//! A stage ends with an instant that a party told. What nobody tells has no stage of its own: of a real gunicorn whose hooks said
//! nothing of a request, nothing is claimed.

use super::{EndedBy, Outcome, RequestRecord};
use crate::time::{Span, Timestamp};

/// A part of a request's way, in the order in which it is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Its client was late: from the intended start to the actual one.
    Starting,
    /// Its connection was made, or could not be.
    Connecting,
    /// It waited in an accept queue: the proxy's or, nearly always, the backend's.
    AcceptQueue,
    /// It was read: by the proxy, until that asked the backend, then by the worker.
    Reading,
    /// Its handler ran.
    Handler,
    /// A worker had the response and was not rid of it: it was blocked in `send`, or its transport was full.
    Sending,
    /// The worker was free, and the proxy not yet rid of the response.
    HeldInProxy,
    /// All of it was in the kernel, and the client had not read it.
    Draining,
}

/// How long a request was in each stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Split {
    spans: [Span; Stage::ALL.len()],
    /// In which one it ended.
    last: Option<Stage>,
}

/// An instant that ends a stage; one that was to come and did not leaves the request in that stage.
struct Milestone {
    at: Option<Timestamp>,
    ends: Stage,
    expected: bool,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Stage; 8] = [
        Stage::Starting,
        Stage::Connecting,
        Stage::AcceptQueue,
        Stage::Reading,
        Stage::Handler,
        Stage::Sending,
        Stage::HeldInProxy,
        Stage::Draining,
    ];

    /// As files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Starting => "starting",
            Stage::Connecting => "connecting",
            Stage::AcceptQueue => "accept_queue",
            Stage::Reading => "reading",
            Stage::Handler => "handler",
            Stage::Sending => "sending",
            Stage::HeldInProxy => "held_in_proxy",
            Stage::Draining => "draining",
        }
    }
}

impl Split {
    /// How long the request was in a stage.
    pub fn of(&self, stage: Stage) -> Span {
        self.spans[stage as usize]
    }

    /// The stage in which it ended.
    pub fn last(&self) -> Stage {
        self.last.unwrap_or(Stage::Starting)
    }

    /// The stage that took the most time; of two that took the same the earlier one.
    pub fn longest(&self) -> Stage {
        let mut longest = Stage::Starting;
        for stage in Stage::ALL {
            if self.of(stage) > self.of(longest) {
                longest = stage;
            }
        }
        longest
    }

    /// All of it: the latency.
    pub fn total(&self) -> Span {
        let spans = self.spans.iter();
        spans.fold(Span::ZERO, |sum, span| sum.saturating_add(*span))
    }

    fn add(&mut self, stage: Stage, span: Span) {
        let sum = &mut self.spans[stage as usize];
        *sum = sum.saturating_add(span);
    }
}

impl RequestRecord {
    /// Where its time went, of a client at this distance, one way; `None` if it has no end, or if nobody knows what a worker did with it.
    pub fn split(&self, distance: Span) -> Option<Split> {
        let end = self.ended_at()?;
        let answered = self.upstream_header_at.is_some()
            || (self.proxy_accepted_at.is_none() && self.outcome == Outcome::Complete);
        if answered && self.worker_accepted_at.is_none() {
            return None;
        }
        let mut split = Split::default();
        let mut at = self.intended_at;
        for milestone in self.milestones(distance) {
            split.last = Some(milestone.ends);
            match milestone.at {
                Some(next) => {
                    let next = next.clamp(at, end.max(at));
                    split.add(milestone.ends, next.since(at));
                    at = next;
                    if at >= end {
                        return Some(split);
                    }
                }
                None if milestone.expected => {
                    split.add(milestone.ends, end.since(at));
                    return Some(split);
                }
                None => {}
            }
        }
        split.last = Some(Stage::Draining);
        split.add(Stage::Draining, end.since(at));
        Some(split)
    }

    fn milestones(&self, distance: Span) -> [Milestone; 10] {
        let through_proxy = self.proxy_accepted_at.is_some();
        let milestone = |at, ends, expected| Milestone { at, ends, expected };
        let asks = match self.ended_by {
            EndedBy::ProxyConnectTimeout => Stage::Connecting,
            _ => Stage::Reading,
        };
        // Older folders do not tell when a worker began to linger.
        let sent_at = self.response_sent_at.or(self.worker_released_at);
        [
            milestone(Some(self.started_at), Stage::Starting, true),
            milestone(self.connected_at, Stage::Connecting, !through_proxy),
            // What ends the handshake at the other side is still on its way then.
            milestone(
                self.connected_at.map(|at| at + distance),
                Stage::Connecting,
                false,
            ),
            milestone(self.proxy_accepted_at, Stage::AcceptQueue, false),
            milestone(self.upstream_connected_at, asks, through_proxy),
            milestone(self.worker_accepted_at, Stage::AcceptQueue, true),
            milestone(
                self.request_read_at,
                Stage::Reading,
                self.app_done_at.is_none(),
            ),
            milestone(self.app_done_at, Stage::Handler, true),
            milestone(sent_at, Stage::Sending, true),
            milestone(self.proxy_done_at, Stage::HeldInProxy, false),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::ClientHalf;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_us(ms * 1000)
    }

    fn request(end: u64, outcome: Outcome) -> RequestRecord {
        RequestRecord::from_client(ClientHalf {
            request_id: 1,
            group: "visitors".to_owned(),
            client: 0,
            path: "/".to_owned(),
            intended_at: at(100),
            started_at: at(101),
            connected_at: Some(at(102)),
            first_byte_at: None,
            last_byte_at: Some(at(end)),
            closed_at: at(end),
            status: None,
            outcome,
            ended_by: EndedBy::Completion,
            expected_bytes: None,
            received_bytes: 0,
            rcvbuf_requested_bytes: None,
            rcvbuf_granted_bytes: None,
            client_port: None,
            attempt: 1,
        })
    }

    /// Through a proxy to a worker and back; the last one lingered.
    fn proxied(end: u64) -> RequestRecord {
        RequestRecord {
            proxy_accepted_at: Some(at(104)),
            upstream_connected_at: Some(at(107)),
            worker_accepted_at: Some(at(120)),
            request_read_at: Some(at(121)),
            app_done_at: Some(at(141)),
            response_sent_at: Some(at(300)),
            worker_released_at: Some(at(2300)),
            upstream_header_at: Some(at(142)),
            proxy_done_at: Some(at(900)),
            ..request(end, Outcome::Complete)
        }
    }

    fn ms(row: &RequestRecord) -> [u64; 8] {
        let split = row.split(Span::ZERO).unwrap();
        Stage::ALL.map(|stage| split.of(stage).as_ms())
    }

    #[test]
    fn every_stage_ends_where_somebody_saw_it_end() {
        assert_eq!(ms(&proxied(1000)), [1, 1, 15, 4, 20, 159, 600, 100]);
        let far = proxied(1000).split(Span::from_ms(2)).unwrap();
        assert_eq!(far.of(Stage::Connecting).as_ms(), 3);
        assert_eq!(far.of(Stage::AcceptQueue).as_ms(), 13);
        let direct = RequestRecord {
            proxy_accepted_at: None,
            upstream_connected_at: None,
            proxy_done_at: None,
            ..proxied(1000)
        };
        assert_eq!(ms(&direct), [1, 1, 18, 1, 20, 159, 0, 700]);
        // Without a proxy a reader may be done before its worker is.
        assert_eq!(ms(&proxied(150)), [1, 1, 15, 4, 20, 9, 0, 0]);
    }

    #[test]
    fn what_did_not_come_to_pass_is_where_it_ended() {
        let cases = [
            // The proxy gave up while it waited for a worker, which came too late.
            (
                RequestRecord {
                    worker_accepted_at: Some(at(4000)),
                    upstream_header_at: None,
                    ..proxied(3107)
                },
                Stage::AcceptQueue,
            ),
            // No worker ever came.
            (
                RequestRecord {
                    worker_accepted_at: None,
                    upstream_header_at: None,
                    ..proxied(3107)
                },
                Stage::AcceptQueue,
            ),
            (
                RequestRecord {
                    app_done_at: None,
                    response_sent_at: None,
                    upstream_header_at: None,
                    ..proxied(3107)
                },
                Stage::Handler,
            ),
            // The head never came whole.
            (
                RequestRecord {
                    upstream_connected_at: None,
                    worker_accepted_at: None,
                    upstream_header_at: None,
                    ..proxied(3107)
                },
                Stage::Reading,
            ),
            (
                RequestRecord {
                    upstream_connected_at: None,
                    worker_accepted_at: None,
                    upstream_header_at: None,
                    ended_by: EndedBy::ProxyConnectTimeout,
                    ..proxied(3107)
                },
                Stage::Connecting,
            ),
            (
                RequestRecord {
                    connected_at: None,
                    ..request(1000, Outcome::Refused)
                },
                Stage::Connecting,
            ),
            (proxied(9000), Stage::Draining),
        ];
        for (row, stage) in cases {
            let split = row.split(Span::ZERO).unwrap();
            assert_eq!(split.last(), stage, "{row:?}");
            assert_eq!(split.total(), row.latency().unwrap());
        }
        assert_eq!(
            proxied(9000).split(Span::ZERO).unwrap().longest(),
            Stage::Draining
        );
    }

    #[test]
    fn what_nobody_told_is_not_claimed() {
        let silent = RequestRecord {
            worker_accepted_at: None,
            ..proxied(1000)
        };
        assert_eq!(silent.split(Span::ZERO), None);
        let direct = request(1000, Outcome::Complete);
        assert_eq!(direct.split(Span::ZERO), None);
    }

    proptest! {
        #[test]
        fn stages_add_up_to_the_latency(
            instants in prop::collection::vec(prop::option::of(0..5000_u64), 9),
            (start, end) in (0..200_u64, 100..6000_u64),
            complete in any::<bool>(),
        ) {
            let instant = |index: usize| instants[index].map(at);
            let outcome = if complete { Outcome::Complete } else { Outcome::Timeout };
            let row = RequestRecord {
                started_at: at(100 + start),
                connected_at: instant(0),
                proxy_accepted_at: instant(1),
                upstream_connected_at: instant(2),
                worker_accepted_at: instant(3),
                request_read_at: instant(4),
                app_done_at: instant(5),
                response_sent_at: instant(6),
                proxy_done_at: instant(7),
                upstream_header_at: instant(8),
                ..request(end, outcome)
            };
            if let Some(split) = row.split(Span::ZERO) {
                prop_assert_eq!(split.total(), row.latency().unwrap());
                prop_assert!(split.of(split.longest()) >= split.of(split.last()));
            }
        }
    }
}
