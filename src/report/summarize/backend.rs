//! Workers and accept queue: shares of time, depths, who was turned away.

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::timers::Directive;
use crate::record::summary::{AcceptQueueSummary, WorkersSummary};
use crate::record::{Event, EventKind, Outcome, QueueSample, RequestRecord};
use crate::record::{WorkerInterval, WorkerState};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// A stretch of time between two instants.
pub(super) type Window = (Timestamp, Timestamp);

/// The part of a stretch that lies in a window; an open one lasts until its end.
fn clipped(row: &WorkerInterval, (from, to): Window) -> Span {
    row.to.unwrap_or(to).min(to).since(row.from.max(from))
}

/// The numbers of the workers while they are counted.
#[derive(Debug, Default)]
pub(super) struct WorkersTally {
    known: bool,
    peak_rss_bytes: Option<u64>,
    peak_buffered_bytes: Option<u64>,
    busy: Span,
    sending: Span,
    held_by_group: BTreeMap<String, Span>,
    /// Of stretches whose group is not told; the requests' rows tell it.
    held_by_request: BTreeMap<u64, Span>,
    /// Stretches that nothing ended; their end is that of the window, which is not known yet.
    open: Vec<WorkerInterval>,
    spawned: u64,
    /// By age; where that is not known, by the instant.
    killed: BTreeSet<(Option<u32>, Option<Timestamp>)>,
}

impl WorkersTally {
    /// Takes in a stretch. It is enough to clip it by the plan: a run that ends earlier has seen no end of a stretch after its own.
    pub(super) fn interval(&mut self, row: &WorkerInterval, planned: Window) {
        self.known = true;
        self.peak_rss_bytes = self.peak_rss_bytes.max(row.rss_bytes);
        self.peak_buffered_bytes = self.peak_buffered_bytes.max(row.buffered_bytes);
        if !row.is_hold() {
            return;
        }
        if row.to.is_none() {
            return self.open.push(row.clone());
        }
        self.add(row, clipped(row, planned));
    }

    fn add(&mut self, row: &WorkerInterval, part: Span) {
        self.busy = self.busy.saturating_add(part);
        if row.state == WorkerState::Send {
            self.sending = self.sending.saturating_add(part);
        }
        let held = match (&row.group, row.request_id) {
            (Some(group), _) => self.held_by_group.entry(group.clone()).or_default(),
            (None, Some(id)) => self.held_by_request.entry(id).or_default(),
            (None, None) => return,
        };
        *held = held.saturating_add(part);
    }

    pub(super) fn event(&mut self, event: &Event) {
        match event.kind {
            EventKind::WorkerSpawned { .. } => self.spawned += 1,
            EventKind::WorkerTimeout { .. } => {
                let at = event.worker.is_none().then_some(event.at);
                self.killed.insert((event.worker, at));
            }
            _ => {}
        }
    }

    /// The numbers of `count` workers with so many slots in all; `groups` are all that there are, `group_of` tells a request's.
    pub(super) fn finish<'a>(
        mut self,
        (count, slots): (u64, Option<u64>),
        window: Window,
        groups: impl Iterator<Item = &'a str>,
        group_of: &dyn Fn(u64) -> Option<&'a str>,
    ) -> WorkersSummary {
        for row in std::mem::take(&mut self.open) {
            self.add(&row, clipped(&row, window));
        }
        let mut held: BTreeMap<String, Span> =
            groups.map(|name| (name.to_owned(), Span::ZERO)).collect();
        let by_request = self.held_by_request.iter();
        let by_request = by_request.filter_map(|(id, span)| Some((group_of(*id)?, span)));
        let by_group = self.held_by_group.iter();
        for (name, span) in by_group
            .map(|(name, span)| (name.as_str(), span))
            .chain(by_request)
        {
            let sum = held.entry(name.to_owned()).or_default();
            *sum = sum.saturating_add(*span);
        }
        let window_s = window.1.since(window.0).as_secs_f64();
        let capacity_s = slots.map(|slots| slots as f64 * window_s);
        let busy_s = self.busy.as_secs_f64();
        let in_seconds = held
            .into_iter()
            .map(|(name, span)| (name, span.as_secs_f64()));
        WorkersSummary {
            count,
            slots,
            busy_ratio: capacity_s
                .filter(|capacity_s| self.known && *capacity_s > 0.0)
                .map(|capacity_s| (busy_s / capacity_s).min(1.0)),
            held_s_by_group: match self.known {
                true => in_seconds.collect(),
                false => BTreeMap::new(),
            },
            blocked_in_send_s: self.known.then(|| self.sending.as_secs_f64()),
            spawned: self.spawned,
            killed_by_timeout: self.killed.len() as u64,
            peak_rss_bytes: self.peak_rss_bytes,
            peak_buffered_bytes: self.peak_buffered_bytes,
        }
    }
}

/// The numbers of the accept queue while they are counted.
#[derive(Debug, Default)]
pub(super) struct QueueTally {
    depths: Vec<(Timestamp, u64)>,
    limit: Option<u64>,
    refused_by_proxy: u64,
    refused_by_clients: u64,
}

impl QueueTally {
    pub(super) fn queue(&mut self, sample: &QueueSample) {
        if !sample.is_whole(Tier::Backend) {
            return;
        }
        self.depths
            .extend(sample.accept_queue.map(|depth| (sample.at, depth)));
        self.limit = sample.accept_queue_limit.or(self.limit);
    }

    /// Connections to the backend that found its queue full: refused at once (Unix) or timed out connecting (TCP).
    pub(super) fn event(&mut self, event: &Event) {
        // This timer ends a connect to a full queue of a TCP listener.
        let refused = event.kind.is_queue_full()
            || event.kind.is_timer(Directive::ProxyConnectTimeout.name());
        self.refused_by_proxy += u64::from(refused);
    }

    /// Without a proxy these are the clients' own.
    pub(super) fn request(&mut self, row: &RequestRecord) {
        self.refused_by_clients += u64::from(match row.outcome {
            Outcome::Refused => true,
            Outcome::Timeout => row.connected_at.is_none(),
            _ => false,
        });
    }

    pub(super) fn finish(self, (from, to): Window, has_proxy: bool) -> AcceptQueueSummary {
        let within = self
            .depths
            .iter()
            .filter(|(at, _)| *at >= from && *at <= to);
        let depths: Vec<u64> = within.map(|(_, depth)| *depth).collect();
        let sum: u64 = depths.iter().sum();
        AcceptQueueSummary {
            max: depths.iter().copied().max(),
            mean: (!depths.is_empty()).then(|| sum as f64 / depths.len() as f64),
            limit: self.limit,
            refused: match has_proxy {
                true => self.refused_by_proxy,
                false => self.refused_by_clients,
            },
        }
    }
}
