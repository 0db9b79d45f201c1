//! The requests as the page has them: what became of each, and by which instants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::axes::{Rows, kind};
use crate::record::{EndedBy, Hold, Hop, Outcome};
use crate::report::data::VariantData;
use crate::tier::Tier;
use crate::time::Timestamp;

/// A request with its stations.
#[derive(Serialize)]
pub(super) struct Request {
    id: u64,
    /// The row of its variant's pane, if it has one.
    row: Option<usize>,
    group: usize,
    at_us: u64,
    /// `ok`, a status or an outcome.
    kind: String,
    by: EndedBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    attempt: u32,
    /// By the client: began, connected, first byte, last byte, closed.
    client: [Option<i64>; 5],
    received: u64,
    expected: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hops: Vec<Station>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holds: Vec<Work>,
}

/// What a tier did with it.
#[derive(Serialize)]
struct Station {
    tier: Tier,
    attempt: u32,
    /// Accepted, connected to what is behind it, had the response's head, let go.
    at: [Option<i64>; 4],
    status: u16,
    by: EndedBy,
    timer: Option<String>,
    read: Option<u64>,
    peak: Option<u64>,
}

/// What a worker did with it.
#[derive(Serialize)]
struct Work {
    worker: u32,
    slot: u32,
    /// Accepted, taken up, head read, body read, handler done, released.
    at: [Option<i64>; 6],
    sent: u64,
    send_blocked: u64,
    recv_blocked: u64,
    ended: crate::record::HoldEnd,
}

pub(super) fn requests(variant: &VariantData, rows: &Rows, kept: &BTreeSet<u64>) -> Vec<Request> {
    let mut hops: BTreeMap<u64, Vec<&Hop>> = BTreeMap::new();
    for hop in variant
        .hops
        .iter()
        .filter(|hop| kept.contains(&hop.request_id))
    {
        hops.entry(hop.request_id).or_default().push(hop);
    }
    let mut holds: BTreeMap<u64, Vec<&Hold>> = BTreeMap::new();
    for (id, hold) in variant
        .holds
        .iter()
        .filter_map(|hold| Some((hold.request_id?, hold)))
    {
        if kept.contains(&id) {
            holds.entry(id).or_default().push(hold);
        }
    }
    let requests = variant.requests.iter();
    requests
        .filter(|request| kept.contains(&request.request_id))
        .map(|request| {
            let id = request.request_id;
            let since = Since(request.intended_at);
            Request {
                id,
                row: rows.place(variant, request),
                group: super::segments::group_of(&variant.plan, Some(&request.group)),
                at_us: request.intended_at.as_us(),
                kind: kind(request),
                by: request.ended_by,
                outcome: Some(request.outcome).filter(|outcome| *outcome != Outcome::Complete),
                attempt: request.attempt,
                client: [
                    since.at(Some(request.started_at)),
                    since.at(request.connected_at),
                    since.at(request.first_byte_at),
                    since.at(request.last_byte_at),
                    since.at(request.closed_at),
                ],
                received: request.received_bytes,
                expected: request.expected_bytes,
                hops: hops
                    .get(&id)
                    .into_iter()
                    .flatten()
                    .map(|hop| since.hop(hop))
                    .collect(),
                holds: holds
                    .get(&id)
                    .into_iter()
                    .flatten()
                    .map(|hold| since.hold(hold))
                    .collect(),
            }
        })
        .collect()
}

/// A request's intended start, from which its instants count.
#[derive(Clone, Copy)]
struct Since(Timestamp);

impl Since {
    fn at(self, at: Option<Timestamp>) -> Option<i64> {
        at.map(|at| at.as_us() as i64 - self.0.as_us() as i64)
    }

    fn hop(self, hop: &Hop) -> Station {
        Station {
            tier: hop.tier,
            attempt: hop.attempt,
            at: [
                self.at(Some(hop.accepted_at)),
                self.at(hop.connected_at),
                self.at(hop.header_at),
                self.at(hop.released_at),
            ],
            status: hop.status,
            by: hop.ended_by,
            timer: hop.timer.clone(),
            read: hop.read_bytes,
            peak: hop.peak_buffered_bytes,
        }
    }

    fn hold(self, hold: &Hold) -> Work {
        Work {
            worker: hold.worker,
            slot: hold.slot,
            at: [
                self.at(hold.accepted_at),
                self.at(hold.began_at),
                self.at(hold.head_read_at),
                self.at(hold.body_read_at),
                self.at(hold.app_done_at),
                self.at(hold.released_at),
            ],
            sent: hold.sent_bytes,
            send_blocked: hold.send_blocked.as_us(),
            recv_blocked: hold.recv_blocked.as_us(),
            ended: hold.ended,
        }
    }
}
