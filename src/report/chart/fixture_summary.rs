//! The summary of the made-up run, for tests: plain order statistics, and made-up numbers where tests need any at all.

use std::collections::BTreeMap;

use super::fixture::WORKERS;
use crate::record::summary::{
    AbsorbedSummary, AcceptQueueSummary, Finding, GroupSummary, HeldSummary, Judgement,
    LatencySummary, ProxySummary, SCHEMA, Summary, VariantSummary, Verdict, WorkersSummary,
};
use crate::record::{Outcome, RequestRecord};
use crate::report::data::{RunData, VariantData};
use crate::time::Span;

/// A summary of the run, by plain order statistics.
pub(crate) fn summary(run: &RunData) -> Summary {
    Summary {
        schema: SCHEMA,
        scenario: run.manifest.scenario.clone(),
        engine: run.manifest.engine.clone(),
        seed: run.manifest.seed,
        partial: run.manifest.partial,
        variants: run.variants.iter().map(summarize).collect(),
        expectations: vec![
            judgement("visitors are starved while all workers are held", Verdict::Held),
            judgement("buffering cures it", Verdict::Failed),
            judgement("by two orders of magnitude & more", Verdict::Undecided),
        ],
        accounts: Vec::new(),
        findings: vec![Finding {
            kind: "starvation".into(),
            variant: "baseline".into(),
            at_s: 2.27,
            fields: BTreeMap::new(),
            requests: Vec::new(),
            text: "all 4 workers were held by slow from 2.27 s on; visitors waited in the accept queue behind them".into(),
        }],
        headline: None,
        warnings: vec!["the sampler was up to 1.90 ms late".into()],
        doubts: Vec::new(),
    }
}

fn judgement(claim: &str, verdict: Verdict) -> Judgement {
    Judgement {
        claim: claim.into(),
        that: "visitors.status.504 >= 10".into(),
        verdict,
        measured: "visitors.status.504 = 163".into(),
    }
}

fn summarize(variant: &VariantData) -> VariantSummary {
    let groups = variant
        .plan
        .groups
        .iter()
        .map(|group| summarize_group(variant, &group.name));
    VariantSummary {
        name: variant.plan.variant.clone(),
        groups: groups.collect(),
        workers: WorkersSummary {
            count: u64::from(WORKERS),
            busy_ratio: Some(0.87),
            held_s_by_group: BTreeMap::from([("slow".into(), 38.1), ("visitors".into(), 1.9)]),
            blocked_in_send_s: Some(37.9),
            spawned: 4,
            killed_by_timeout: variant.events.len() as u64,
            slots: Some(u64::from(WORKERS)),
            ..WorkersSummary::default()
        },
        accept_queue: AcceptQueueSummary {
            max: variant
                .queues
                .iter()
                .filter_map(|sample| sample.accept_queue)
                .max(),
            mean: Some(31.5),
            limit: Some(2048),
            refused: 0,
        },
        probes: Vec::new(),
        machine: None,
        logs: None,
        pipeline: None,
        edge: None,
        proxy: Some(ProxySummary {
            peak_buffered_bytes: Some(16 << 20),
            spilled_bytes: Some(64 << 20),
            longest_silence_s: None,
            upstream_held_s: HeldSummary {
                p50: Some(0.0054),
                max: Some(4.23),
            },
            timers_fired: BTreeMap::from([("proxy_read_timeout".into(), 163)]),
            attempts: BTreeMap::new(),
            connect_failed: BTreeMap::new(),
        }),
    }
}

fn summarize_group(variant: &VariantData, name: &str) -> GroupSummary {
    let all: Vec<&RequestRecord> = variant
        .requests
        .iter()
        .filter(|one| one.group == name && one.intended_at.as_us() >= 1_000_000)
        .collect();
    let mut outcomes = BTreeMap::new();
    let mut status = BTreeMap::new();
    for one in &all {
        *outcomes.entry(one.outcome).or_insert(0) += 1;
        *status.entry(one.status.unwrap()).or_insert(0) += 1;
    }
    GroupSummary {
        name: name.into(),
        requests: all.len() as u64,
        complete: outcomes.get(&Outcome::Complete).copied().unwrap_or(0),
        outcomes,
        proxy_status: status.clone(),
        status,
        received_bytes: 123_456_789,
        retries: 0,
        zombies: 12,
        latency_us: latency(&all, RequestRecord::latency),
        latency_from_send_us: latency(&all, RequestRecord::latency_from_send),
        first_byte_us: latency(&all, RequestRecord::first_byte),
        reading_us: latency(&all, RequestRecord::reading),
        hold_us: latency(&all, RequestRecord::hold),
        queue_wait_us: LatencySummary::default(),
        absorbed_bytes: AbsorbedSummary::default(),
    }
}

fn latency(all: &[&RequestRecord], of: fn(&RequestRecord) -> Option<Span>) -> LatencySummary {
    let mut values: Vec<u64> = all
        .iter()
        .filter_map(|one| Some(of(one)?.as_us()))
        .collect();
    values.sort_unstable();
    let n = values.len();
    let at = |quantile: f64| {
        let supported = n > 0 && (1.0 - quantile) * n as f64 >= 1.0;
        supported.then(|| values[(quantile * n as f64) as usize])
    };
    LatencySummary {
        count: n as u64,
        min: values.first().copied(),
        mean: (n > 0).then(|| values.iter().sum::<u64>() / n as u64),
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        max: values.last().copied(),
    }
}
