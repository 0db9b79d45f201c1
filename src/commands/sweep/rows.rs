//! Rows of `sweep.csv`: one per point, variant and group.

use std::fmt::Write as _;

use crate::record::Outcome;
use crate::record::summary::{GroupSummary, Summary, VariantSummary};
use crate::report::chart::SweepCell;
use crate::report::human;

/// One row. The keys that vary stand between `point` and `variant`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub(super) point: usize,
    pub(super) values: Vec<String>,
    pub(super) variant: String,
    pub(super) group: String,
    pub(super) requests: u64,
    pub(super) complete: u64,
    pub(super) status_200: u64,
    pub(super) status_502: u64,
    pub(super) status_504: u64,
    pub(super) truncated: u64,
    pub(super) timeout: u64,
    pub(super) unfinished: u64,
    pub(super) latency_p50_us: Option<u64>,
    pub(super) latency_p99_us: Option<u64>,
    pub(super) latency_max_us: Option<u64>,
    pub(super) hold_p50_us: Option<u64>,
    pub(super) hold_max_us: Option<u64>,
    pub(super) worker_busy_ratio: Option<f64>,
    pub(super) accept_queue_max: Option<u64>,
    pub(super) spilled_bytes: Option<u64>,
}

/// The columns after the keys.
const COLUMNS: [&str; 18] = [
    "variant",
    "group",
    "requests",
    "complete",
    "status_200",
    "status_502",
    "status_504",
    "truncated",
    "timeout",
    "unfinished",
    "latency_p50_us",
    "latency_p99_us",
    "latency_max_us",
    "hold_p50_us",
    "hold_max_us",
    "worker_busy_ratio",
    "accept_queue_max",
    "spilled_bytes",
];

/// The rows of one point.
pub(super) fn of(point: usize, values: &[String], summary: &Summary) -> Vec<Row> {
    let groups = summary
        .variants
        .iter()
        .flat_map(|variant| variant.groups.iter().map(move |group| (variant, group)));
    groups
        .map(|(variant, group)| row(point, values, variant, group))
        .collect()
}

fn row(point: usize, values: &[String], variant: &VariantSummary, group: &GroupSummary) -> Row {
    let status = |code: u16| group.status.get(&code).copied().unwrap_or(0);
    let outcome = |outcome: Outcome| group.outcomes.get(&outcome).copied().unwrap_or(0);
    Row {
        point,
        values: values.to_vec(),
        variant: variant.name.clone(),
        group: group.name.clone(),
        requests: group.requests,
        complete: group.complete,
        status_200: status(200),
        status_502: status(502),
        status_504: status(504),
        truncated: outcome(Outcome::Truncated),
        timeout: outcome(Outcome::Timeout),
        unfinished: outcome(Outcome::Unfinished),
        latency_p50_us: group.latency_us.p50,
        latency_p99_us: group.latency_us.p99,
        latency_max_us: group.latency_us.max,
        hold_p50_us: group.hold_us.p50,
        hold_max_us: group.hold_us.max,
        worker_busy_ratio: variant.workers.busy_ratio,
        accept_queue_max: variant.accept_queue.max,
        spilled_bytes: variant.proxy.as_ref().and_then(|proxy| proxy.spilled_bytes),
    }
}

impl Row {
    /// The header of a table in which these keys vary.
    pub(super) fn header(keys: &[String]) -> Vec<String> {
        let keys = keys.iter().map(String::as_str);
        let names = std::iter::once("point").chain(keys).chain(COLUMNS);
        names.map(str::to_owned).collect()
    }

    /// The fields, in the header's order; empty means not measured.
    pub(super) fn fields(&self) -> Vec<String> {
        let known = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
        let mut fields = vec![self.point.to_string()];
        fields.extend(self.values.iter().cloned());
        fields.extend([self.variant.clone(), self.group.clone()]);
        let counts = [
            self.requests,
            self.complete,
            self.status_200,
            self.status_502,
            self.status_504,
            self.truncated,
            self.timeout,
            self.unfinished,
        ];
        fields.extend(counts.map(|n| n.to_string()));
        let times = [
            self.latency_p50_us,
            self.latency_p99_us,
            self.latency_max_us,
            self.hold_p50_us,
            self.hold_max_us,
        ];
        fields.extend(times.map(known));
        fields.push(
            self.worker_busy_ratio
                .map_or(String::new(), |ratio| format!("{ratio:.4}")),
        );
        fields.extend([self.accept_queue_max, self.spilled_bytes].map(known));
        fields
    }

    /// Reads fields back; `None` if they are not a whole row of a table with so many keys.
    pub(super) fn read(fields: &[String], keys: usize) -> Option<Row> {
        if fields.len() != 1 + keys + COLUMNS.len() {
            return None;
        }
        let rest = &fields[1 + keys..];
        let count = |index: usize| rest[index].parse::<u64>().ok();
        let maybe = |index: usize| match rest[index].as_str() {
            "" => Some(None),
            text => text.parse::<u64>().ok().map(Some),
        };
        Some(Row {
            point: fields[0].parse().ok()?,
            values: fields[1..=keys].to_vec(),
            variant: rest[0].clone(),
            group: rest[1].clone(),
            requests: count(2)?,
            complete: count(3)?,
            status_200: count(4)?,
            status_502: count(5)?,
            status_504: count(6)?,
            truncated: count(7)?,
            timeout: count(8)?,
            unfinished: count(9)?,
            latency_p50_us: maybe(10)?,
            latency_p99_us: maybe(11)?,
            latency_max_us: maybe(12)?,
            hold_p50_us: maybe(13)?,
            hold_max_us: maybe(14)?,
            worker_busy_ratio: match rest[15].as_str() {
                "" => None,
                text => Some(text.parse().ok()?),
            },
            accept_queue_max: maybe(16)?,
            spilled_bytes: maybe(17)?,
        })
    }

    /// What the charts need.
    pub(super) fn cell(&self) -> SweepCell {
        SweepCell {
            values: self.values.clone(),
            variant: self.variant.clone(),
            group: self.group.clone(),
            latency_us: self.latency_p99_us.or(self.latency_max_us),
            failed: (self.requests > 0).then(|| {
                (self.requests - self.status_200.min(self.requests)) as f64 / self.requests as f64
            }),
        }
    }
}

/// The table for people.
pub(super) fn text(keys: &[String], rows: &[Row]) -> String {
    let mut lines: Vec<Vec<String>> = vec![
        keys.iter()
            .map(String::as_str)
            .chain([
                "variant", "group", "ok", "failed", "p50", "p99", "max", "hold",
            ])
            .map(str::to_owned)
            .collect(),
    ];
    let time = |us: Option<u64>| us.map_or("-".to_owned(), human::micros);
    for row in rows {
        let mut line = row.values.clone();
        let failed = row.requests - row.status_200.min(row.requests);
        line.extend([
            row.variant.clone(),
            row.group.clone(),
            row.status_200.to_string(),
            failed.to_string(),
            time(row.latency_p50_us),
            time(row.latency_p99_us),
            time(row.latency_max_us),
            time(row.hold_p50_us),
        ]);
        lines.push(line);
    }
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for line in lines {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(field, width)| format!("{field:>width$}"))
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
            .expect("a String takes all that is written to it");
    }
    out
}
