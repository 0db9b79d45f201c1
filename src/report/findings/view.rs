//! A variant's records with the questions that several findings ask of them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::machine::proxy_config::ProxyConfig;
use crate::record::summary::VariantSummary;
use crate::record::{EventKind, Hold, Hop, RequestRecord, WorkerInterval};
use crate::report::data::VariantData;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// Waits shorter than this starve nobody.
pub(super) const WAIT: Span = Span::from_ms(100);

/// One variant.
pub(super) struct View<'a> {
    pub(super) variant: &'a VariantData,
    pub(super) numbers: &'a VariantSummary,
    by_id: BTreeMap<u64, &'a RequestRecord>,
    /// Requests that a worker had accepted long before one of its slots took them up.
    hoarded: BTreeSet<u64>,
    /// Where there are two tiers: what `[proxy]` did for a request last.
    inner: BTreeMap<u64, &'a Hop>,
    /// How often the backend was asked for a request, where a proxy says so.
    attempts: BTreeMap<u64, u64>,
    /// Kept, since it is asked for row by row: for each it would be looked for in all of them.
    end: Timestamp,
    /// When the arbiter's timeout found which worker: a run may have thousands of both.
    timeouts: BTreeMap<u32, Vec<Timestamp>>,
    /// What each worker did; sorted out once somebody asks.
    by_worker: OnceCell<BTreeMap<u32, Own<'a>>>,
}

/// What the records have of one worker, in their order.
#[derive(Default)]
struct Own<'a> {
    rows: Vec<&'a WorkerInterval>,
    holds: Vec<&'a Hold>,
}

/// A tier of proxies that ended a request.
#[derive(Clone, Copy)]
pub(super) struct Blamed<'a> {
    /// How it is configured.
    pub(super) config: &'a ProxyConfig,
    /// When it let go of what is behind it.
    pub(super) at: Option<Timestamp>,
    /// Which one, as findings name it in their field `tier`: `only`, `edge` or `inner`.
    pub(super) whose: &'static str,
    /// Whether it is the one before the backend.
    pub(super) is_inner: bool,
}

impl<'a> View<'a> {
    pub(super) fn new(variant: &'a VariantData, numbers: &'a VariantSummary) -> View<'a> {
        let rows = variant.requests.iter();
        View {
            variant,
            numbers,
            by_id: rows.map(|row| (row.request_id, row)).collect(),
            hoarded: (variant.holds.iter())
                .filter(|hold| match (hold.accepted_at, hold.began_at) {
                    (Some(accepted_at), Some(began_at)) => began_at.since(accepted_at) >= WAIT,
                    _ => false,
                })
                .filter_map(|hold| hold.request_id)
                .collect(),
            inner: match variant.plan.edge {
                None => BTreeMap::new(),
                Some(_) => (variant.hops.iter())
                    .filter(|hop| hop.tier == Tier::Proxy)
                    .map(|hop| (hop.request_id, hop))
                    .collect(),
            },
            attempts: attempts(&variant.hops),
            end: end_of(variant),
            timeouts: timeouts(variant),
            by_worker: OnceCell::new(),
        }
    }

    /// A worker's stretches.
    pub(super) fn rows_of(&self, worker: u32) -> &[&'a WorkerInterval] {
        self.own(worker).map_or(&[], |own| &own.rows)
    }

    /// What a worker's slots had to do.
    pub(super) fn holds_of(&self, worker: u32) -> &[&'a Hold] {
        self.own(worker).map_or(&[], |own| &own.holds)
    }

    fn own(&self, worker: u32) -> Option<&Own<'a>> {
        let by_worker = self.by_worker.get_or_init(|| {
            let mut all: BTreeMap<u32, Own<'a>> = BTreeMap::new();
            for row in &self.variant.workers {
                all.entry(row.worker).or_default().rows.push(row);
            }
            for hold in &self.variant.holds {
                all.entry(hold.worker).or_default().holds.push(hold);
            }
            all
        });
        by_worker.get(&worker)
    }

    /// Whether the arbiter's timeout ever found a worker.
    pub(super) fn was_timed_out(&self, worker: u32) -> bool {
        self.timeouts.contains_key(&worker)
    }

    /// Whether it found a worker between these instants; without a second one, until the end.
    pub(super) fn timed_out_between(
        &self,
        worker: u32,
        from: Timestamp,
        to: Option<Timestamp>,
    ) -> bool {
        let all = self.timeouts.get(&worker);
        all.is_some_and(|all| {
            let mut all = all.iter();
            all.any(|at| *at >= from && to.is_none_or(|to| *at <= to))
        })
    }

    /// How often the backend was asked for a request; 0 where no proxy says so.
    pub(super) fn attempts_at(&self, id: u64) -> u64 {
        self.attempts.get(&id).copied().unwrap_or(0)
    }

    /// Where there are two tiers: what the proxy behind the edge did for a request last.
    pub(super) fn inner_hop(&self, id: u64) -> Option<&'a Hop> {
        self.inner.get(&id).copied()
    }

    /// The tier whose reason a request's `ended_by` is; nothing without a proxy.
    pub(super) fn blamed(&self, row: &RequestRecord) -> Option<Blamed<'a>> {
        let plan = &self.variant.plan;
        let inner = plan.proxy.as_ref()?;
        let Some(edge) = &plan.edge else {
            return Some(Blamed {
                config: inner,
                at: row.upstream_released_at,
                whose: "only",
                is_inner: true,
            });
        };
        let hop = self.inner_hop(row.request_id);
        let is_inner = hop.is_some_and(|hop| hop.ended_by == row.ended_by);
        Some(match is_inner {
            true => Blamed {
                config: inner,
                at: row.upstream_released_at,
                whose: "inner",
                is_inner,
            },
            false => Blamed {
                config: edge,
                at: row.closed_at,
                whose: "edge",
                is_inner,
            },
        })
    }

    /// Whether a request waited in a worker that had accepted it, not in the accept queue.
    pub(super) fn is_hoarded(&self, row: &RequestRecord) -> bool {
        self.hoarded.contains(&row.request_id)
    }

    /// The request with this id.
    pub(super) fn request(&self, id: Option<u64>) -> Option<&'a RequestRecord> {
        self.by_id.get(&id?).copied()
    }

    /// Whether a group's clients send requests; of one that says nothing no worker can tell when it was taken up.
    pub(super) fn asks(&self, group: &str) -> bool {
        let mut groups = self.variant.plan.groups.iter();
        groups.all(|planned| planned.name != group || planned.behavior.asks(0))
    }

    /// Of requests that a timer ended, each with when, the first, and the tier that did it.
    pub(super) fn first_blamed(
        &self,
        rows: &[(&'a RequestRecord, Timestamp)],
    ) -> Option<(&'a RequestRecord, Timestamp, Blamed<'a>)> {
        let (row, at) = *rows.iter().min_by_key(|(_, at)| *at)?;
        Some((row, at, self.blamed(row)?))
    }

    /// Whether a group's clients take their time to send a request: a proxy then calls the backend long after it has accepted them.
    pub(super) fn sends_slowly(&self, group: &str) -> bool {
        let mut groups = self.variant.plan.groups.iter();
        groups.any(|planned| planned.name == group && planned.behavior.sends_slowly())
    }

    /// The group that a stretch of a worker served.
    pub(super) fn group_of(&self, row: &'a WorkerInterval) -> Option<&'a str> {
        let by_request = || {
            self.request(row.request_id)
                .map(|request| request.group.as_str())
        };
        row.group.as_deref().or_else(by_request)
    }

    /// What the workers were doing at an instant.
    pub(super) fn at(&self, instant: Timestamp) -> impl Iterator<Item = &'a WorkerInterval> {
        let rows = self.variant.workers.iter();
        rows.filter(move |row| row.from <= instant && row.to.is_none_or(|to| to > instant))
    }

    /// Whether a request's worker was in `send` for it at an instant.
    pub(super) fn was_sending(&self, row: &RequestRecord, instant: Timestamp) -> bool {
        let began = row.app_done_at.is_some_and(|at| at <= instant);
        began && row.worker_released_at.is_none_or(|at| at >= instant)
    }

    /// How long a path's handler takes on average, by the plan.
    pub(super) fn handler_time(&self, path: &str) -> Option<Span> {
        Some(self.variant.plan.backend.handler(path)?.service())
    }

    /// The last thing that was seen.
    pub(super) fn end(&self) -> Timestamp {
        self.end
    }
}

fn end_of(variant: &VariantData) -> Timestamp {
    let closed = variant.requests.iter().filter_map(|row| row.closed_at);
    let workers = variant.workers.iter();
    let worked = workers.map(|row| row.to.unwrap_or(row.from));
    closed.chain(worked).max().unwrap_or(Timestamp::ZERO)
}

fn timeouts(variant: &VariantData) -> BTreeMap<u32, Vec<Timestamp>> {
    let mut all: BTreeMap<u32, Vec<Timestamp>> = BTreeMap::new();
    for event in &variant.events {
        if let (EventKind::WorkerTimeout { .. }, Some(worker)) = (&event.kind, event.worker) {
            all.entry(worker).or_default().push(event.at);
        }
    }
    all
}

/// Attempts of `[proxy]` that reached a peer, by request.
fn attempts(hops: &[Hop]) -> BTreeMap<u64, u64> {
    let mut attempts = BTreeMap::new();
    for hop in hops {
        if hop.tier == Tier::Proxy && hop.connected_at.is_some() {
            *attempts.entry(hop.request_id).or_default() += 1;
        }
    }
    attempts
}
