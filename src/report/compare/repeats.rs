//! Several runs of one scenario as one table: medians, how sure they are, and how far apart the runs lay.

use serde::Serialize;

use super::bootstrap::{self, ENOUGH_RUNS};
use super::comparison::{in_runs, median, named, values};
use super::side::{Side, Title};
use super::table::{empty_table, finished, shown};
use crate::report::csv_text;
use crate::report::words::Words;

/// What a person looks at first: whether answers came, and when.
const SHORT: [&str; 4] = [".latency.p50", ".latency.p99", ".hold.p50", ".status."];

/// Runs of one scenario by one engine.
#[derive(Clone, PartialEq, Debug)]
pub struct Repeats {
    title: Title,
    runs: usize,
    rows: Vec<Row>,
}

/// One metric of one variant: one row of `repeats.csv`. What no run knows has no row; what some do not know is counted in `runs`.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Row {
    variant: String,
    metric: String,
    /// Of all values: `us`, `bytes`, `s`, or nothing for counts and ratios.
    unit: &'static str,
    /// Runs that know it.
    runs: usize,
    median: f64,
    /// The ends of the median's 95 % interval (percentile bootstrap); empty below five runs.
    median_low: Option<f64>,
    median_high: Option<f64>,
    min: f64,
    max: f64,
}

impl Repeats {
    /// The runs of a side.
    pub fn of(side: &Side) -> Repeats {
        let rows = side.variants().into_iter().flat_map(|variant| {
            let runs = side.metrics(variant);
            let metrics = named(runs.iter().copied());
            let rows = metrics.into_iter().filter_map(|metric| {
                row(
                    variant,
                    (&metric.name, metric.unit),
                    &values(&in_runs(metric, &runs)),
                )
            });
            rows.collect::<Vec<_>>()
        });
        Repeats {
            title: side.title.clone(),
            runs: side.runs(),
            rows: rows.collect(),
        }
    }

    /// The table: of what a person looks at first, or of `all`; ends in a line break.
    pub fn render(&self, all: bool, words: &Words) -> String {
        let mut text = format!("{}\n", self.title.say(words));
        let say = |message: &str| words.say(message, []);
        for group in self.rows.chunk_by(|a, b| a.variant == b.variant) {
            let header = [
                say("compare-metric"),
                say("repeats-median"),
                say("repeats-interval"),
                say("repeats-least"),
                say("repeats-most"),
            ];
            let mut table = empty_table(header, 5);
            let wanted = |row: &&Row| all || SHORT.iter().any(|part| row.metric.contains(part));
            for row in group.iter().filter(wanted) {
                table.add_row(row.cells());
            }
            if table.row_iter().len() > 0 {
                text.push_str(&format!("\n{}\n{}", group[0].variant, finished(&table)));
            }
        }
        if self.runs < ENOUGH_RUNS {
            let runs = [("enough", ENOUGH_RUNS.into()), ("runs", self.runs.into())];
            text.push_str(&format!("\n{}\n", words.say("repeats-few", runs)));
        }
        text
    }

    /// One line per row, with a header.
    pub fn to_csv(&self) -> String {
        csv_text(&self.rows)
    }
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let value = |value| shown(Some(value), self.unit);
        let interval = match self.median_low.zip(self.median_high) {
            Some((low, high)) => format!("{} to {}", value(low), value(high)),
            None => String::new(),
        };
        [
            self.metric.clone(),
            value(self.median),
            interval,
            value(self.min),
            value(self.max),
        ]
    }
}

/// Of sorted values; nothing of what is zero in every run.
fn row(variant: &str, (metric, unit): (&str, &'static str), values: &[f64]) -> Option<Row> {
    let interval = bootstrap::of_median(values);
    let row = Row {
        variant: variant.to_owned(),
        metric: metric.to_owned(),
        unit,
        runs: values.len(),
        median: median(values)?,
        median_low: interval.map(|interval| interval.low),
        median_high: interval.map(|interval| interval.high),
        min: *values.first()?,
        max: *values.last()?,
    };
    (row.max != 0.0).then_some(row)
}
