//! The rows of a comparison, and how they are judged.

use serde::Serialize;

use super::bootstrap::{self, Interval};
use super::metrics::{Bound, Metric};
use super::side::{Side, Title};
use crate::report::words::{Language, Words};

/// With fewer repeats than this their spread says nothing.
const ENOUGH_REPEATS: usize = 3;

/// Two sides, compared.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The first side: scenario, engine and seed.
    pub first: Title,
    /// The second.
    pub second: Title,
    /// One row per variant and metric that at least one side knows, and that is not zero on both.
    pub rows: Vec<Row>,
    /// Variants that only one of them has.
    pub alone: Vec<String>,
}

/// One metric of one variant: one row of the CSV. Of several runs, values are medians.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// The variant.
    pub variant: String,
    /// The metric, as expectations spell it where they know it.
    pub metric: String,
    /// Unit of all values: `us`, `bytes`, `s`, or nothing for counts and ratios.
    pub unit: &'static str,
    /// Its value in the first run.
    pub first: Option<f64>,
    /// Its value in the second run.
    pub second: Option<f64>,
    /// Second minus first, as a share of the first; empty if that is zero or either is not known.
    pub difference_ratio: Option<f64>,
    /// How far apart they may be, in words.
    pub bound: String,
    /// The same as a value, and in how many bursts the failures came that it counts.
    #[serde(skip)]
    pub(super) limit: (Bound, u64),
    /// What follows.
    pub verdict: Verdict,
    /// The least value among the first side's runs.
    pub first_min: Option<f64>,
    /// The largest.
    pub first_max: Option<f64>,
    /// Whether the difference is more than noise: zero lies outside the 95 % interval of the difference of medians. Known from five
    /// runs on each side on.
    pub beyond_noise: Option<bool>,
}

/// What follows from a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within its bound.
    Within,
    /// Beyond its bound, but not beyond what the first side's own runs (three or more) gave: they lie as far apart.
    Spread,
    /// Beyond its bound.
    Beyond,
    /// There is no bound for it.
    Shown,
    /// Only one side knows it.
    Unknown,
}

/// Compares two sides. Their variants are matched by name.
pub fn compare(first: &Side, second: &Side) -> Comparison {
    let (in_first, in_second) = (first.variants(), second.variants());
    let mut rows = Vec::new();
    for name in in_first.iter().filter(|name| in_second.contains(name)) {
        rows.extend(compare_variant(
            name,
            &first.metrics(name),
            &second.metrics(name),
        ));
    }
    let alone = |here: &[&str], there: &[&str]| -> Vec<String> {
        let missing = here.iter().filter(|name| !there.contains(name));
        missing.map(|name| (*name).to_owned()).collect()
    };
    Comparison {
        first: first.title.clone(),
        second: second.title.clone(),
        rows,
        alone: [alone(&in_first, &in_second), alone(&in_second, &in_first)].concat(),
    }
}

impl Comparison {
    /// Rows with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .count()
    }
}

/// Metrics that only the second side has (a status that the first never saw) come last.
fn compare_variant(variant: &str, first: &[&[Metric]], second: &[&[Metric]]) -> Vec<Row> {
    let named = named(first.iter().chain(second).copied());
    let rows = named
        .iter()
        .map(|metric| row(variant, &in_runs(metric, first), &in_runs(metric, second)));
    let says_something = |value: Option<f64>| value.is_some_and(|value| value != 0.0);
    rows.filter(|row| says_something(row.first) || says_something(row.second))
        .collect()
}

/// Every metric that one of the runs has, once, in the order in which they come.
pub(super) fn named<'a>(runs: impl Iterator<Item = &'a [Metric]>) -> Vec<&'a Metric> {
    let mut named: Vec<&Metric> = Vec::new();
    for metric in runs.flatten() {
        if !named.iter().any(|known| known.name == metric.name) {
            named.push(metric);
        }
    }
    named
}

/// A metric in each run of a side.
pub(super) fn in_runs(metric: &Metric, runs: &[&[Metric]]) -> Vec<Metric> {
    let find = |run: &&[Metric]| run.iter().find(|other| other.name == metric.name).cloned();
    runs.iter()
        .map(|run| find(run).unwrap_or_else(|| metric.absent()))
        .collect()
}

/// What is known of a metric, sorted.
pub(super) fn values(metrics: &[Metric]) -> Vec<f64> {
    let mut known: Vec<f64> = metrics.iter().filter_map(|metric| metric.value).collect();
    known.sort_by(f64::total_cmp);
    known
}

fn row(variant: &str, first: &[Metric], second: &[Metric]) -> Row {
    let (of_first, of_second) = (values(first), values(second));
    let (a, b) = (median(&of_first), median(&of_second));
    let bursts = first.iter().chain(second).map(|metric| metric.bursts);
    let bursts = bursts.max().unwrap_or(0);
    let metric = &first[0];
    let (first_min, first_max) = (of_first.first().copied(), of_first.last().copied());
    let among = |value: f64| {
        of_first.len() >= ENOUGH_REPEATS && first_min <= Some(value) && Some(value) <= first_max
    };
    let verdict = match a.zip(b) {
        Some((a, b)) => match metric.bound.holds(a, b, bursts) {
            Some(true) => Verdict::Within,
            Some(false) if among(b) => Verdict::Spread,
            Some(false) => Verdict::Beyond,
            None => Verdict::Shown,
        },
        None => Verdict::Unknown,
    };
    let ratio = |(a, b): (f64, f64)| (a != 0.0).then(|| (b - a) / a);
    Row {
        variant: variant.to_owned(),
        metric: metric.name.clone(),
        unit: metric.unit,
        first: a,
        second: b,
        difference_ratio: a.zip(b).and_then(ratio),
        bound: metric
            .bound
            .words(bursts, metric.unit, Words::of(Language::English)),
        limit: (metric.bound, bursts),
        verdict,
        first_min,
        first_max,
        beyond_noise: bootstrap::of_difference(&of_first, &of_second)
            .map(Interval::is_beyond_noise),
    }
}

/// Of sorted values; of an even number the mean of the two in the middle.
pub(super) fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}
