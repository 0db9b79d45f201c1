//! One variant's numbers, counted row by row: the same for rows read from a folder and for rows that are never kept.

use std::collections::BTreeMap;

use super::backend::{QueueTally, Window, WorkersTally};
use super::group::GroupTally;
use super::probes::ProbesTally;
use super::proxy::ProxyTally;
use crate::plan::Plan;
use crate::record::collect::Rows;
use crate::record::summary::VariantSummary;
use crate::record::{
    Event, Hold, Hop, ProbeRecord, QueueSample, RequestRecord, WorkerInterval, hgrm,
};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// A summary in the making. It holds histograms and counts, and per request nothing but its group.
#[derive(Debug)]
pub struct Tally {
    variant: String,
    warmup: Span,
    planned: Window,
    /// How many workers there should be, and how many connections all of them serve at once.
    capacity: (u64, Option<u64>),
    names: Vec<String>,
    groups: Vec<GroupTally>,
    /// By request: the index of its group.
    group_of: BTreeMap<u64, u32>,
    workers: WorkersTally,
    queue: QueueTally,
    /// By tier, from the outside in.
    proxies: Vec<ProxyTally>,
    probes: ProbesTally,
    /// The last instant that anything was seen at.
    seen: Option<Timestamp>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(plan: &Plan) -> Tally {
        let from = Timestamp::ZERO + plan.warmup;
        let tiers = plan.tiers();
        let alone = tiers.len() == 1;
        let proxies = tiers
            .iter()
            .map(|of| ProxyTally::new((of.tier, alone), from));
        let names: Vec<String> = plan.groups.iter().map(|group| group.name.clone()).collect();
        Tally {
            variant: plan.variant.clone(),
            warmup: plan.warmup,
            planned: (from, Timestamp::ZERO + plan.duration),
            capacity: (plan.backend.all_workers(), plan.backend.slots()),
            groups: names.iter().map(|_| GroupTally::default()).collect(),
            names,
            group_of: BTreeMap::new(),
            workers: WorkersTally::default(),
            queue: QueueTally::default(),
            proxies: proxies.collect(),
            probes: ProbesTally::new(plan.probes.iter().map(|probe| probe.name.as_str())),
            seen: None,
        }
    }

    /// The measured part: from the end of the warm-up to the end of the arrivals, or to the last thing seen if the run was cut short.
    fn window(&self) -> Window {
        let (from, planned) = self.planned;
        let to = planned.min(self.seen.unwrap_or(planned));
        (from, to.max(from))
    }

    /// The numbers.
    pub fn finish(self) -> VariantSummary {
        let window = self.window();
        let (names, group_of) = (&self.names, &self.group_of);
        let name_of = |id: u64| Some(names[*group_of.get(&id)? as usize].as_str());
        let workers = self.workers.finish(
            self.capacity,
            window,
            names.iter().map(String::as_str),
            &name_of,
        );
        let has_proxy = !self.proxies.is_empty();
        let (mut edge, mut proxy) = (None, None);
        for tally in self.proxies {
            let place = match tally.tier() {
                Tier::Edge => &mut edge,
                Tier::Proxy | Tier::Backend => &mut proxy,
            };
            *place = Some(tally.finish());
        }
        let groups = self.groups.into_iter().zip(self.names.iter().cloned());
        VariantSummary {
            name: self.variant,
            groups: groups.map(|(group, name)| group.finish(name)).collect(),
            workers,
            accept_queue: self.queue.finish(window, has_proxy),
            edge,
            proxy,
            probes: self.probes.finish(),
            machine: None,
            logs: None,
            pipeline: None,
        }
    }
}

impl Rows for Tally {
    fn request(&mut self, row: &RequestRecord) {
        self.seen = self.seen.max(row.closed_at);
        self.queue.request(row);
        let Some(group) = self.names.iter().position(|name| *name == row.group) else {
            return;
        };
        self.group_of.insert(row.request_id, group as u32);
        if hgrm::is_measured(row, self.warmup) {
            self.proxies.iter_mut().for_each(|tier| tier.request(row));
            self.groups[group].request(row);
        }
    }

    fn hop(&mut self, row: &Hop) {
        self.proxies.iter_mut().for_each(|tier| tier.hop(row));
    }

    fn interval(&mut self, row: &WorkerInterval) {
        self.seen = self.seen.max(Some(row.to.unwrap_or(row.from)));
        self.workers.interval(row, self.planned);
    }

    /// Holds are told by their stretches.
    fn hold(&mut self, _: &Hold) {}

    fn event(&mut self, event: &Event) {
        self.seen = self.seen.max(Some(event.at));
        self.workers.event(event);
        self.queue.event(event);
        self.proxies.iter_mut().for_each(|tier| tier.event(event));
        self.probes.event(event);
    }

    fn queue(&mut self, sample: &QueueSample) {
        self.seen = self.seen.max(Some(sample.at));
        self.queue.queue(sample);
        self.proxies.iter_mut().for_each(|tier| tier.queue(sample));
    }

    fn probe(&mut self, row: &ProbeRecord) {
        self.probes.attempt(row);
    }
}
