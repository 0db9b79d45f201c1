//! One client group: counts and distributions.

use std::collections::BTreeMap;

use super::{absorbed, latency_summary, queue_wait};
use crate::record::summary::GroupSummary;
use crate::record::{Outcome, RequestRecord};
use crate::report::data::VariantData;
use crate::time::Span;

/// Every outcome, in the order of the summary.
const OUTCOMES: [Outcome; 7] = [
    Outcome::Complete,
    Outcome::Truncated,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Timeout,
    Outcome::Aborted,
    Outcome::Unfinished,
];

/// The numbers of the group called `name`.
pub(super) fn summarize(variant: &VariantData, name: &str) -> GroupSummary {
    let rows: Vec<&RequestRecord> = variant.measured().filter(|row| row.group == name).collect();
    let mut outcomes: BTreeMap<Outcome, u64> = OUTCOMES.map(|outcome| (outcome, 0)).into();
    let (mut status, mut proxy_status) = (BTreeMap::new(), BTreeMap::new());
    for row in &rows {
        *outcomes.entry(row.outcome).or_default() += 1;
        if let Some(code) = row.status {
            *status.entry(code).or_default() += 1;
        }
        if let Some(code) = row.proxy_status {
            *proxy_status.entry(code).or_default() += 1;
        }
    }
    let spans = |of: fn(&RequestRecord) -> Option<Span>| {
        latency_summary(rows.iter().filter_map(|row| of(row)))
    };
    GroupSummary {
        name: name.to_owned(),
        requests: rows.len() as u64,
        complete: outcomes[&Outcome::Complete],
        outcomes,
        status,
        proxy_status,
        received_bytes: rows.iter().map(|row| row.received_bytes).sum(),
        zombies: rows.iter().filter(|row| row.is_zombie()).count() as u64,
        latency_us: spans(RequestRecord::latency),
        latency_from_send_us: spans(RequestRecord::latency_from_send),
        hold_us: spans(RequestRecord::hold),
        queue_wait_us: spans(queue_wait),
        absorbed_bytes: absorbed::summarize(&rows),
    }
}
