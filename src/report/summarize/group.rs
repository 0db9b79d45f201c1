//! One client group: counts and distributions.

use std::collections::BTreeMap;

use super::absorbed::AbsorbedTally;
use super::distribution::Distribution;
use super::queue_wait;
use crate::record::summary::GroupSummary;
use crate::record::{Outcome, RequestRecord};

/// The numbers of one group while its requests are counted.
#[derive(Debug, Default)]
pub(super) struct GroupTally {
    requests: u64,
    retries: u64,
    outcomes: BTreeMap<Outcome, u64>,
    status: BTreeMap<u16, u64>,
    proxy_status: BTreeMap<u16, u64>,
    received_bytes: u64,
    zombies: u64,
    latency: Distribution,
    latency_from_send: Distribution,
    first_byte: Distribution,
    reading: Distribution,
    hold: Distribution,
    queue_wait: Distribution,
    absorbed: AbsorbedTally,
}

impl GroupTally {
    /// Counts a request that is not of the warm-up.
    pub(super) fn request(&mut self, row: &RequestRecord) {
        self.requests += 1;
        self.retries += u64::from(row.attempt > 1);
        *self.outcomes.entry(row.outcome).or_default() += 1;
        if let Some(code) = row.status {
            *self.status.entry(code).or_default() += 1;
        }
        if let Some(code) = row.proxy_status {
            *self.proxy_status.entry(code).or_default() += 1;
        }
        self.received_bytes += row.received_bytes;
        self.zombies += u64::from(row.is_zombie());
        self.absorbed.request(row);
        for (distribution, span) in [
            (&mut self.latency, row.latency()),
            (&mut self.latency_from_send, row.latency_from_send()),
            (&mut self.first_byte, row.first_byte()),
            (&mut self.reading, row.reading()),
            (&mut self.hold, row.hold().filter(|_| !row.is_zombie())),
            (&mut self.queue_wait, queue_wait(row)),
        ] {
            if let Some(span) = span {
                distribution.add(span);
            }
        }
    }

    /// The numbers, under the group's name.
    pub(super) fn finish(self, name: String) -> GroupSummary {
        let count = |outcome| self.outcomes.get(&outcome).copied().unwrap_or(0);
        GroupSummary {
            name,
            requests: self.requests,
            retries: self.retries,
            complete: count(Outcome::Complete),
            outcomes: Outcome::ALL.map(|outcome| (outcome, count(outcome))).into(),
            status: self.status,
            proxy_status: self.proxy_status,
            received_bytes: self.received_bytes,
            zombies: self.zombies,
            latency_us: self.latency.summary(),
            latency_from_send_us: self.latency_from_send.summary(),
            first_byte_us: self.first_byte.summary(),
            reading_us: self.reading.summary(),
            hold_us: self.hold.summary(),
            queue_wait_us: self.queue_wait.summary(),
            absorbed_bytes: self.absorbed.finish(),
        }
    }
}
