//! What is compared, and how far apart it may be.

use crate::machine::backend_config::Bind;
use crate::machine::behavior::Behavior;
use crate::metrics::{self, Allowed, Unit};
use crate::record::RequestRecord;
use crate::record::summary::VariantSummary;
use crate::report::data::VariantData;
use crate::report::words::Words;
use crate::time::Span;

/// Failures further apart than this belong to different bursts.
const BURST_GAP: Span = Span::from_secs(1);
/// A hold or a median this close is the same, whatever the share: schedulers differ by as much.
const CLOSE_US: f64 = 1_000.0;

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
    pub(super) fn words(self, bursts: u64, unit: &str, words: &Words) -> String {
        let either = |share: f64, close: String| {
            let share = format!("{:.0} %", share * 100.0);
            let arguments = [("share", share.into()), ("close", close.into())];
            words.say("compare-bound-or", arguments)
        };
        match self {
            Bound::Share(share, 0.0) => format!("{:.0} %", share * 100.0),
            Bound::Share(share, close) if unit == "bytes" => {
                either(share, format!("{:.0} KiB", close / 1_024.0))
            }
            Bound::Share(share, close) => either(share, format!("{:.0} ms", close / 1_000.0)),
            Bound::PerBurst => format!("+-{}", bursts.max(1)),
            Bound::None => String::new(),
        }
    }
}

impl Metric {
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

/// Everything that is compared of one variant, in the order of the table of metrics.
pub(super) fn of(data: &VariantData, summary: &VariantSummary) -> Vec<Metric> {
    let compared = metrics::Metric::compared(summary).into_iter();
    let metrics = compared.map(|(metric, allowed)| {
        let value = metric.value(summary).ok();
        let bursts = match allowed {
            Allowed::PerBurst(counts) if value > Some(0.0) => {
                let group = metric.group().unwrap_or_default();
                bursts(data, group, |row| counts(row, metric.word()))
            }
            _ => 0,
        };
        Metric {
            name: metric.path(),
            unit: metric.unit().symbol(),
            value,
            bound: bound(data, &metric, allowed),
            bursts,
        }
    });
    // Nobody asks for the statuses that neither side saw, and there are hundreds.
    metrics
        .filter(|metric| metric.bound != Bound::PerBurst || metric.value != Some(0.0))
        .collect()
}

fn bound(data: &VariantData, metric: &metrics::Metric, allowed: Allowed) -> Bound {
    let share = match allowed {
        Allowed::Any => return Bound::None,
        Allowed::PerBurst(_) => return Bound::PerBurst,
        Allowed::Share(share) => Some(share),
        Allowed::Absorbed { unix, tcp } => {
            let group = metric.group().unwrap_or_default();
            let is_near = has_no_tcp(data, metric.word());
            stalls_for_good(data, group).then_some(if is_near { unix } else { tcp })
        }
    };
    let close = match metric.unit() {
        Unit::Micros => CLOSE_US,
        Unit::Seconds => CLOSE_US / 1e6,
        Unit::Bytes => CLOSE_BYTES,
        Unit::Plain | Unit::Share => 0.0,
    };
    share.map_or(Bound::None, |share| Bound::Share(share, close))
}

/// Absorbed bytes are judged only of clients that stall for good: of a client that still reads, the moment decides.
fn stalls_for_good(data: &VariantData, group: &str) -> bool {
    let mut plans = data.plan.groups.iter();
    plans.any(|plan| {
        plan.name == group
            && matches!(&plan.behavior, Behavior::Stall(stall) if stall.duration.is_none())
    })
}

/// Whether the bytes of a hop waited in Unix sockets and user space only.
fn has_no_tcp(data: &VariantData, hop: &str) -> bool {
    let unix = data.plan.backend.bind == Bind::Unix;
    match hop {
        "proxy" => true,
        "upstream" => unix,
        _ => unix && data.plan.proxy.is_none(),
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
