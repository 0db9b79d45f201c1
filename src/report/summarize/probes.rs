//! Probes: counts and distributions.

use std::collections::BTreeMap;

use super::distribution::Distribution;
use crate::record::summary::ProbeSummary;
use crate::record::{Event, EventKind, ProbeOutcome, ProbeRecord};

/// The numbers of all probes while their attempts are counted.
#[derive(Debug)]
pub(super) struct ProbesTally(Vec<ProbeTally>);

#[derive(Debug, Default)]
struct ProbeTally {
    name: String,
    outcomes: BTreeMap<ProbeOutcome, u64>,
    most_in_a_row: u64,
    kills: u64,
    latency: Distribution,
}

impl ProbesTally {
    /// Of probes with these names, in this order.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> ProbesTally {
        let fresh = |name: &str| ProbeTally {
            name: name.to_owned(),
            ..ProbeTally::default()
        };
        ProbesTally(names.map(fresh).collect())
    }

    /// Counts an attempt.
    pub(super) fn attempt(&mut self, row: &ProbeRecord) {
        let Some(probe) = self.named(&row.probe) else {
            return;
        };
        *probe.outcomes.entry(row.outcome).or_default() += 1;
        probe.most_in_a_row = probe.most_in_a_row.max(u64::from(row.failures));
        probe.latency.add(row.latency);
    }

    /// Counts a kill, if it is one.
    pub(super) fn event(&mut self, event: &Event) {
        if let EventKind::ProbeKilled { probe, .. } = &event.kind
            && let Some(probe) = self.named(probe)
        {
            probe.kills += 1;
        }
    }

    fn named(&mut self, name: &str) -> Option<&mut ProbeTally> {
        self.0.iter_mut().find(|probe| probe.name == name)
    }

    /// The numbers.
    pub(super) fn finish(self) -> Vec<ProbeSummary> {
        self.0.into_iter().map(ProbeTally::finish).collect()
    }
}

impl ProbeTally {
    fn finish(self) -> ProbeSummary {
        let count = |outcome| self.outcomes.get(&outcome).copied().unwrap_or(0);
        let attempts = self.outcomes.values().sum();
        ProbeSummary {
            name: self.name,
            attempts,
            failures: attempts - count(ProbeOutcome::Ok),
            most_in_a_row: self.most_in_a_row,
            kills: self.kills,
            outcomes: ProbeOutcome::ALL
                .map(|outcome| (outcome, count(outcome)))
                .into(),
            latency_us: self.latency.summary(),
        }
    }
}
