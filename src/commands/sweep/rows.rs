//! Rows of `sweep.csv`: one per point, variant and group.

use std::io::{self, Write};

use crate::metrics::{Metric, Unit};
use crate::record::summary::{Summary, VariantSummary};
use crate::report::chart::SweepCell;
use crate::report::human;
use crate::report::words::Words;

/// The columns after the names: each shows a metric. Their order is the file's; a sweep that was cut short is only taken up again
/// if they are the same.
const COLUMNS: [(&str, &str); 16] = [
    ("requests", "<group>.requests"),
    ("complete", "<group>.complete"),
    ("status_200", "<group>.status.200"),
    ("status_502", "<group>.status.502"),
    ("status_504", "<group>.status.504"),
    ("truncated", "<group>.outcomes.truncated"),
    ("timeout", "<group>.outcomes.timeout"),
    ("unfinished", "<group>.outcomes.unfinished"),
    ("latency_p50_us", "<group>.latency.p50"),
    ("latency_p99_us", "<group>.latency.p99"),
    ("latency_max_us", "<group>.latency.max"),
    ("hold_p50_us", "<group>.hold.p50"),
    ("hold_max_us", "<group>.hold.max"),
    ("worker_busy_ratio", "workers.busy_ratio"),
    ("accept_queue_max", "accept_queue.max"),
    ("spilled_bytes", "proxy.spilled_bytes"),
];

/// One row. The keys that vary stand between `point` and `variant`.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::commands) struct Row {
    pub(super) point: usize,
    pub(super) values: Vec<String>,
    pub(super) variant: String,
    pub(super) group: String,
    /// By column, as they are written; empty is not known.
    numbers: [String; COLUMNS.len()],
}

/// The rows of one point.
pub(in crate::commands) fn of(point: usize, values: &[String], summary: &Summary) -> Vec<Row> {
    let groups = summary.variants.iter().flat_map(|variant| {
        variant
            .groups
            .iter()
            .map(move |group| (variant, &group.name))
    });
    groups
        .map(|(variant, group)| Row {
            point,
            values: values.to_vec(),
            variant: variant.name.clone(),
            group: group.clone(),
            numbers: COLUMNS.map(|(_, shape)| written(shape, group, variant)),
        })
        .collect()
}

/// A metric's value as the file has it.
fn written(shape: &str, group: &str, variant: &VariantSummary) -> String {
    let metric = Metric::parse(&shape.replace("<group>", group)).expect("columns show metrics");
    match (metric.unit(), metric.value(variant)) {
        (_, Err(_)) => String::new(),
        (Unit::Share, Ok(value)) => format!("{value:.4}"),
        (_, Ok(value)) => value.to_string(),
    }
}

impl Row {
    /// The header of a table in which these keys vary.
    pub(super) fn header(keys: &[String]) -> Vec<String> {
        let names = std::iter::once("point").chain(keys.iter().map(String::as_str));
        let names = names.chain(["variant", "group"]);
        let columns = COLUMNS.iter().map(|(column, _)| *column);
        names.chain(columns).map(str::to_owned).collect()
    }

    /// The fields, in the header's order; empty means not measured.
    pub(super) fn fields(&self) -> Vec<String> {
        let mut fields = vec![self.point.to_string()];
        fields.extend(self.values.iter().cloned());
        fields.extend([self.variant.clone(), self.group.clone()]);
        fields.extend(self.numbers.iter().cloned());
        fields
    }

    /// Reads fields back; `None` if they are not a whole row of a table with so many keys.
    pub(super) fn read(fields: &[String], keys: usize) -> Option<Row> {
        let (point, rest) = fields.split_first()?;
        let (values, rest) = rest.split_at_checked(keys)?;
        let ([variant, group], numbers) = rest.split_first_chunk::<2>()?;
        let numbers: [String; COLUMNS.len()] = numbers.to_vec().try_into().ok()?;
        let is_number = |text: &String| text.is_empty() || text.parse::<f64>().is_ok();
        numbers.iter().all(is_number).then_some(Row {
            point: point.parse().ok()?,
            values: values.to_vec(),
            variant: variant.clone(),
            group: group.clone(),
            numbers,
        })
    }

    /// The whole number in a column; `None` if it is not known.
    pub(super) fn number(&self, column: &str) -> Option<u64> {
        let place = COLUMNS.iter().position(|(name, _)| *name == column);
        self.numbers[place.expect("a column of the table")]
            .parse()
            .ok()
    }

    /// Requests that got 200, and those that did not.
    fn good_and_failed(&self) -> (u64, u64) {
        let good = self.number("status_200").unwrap_or(0);
        let requests = self.number("requests").unwrap_or(0);
        (good, requests.saturating_sub(good))
    }

    /// What the charts need.
    pub(in crate::commands) fn cell(&self) -> SweepCell {
        let p99 = self.number("latency_p99_us");
        let requests = self.number("requests").filter(|requests| *requests > 0);
        SweepCell {
            values: self.values.clone(),
            variant: self.variant.clone(),
            group: self.group.clone(),
            latency_us: p99.or_else(|| self.number("latency_max_us")),
            failed: requests.map(|requests| self.good_and_failed().1 as f64 / requests as f64),
        }
    }
}

/// Writes the table for people: the rows are read twice, so that columns are as wide as they must be without all rows in memory.
///
/// # Errors
/// Those of writing.
pub(super) fn write_text(
    keys: &[String],
    rows: &dyn Fn() -> Box<dyn Iterator<Item = Row>>,
    words: &Words,
    out: &mut dyn Write,
) -> io::Result<()> {
    let header = text_header(keys, words);
    let mut widths: Vec<usize> = header.iter().map(|name| human::columns(name)).collect();
    for row in rows() {
        for (width, field) in widths.iter_mut().zip(text_line(&row)) {
            *width = (*width).max(human::columns(&field));
        }
    }
    let names = keys.len()..keys.len() + 2;
    let lines = std::iter::once(header).chain(rows().map(|row| text_line(&row)));
    for line in lines {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(place, (field, width))| {
                let space = " ".repeat(width.saturating_sub(human::columns(field)));
                // Variants and groups are names, all else are values.
                match names.contains(&place) {
                    true => format!("{field}{space}"),
                    false => format!("{space}{field}"),
                }
            })
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}

fn text_header(keys: &[String], words: &Words) -> Vec<String> {
    let say = |message: &str| words.say(message, []);
    let names = [
        "column-variant",
        "column-group",
        "column-ok",
        "watch-failed",
    ]
    .map(say);
    let points = ["p50", "p99"].map(str::to_owned);
    // What a key is about is in its last two words: `slow.count`.
    let short = |key: &String| {
        let mut last: Vec<&str> = key.rsplitn(3, '.').take(2).collect();
        last.reverse();
        last.join(".")
    };
    let header = keys.iter().map(short).chain(names).chain(points);
    header
        .chain([say("repeats-most"), say("column-hold")])
        .collect()
}

fn text_line(row: &Row) -> Vec<String> {
    let time = |column| row.number(column).map_or("-".to_owned(), human::micros);
    let mut line = row.values.clone();
    let (good, failed) = row.good_and_failed();
    line.extend([
        row.variant.clone(),
        row.group.clone(),
        good.to_string(),
        failed.to_string(),
        time("latency_p50_us"),
        time("latency_p99_us"),
        time("latency_max_us"),
        time("hold_p50_us"),
    ]);
    line
}
