//! The requests as the page has them: what became of each, and by which instants.
//!
//! A page has thousands of them, and each turn of a knob sends them anew: they are written as lists of values, and only what the scripts ask for. `opened` in
//! `modules/series.js` gives the values their names again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::axes::kind;
use crate::record::{EndedBy, Hold, HoldEnd, Hop};
use crate::report::data::VariantData;
use crate::tier::Tier;
use crate::time::Timestamp;

/// A request with its stations.
pub(super) struct Request {
    id: u64,
    /// The row of its variant's pane, if it has one.
    row: Option<usize>,
    group: usize,
    at_us: u64,
    /// `ok`, a status or an outcome.
    kind: Cow<'static, str>,
    by: EndedBy,
    /// By the client: began, connected, first byte, last byte, closed.
    client: [Option<i64>; 5],
    received: u64,
    hops: Vec<Station>,
    holds: Vec<Work>,
}

/// What a tier did with it.
struct Station {
    tier: Tier,
    attempt: u32,
    /// Accepted, connected to what is behind it, had the response's head, let go.
    at: [Option<i64>; 4],
    status: u16,
    timer: Option<String>,
}

/// What a worker did with it.
struct Work {
    worker: u32,
    /// Accepted, taken up, head read, body read, handler done, released.
    at: [Option<i64>; 6],
    send_blocked: u64,
    ended: HoldEnd,
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let who = (self.id, self.row, self.group, self.at_us);
        let end = (&self.kind, self.by, self.received);
        (who, end, self.client, &self.hops, &self.holds).serialize(serializer)
    }
}

impl Serialize for Station {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.tier, self.attempt, self.at, self.status, &self.timer).serialize(serializer)
    }
}

impl Serialize for Work {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.worker, self.at, self.send_blocked, self.ended).serialize(serializer)
    }
}

/// The requests that are kept, each with the row of `places` that it is in.
pub(super) fn requests(
    variant: &VariantData,
    places: &[Option<usize>],
    kept: &BTreeSet<u64>,
) -> Vec<Request> {
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
    let requests = variant.requests.iter().enumerate();
    requests
        .filter(|(_, request)| kept.contains(&request.request_id))
        .map(|(at, request)| {
            let id = request.request_id;
            let since = Since(request.intended_at);
            Request {
                id,
                row: places.get(at).copied().flatten(),
                group: super::segments::group_of(&variant.plan, Some(&request.group)),
                at_us: request.intended_at.as_us(),
                kind: kind(request),
                by: request.ended_by,
                client: [
                    since.at(Some(request.started_at)),
                    since.at(request.connected_at),
                    since.at(request.first_byte_at),
                    since.at(request.last_byte_at),
                    since.at(request.closed_at),
                ],
                received: request.received_bytes,
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
            timer: hop.timer.clone(),
        }
    }

    fn hold(self, hold: &Hold) -> Work {
        Work {
            worker: hold.worker,
            at: [
                self.at(hold.accepted_at),
                self.at(hold.began_at),
                self.at(hold.head_read_at),
                self.at(hold.body_read_at),
                self.at(hold.app_done_at),
                self.at(hold.released_at),
            ],
            send_blocked: hold.send_blocked.as_us(),
            ended: hold.ended,
        }
    }
}
