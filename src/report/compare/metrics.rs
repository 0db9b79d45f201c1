//! What is compared, and how far apart it may be.

use crate::machine::backend_config::Bind;
use crate::machine::behavior::Behavior;
use crate::record::summary::{GroupSummary, VariantSummary};
use crate::record::{Outcome, RequestRecord};
use crate::report::data::VariantData;
use crate::time::Span;

/// Failures further apart than this belong to different bursts.
const BURST_GAP: Span = Span::from_secs(1);
/// A hold or a median this close is the same, whatever the share: schedulers differ by as much.
const CLOSE_US: f64 = 1_000.0;

/// How far apart absorbed bytes may be where only Unix sockets and user space are involved, and where TCP is.
const ABSORBED_UNIX: f64 = 0.05;
const ABSORBED_TCP: f64 = 0.15;
/// A page: what a real gunicorn has not counted yet, and how finely nginx's buffers come.
const CLOSE_BYTES: f64 = 4_096.0;

/// One number.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) value: Option<f64>,
    pub(super) bound: Bound,
    /// For counts of failures: in how many bursts they came.
    pub(super) bursts: u64,
}

/// How far apart two values may be. The bounds are those that the lab is held to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Bound {
    /// A share of the first value, or so little in absolute terms.
    Share(f64, f64),
    /// One per burst.
    PerBurst,
    /// None: shown only.
    None,
}

impl Bound {
    /// Whether two values keep it; nothing if there is none.
    pub(super) fn holds(self, first: f64, second: f64, bursts: u64) -> Option<bool> {
        let apart = (second - first).abs();
        match self {
            Bound::Share(share, close) => Some(apart <= share * first.abs() || apart <= close),
            Bound::PerBurst => Some(apart <= bursts.max(1) as f64),
            Bound::None => None,
        }
    }

    /// For people.
    pub(super) fn words(self, bursts: u64, unit: &str) -> String {
        match self {
            Bound::Share(share, 0.0) => format!("{:.0} %", share * 100.0),
            Bound::Share(share, close) if unit == "bytes" => {
                format!("{:.0} % or {:.0} KiB", share * 100.0, close / 1_024.0)
            }
            Bound::Share(share, close) => {
                format!("{:.0} % or {:.0} ms", share * 100.0, close / 1_000.0)
            }
            Bound::PerBurst => format!("+-{}", bursts.max(1)),
            Bound::None => String::new(),
        }
    }
}

impl Metric {
    fn new(name: String, unit: &'static str, value: Option<f64>, bound: Bound) -> Metric {
        Metric {
            name,
            unit,
            value,
            bound,
            bursts: 0,
        }
    }

    /// The same metric where it is not known. A count that nobody mentions is zero.
    pub(super) fn absent(&self) -> Metric {
        let value = (self.bound == Bound::PerBurst).then_some(0.0);
        Metric {
            value,
            bursts: 0,
            ..self.clone()
        }
    }
}

/// Everything that is compared of one variant.
pub(super) fn of(data: &VariantData, summary: &VariantSummary) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for group in &summary.groups {
        of_group(data, group, &mut metrics);
    }
    let workers = &summary.workers;
    let mut shown = |name: &str, unit, value| {
        metrics.push(Metric::new(name.to_owned(), unit, value, Bound::None))
    };
    shown("workers.busy_ratio", "", workers.busy_ratio);
    shown("workers.blocked_in_send_s", "s", workers.blocked_in_send_s);
    shown(
        "accept_queue.max",
        "",
        summary.accept_queue.max.map(|max| max as f64),
    );
    if let Some(proxy) = &summary.proxy {
        shown("proxy.upstream_held_s.p50", "s", proxy.upstream_held_s.p50);
        for (directive, count) in &proxy.timers_fired {
            shown(
                &format!("proxy.timers_fired.{directive}"),
                "",
                Some(*count as f64),
            );
        }
    }
    let killed = Some(workers.killed_by_timeout as f64);
    metrics.push(Metric::new(
        "workers.killed_by_timeout".to_owned(),
        "",
        killed,
        Bound::PerBurst,
    ));
    metrics
}

fn of_group(data: &VariantData, group: &GroupSummary, metrics: &mut Vec<Metric>) {
    let name = &group.name;
    let us = |value: Option<u64>| value.map(|us| us as f64);
    let mut push = |metric: &str, unit, value, bound| {
        metrics.push(Metric::new(format!("{name}.{metric}"), unit, value, bound));
    };
    push("requests", "", Some(group.requests as f64), Bound::None);
    push(
        "hold.p50",
        "us",
        us(group.hold_us.p50),
        Bound::Share(0.05, CLOSE_US),
    );
    push(
        "latency.p50",
        "us",
        us(group.latency_us.p50),
        Bound::Share(0.20, CLOSE_US),
    );
    push(
        "latency.p99",
        "us",
        us(group.latency_us.p99),
        Bound::Share(0.25, CLOSE_US),
    );
    absorbed(data, group, metrics);
    let mut count = |metric: String, count: u64, bursts| {
        let value = Some(count as f64);
        metrics.push(Metric {
            name: metric,
            unit: "",
            value,
            bound: Bound::PerBurst,
            bursts,
        });
    };
    for (status, seen) in group.status.iter().filter(|(status, _)| **status >= 500) {
        let bursts = bursts(data, name, |row| row.status == Some(*status));
        count(format!("{name}.status.{status}"), *seen, bursts);
    }
    for (status, seen) in group
        .proxy_status
        .iter()
        .filter(|(status, _)| **status == 499)
    {
        let bursts = bursts(data, name, |row| row.proxy_status == Some(*status));
        count(format!("{name}.proxy_status.{status}"), *seen, bursts);
    }
    let truncated = group
        .outcomes
        .get(&Outcome::Truncated)
        .copied()
        .unwrap_or(0);
    let in_bursts = bursts(data, name, |row| row.outcome == Outcome::Truncated);
    count(format!("{name}.outcomes.truncated"), truncated, in_bursts);
}

/// Where the bytes of given-up responses waited. Judged only of clients that stall for good: of a client that still reads, the
/// moment decides.
fn absorbed(data: &VariantData, group: &GroupSummary, metrics: &mut Vec<Metric>) {
    let plans = &data.plan.groups;
    let stalls = plans.iter().any(|plan| {
        plan.name == group.name
            && matches!(&plan.behavior, Behavior::Stall(stall) if stall.duration.is_none())
    });
    let (unix, direct) = (
        data.plan.backend.bind == Bind::Unix,
        data.plan.proxy.is_none(),
    );
    let bytes = &group.absorbed_bytes;
    let hops = [
        ("total", bytes.total, unix && direct),
        ("upstream", bytes.upstream, unix),
        ("proxy", bytes.proxy, true),
        ("downstream", bytes.downstream, unix && direct),
    ];
    for (hop, bytes, no_tcp) in hops {
        let bound = match (stalls, no_tcp) {
            (false, _) => Bound::None,
            (true, true) => Bound::Share(ABSORBED_UNIX, CLOSE_BYTES),
            (true, false) => Bound::Share(ABSORBED_TCP, CLOSE_BYTES),
        };
        let name = format!("{}.absorbed_bytes.{hop}", group.name);
        let value = bytes.map(|bytes| bytes as f64);
        metrics.push(Metric::new(name, "bytes", value, bound));
    }
}

/// In how many bursts the requests of a kind were meant to start.
fn bursts(data: &VariantData, group: &str, is_one: impl Fn(&RequestRecord) -> bool) -> u64 {
    let rows = data
        .measured()
        .filter(|row| row.group == group && is_one(row));
    let mut starts: Vec<_> = rows.map(|row| row.intended_at).collect();
    starts.sort_unstable();
    let gaps = starts
        .windows(2)
        .filter(|pair| pair[1].since(pair[0]) > BURST_GAP)
        .count() as u64;
    if starts.is_empty() { 0 } else { gaps + 1 }
}
