//! The proxy: what it held, spilled and timed out.

use std::collections::BTreeMap;

use super::{latency_summary, upstream_held};
use crate::record::EventKind;
use crate::record::summary::{HeldSummary, ProxySummary};
use crate::report::data::VariantData;
use crate::time::Span;

/// The numbers of the proxy.
pub(super) fn summarize(variant: &VariantData) -> ProxySummary {
    let held: Vec<Span> = variant.measured().filter_map(upstream_held).collect();
    let sampled = variant.queues.iter().filter_map(|sample| {
        Some(sample.proxy_buffered_bytes? + sample.proxy_spilled_bytes.unwrap_or(0))
    });
    let single = variant.measured().filter_map(|row| row.peak_buffered_bytes);
    let mut timers_fired: BTreeMap<String, u64> = ["proxy_read_timeout", "send_timeout"]
        .map(|name| (name.to_owned(), 0))
        .into();
    for event in &variant.events {
        if event.kind == EventKind::TimerFired {
            let directive = event.text.split(':').next().unwrap_or_default().trim();
            *timers_fired.entry(directive.to_owned()).or_default() += 1;
        }
    }
    let held_us = latency_summary(held.iter().copied());
    ProxySummary {
        peak_buffered_bytes: sampled.chain(single).max(),
        spilled_bytes: variant
            .measured()
            .filter_map(|row| row.spilled_bytes)
            .reduce(|sum, bytes| sum + bytes),
        upstream_held_s: HeldSummary {
            p50: held_us.p50.map(|us| us as f64 / 1e6),
            max: held.iter().max().map(|span| span.as_secs_f64()),
        },
        timers_fired,
    }
}
