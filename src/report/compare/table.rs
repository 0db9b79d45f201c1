//! A comparison as a table for people and as CSV.

use comfy_table::{CellAlignment, Table, presets};

use super::{Comparison, Row, Verdict};
use crate::report::{csv_text, human};
use crate::units::human_bytes;

/// The table, with a line that sums it up, ending in a line break.
pub fn render(comparison: &Comparison) -> String {
    let mut text = format!(
        "first   {}\nsecond  {}\n",
        comparison.first, comparison.second
    );
    let mut variant = "";
    let mut table = None;
    for row in &comparison.rows {
        if row.variant != variant {
            text.extend(table.replace(comparing()).map(|table| finished(&table)));
            variant = &row.variant;
            text.push_str(&format!("\n{variant}\n"));
        }
        table.get_or_insert_with(comparing).add_row(cells(row));
    }
    text.extend(table.map(|table| finished(&table)));
    for name in &comparison.alone {
        text.push_str(&format!("\n{name}: only one of the two runs has it\n"));
    }
    let spread = match comparison.count(Verdict::Spread) {
        0 => String::new(),
        count => format!("{count} no further off than the first side's own runs (spread), "),
    };
    text.push_str(&format!(
        "\n{} within their bounds, {spread}{} beyond, {} without a bound, {} known to one side only\n",
        comparison.count(Verdict::Within),
        comparison.count(Verdict::Beyond),
        comparison.count(Verdict::Shown),
        comparison.count(Verdict::Unknown),
    ));
    text
}

/// One line per row, with a header. Empty fields are not known.
pub fn to_csv(comparison: &Comparison) -> String {
    csv_text(&comparison.rows)
}

fn comparing() -> Table {
    let header = ["metric", "first", "second", "difference", "bound", "", ""];
    empty_table(header, 4)
}

/// A table with a header and no lines, whose columns between the first and `left` stand at the right: they hold numbers.
pub(super) fn empty_table<const N: usize>(header: [&str; N], left: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for column in 1..left {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Its lines, indented.
pub(super) fn finished(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| format!(" {}", line.trim_end()))
        .collect();
    lines.join("\n") + "\n"
}

fn cells(row: &Row) -> [String; 7] {
    let verdict = match row.verdict {
        Verdict::Within => "ok",
        Verdict::Spread => "spread",
        Verdict::Beyond => "BEYOND",
        Verdict::Shown | Verdict::Unknown => "",
    };
    let difference = match (row.difference_ratio, row.first.zip(row.second)) {
        _ if row.first == row.second => "=".to_owned(),
        (Some(ratio), _) => format!("{:+.1} %", ratio * 100.0),
        (None, Some((first, second))) => format!("{:+}", second - first),
        (None, None) => String::new(),
    };
    let value = |value| shown(value, row.unit);
    [
        row.metric.clone(),
        value(row.first),
        value(row.second),
        difference,
        row.bound.clone(),
        verdict.to_owned(),
        match row.beyond_noise {
            _ if row.first == row.second => "",
            Some(true) => "more than noise",
            Some(false) => "noise",
            None => "",
        }
        .to_owned(),
    ]
}

/// A value with its unit, as people read it.
pub(super) fn shown(value: Option<f64>, unit: &str) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    match unit {
        "us" => human::micros(value.round() as u64),
        "s" => human::seconds(value),
        "bytes" => human_bytes(value.round() as u64),
        _ if value.fract() == 0.0 => format!("{value}"),
        _ => format!("{value:.3}"),
    }
}
