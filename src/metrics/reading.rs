//! What getters of the table have in common: how a field of the summary becomes a reading.

use std::collections::BTreeMap;

use super::each::{HOPS, POINTS, read};
use super::entry::{Missing, Reading};
use crate::record::summary::{GroupSummary, LatencySummary};

pub(super) fn count(n: u64) -> Reading {
    Ok(n as f64)
}

pub(super) fn counted(n: Option<u64>) -> Reading {
    n.map(|n| n as f64).ok_or(Missing::Value)
}

pub(super) fn measured(value: Option<f64>) -> Reading {
    value.ok_or(Missing::Value)
}

pub(super) fn error_rate(group: &GroupSummary) -> Reading {
    let error_status: u64 = group.status.range(400..).map(|(_, count)| count).sum();
    let good = group.complete.saturating_sub(error_status);
    Ok(group.requests.saturating_sub(good) as f64 / group.requests.max(1) as f64)
}

pub(super) fn point_of(distribution: &LatencySummary, point: &str) -> Reading {
    let us = read(&POINTS, point, distribution);
    us.map(|us| us as f64).ok_or(match distribution.count {
        0 => Missing::Family,
        count => Missing::TooFew(count),
    })
}

pub(super) fn absorbed(group: &GroupSummary, hop: &str) -> Reading {
    let absorbed = &group.absorbed_bytes;
    let bytes = read(&HOPS, hop, absorbed);
    bytes.map(|bytes| bytes as f64).ok_or(match absorbed.count {
        0 => Missing::Because("judged-nothing-given-up"),
        _ => Missing::Value,
    })
}

pub(super) fn with_status(counts: &BTreeMap<u16, u64>, code: &str) -> Reading {
    let code = code.parse::<u16>().ok();
    let counted = code.and_then(|code| counts.get(&code));
    count(counted.copied().unwrap_or(0))
}

pub(super) fn is_status(found: Option<u16>, code: &str) -> bool {
    found.is_some_and(|found| found.to_string() == code)
}
