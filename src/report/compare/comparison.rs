//! The rows of a comparison, and how they are judged.

use serde::Serialize;

use super::metrics::{self, Metric};
use crate::record::summary::Summary;
use crate::report::data::RunData;
use crate::report::summarize;

/// Two runs, compared.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The first run: scenario, engine and seed.
    pub first: String,
    /// The second.
    pub second: String,
    /// One row per variant and metric that at least one side knows, and that is not zero on both.
    pub rows: Vec<Row>,
    /// Variants that only one of them has.
    pub alone: Vec<String>,
}

/// One metric of one variant: one row of the CSV.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// The variant.
    pub variant: String,
    /// The metric, as expectations spell it where they know it.
    pub metric: String,
    /// Unit of both values: `us`, `bytes`, `s`, or nothing for counts and ratios.
    pub unit: &'static str,
    /// Its value in the first run.
    pub first: Option<f64>,
    /// Its value in the second run.
    pub second: Option<f64>,
    /// Second minus first, as a share of the first; empty if that is zero or either is not known.
    pub difference_ratio: Option<f64>,
    /// How far apart they may be, in words.
    pub bound: String,
    /// What follows.
    pub verdict: Verdict,
}

/// What follows from a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within its bound.
    Within,
    /// Beyond its bound.
    Beyond,
    /// There is no bound for it.
    Shown,
    /// Only one side knows it.
    Unknown,
}

/// Compares two runs. Their variants are matched by name.
pub fn compare(first: &RunData, second: &RunData) -> Comparison {
    let summaries = [summarize::summarize(first), summarize::summarize(second)];
    let names = |run: &RunData| -> Vec<String> {
        run.variants
            .iter()
            .map(|variant| variant.plan.variant.clone())
            .collect()
    };
    let (in_first, in_second) = (names(first), names(second));
    let mut rows = Vec::new();
    for name in in_first.iter().filter(|name| in_second.contains(name)) {
        let first = metrics_of(first, &summaries[0], name);
        let second = metrics_of(second, &summaries[1], name);
        rows.extend(compare_variant(name, &first, &second));
    }
    let alone = |here: &[String], there: &[String]| -> Vec<String> {
        here.iter()
            .filter(|name| !there.contains(name))
            .cloned()
            .collect()
    };
    let alone = [alone(&in_first, &in_second), alone(&in_second, &in_first)].concat();
    Comparison {
        first: title(&summaries[0]),
        second: title(&summaries[1]),
        rows,
        alone,
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

fn title(summary: &Summary) -> String {
    format!(
        "{} ({}, seed {})",
        summary.scenario, summary.engine, summary.seed
    )
}

fn metrics_of(run: &RunData, summary: &Summary, name: &str) -> Vec<Metric> {
    let data = run
        .variants
        .iter()
        .find(|variant| variant.plan.variant == name);
    let summary = summary.variants.iter().find(|variant| variant.name == name);
    data.zip(summary)
        .map(|(data, summary)| metrics::of(data, summary))
        .unwrap_or_default()
}

/// Metrics that only the second run has (a status that the first never saw) come last.
fn compare_variant(variant: &str, first: &[Metric], second: &[Metric]) -> Vec<Row> {
    let twin =
        |metrics: &[Metric], name: &str| metrics.iter().find(|metric| metric.name == name).cloned();
    let only_second = second
        .iter()
        .filter(|metric| twin(first, &metric.name).is_none());
    let pairs = first
        .iter()
        .map(|metric| {
            (
                metric.clone(),
                twin(second, &metric.name).unwrap_or_else(|| metric.absent()),
            )
        })
        .chain(only_second.map(|metric| (metric.absent(), metric.clone())));
    let rows = pairs.map(|(first, second)| row(variant, &first, &second));
    let says_something = |value: Option<f64>| value.is_some_and(|value| value != 0.0);
    rows.filter(|row| says_something(row.first) || says_something(row.second))
        .collect()
}

fn row(variant: &str, first: &Metric, second: &Metric) -> Row {
    let verdict = match (first.value, second.value) {
        (Some(a), Some(b)) => match first.bound.holds(a, b, first.bursts.max(second.bursts)) {
            Some(true) => Verdict::Within,
            Some(false) => Verdict::Beyond,
            None => Verdict::Shown,
        },
        _ => Verdict::Unknown,
    };
    let ratio = |a: f64, b: f64| (a != 0.0).then(|| (b - a) / a);
    Row {
        variant: variant.to_owned(),
        metric: first.name.clone(),
        unit: first.unit,
        first: first.value,
        second: second.value,
        difference_ratio: first.value.zip(second.value).and_then(|(a, b)| ratio(a, b)),
        bound: first
            .bound
            .words(first.bursts.max(second.bursts), first.unit),
        verdict,
    }
}
