//! A comparison as a table for people and as CSV.

use comfy_table::{CellAlignment, Table, presets};

use super::{Comparison, Row, Verdict};
use crate::report::words::Words;
use crate::report::{csv_text, human};
use crate::units::human_bytes;

/// Columns of what is said below a table.
const WIDTH: usize = 100;

/// The table, with a line that sums it up, ending in a line break.
pub fn render(comparison: &Comparison, words: &Words) -> String {
    let mut text = String::new();
    let sides = [
        ("compare-first", &comparison.first),
        ("compare-second", &comparison.second),
    ];
    let sides = sides.map(|(message, title)| (words.say(message, []), title.say(words)));
    let widest = sides.iter().map(|(name, _)| human::columns(name)).max();
    for (name, title) in &sides {
        let space = widest.unwrap_or(0) - human::columns(name);
        text.push_str(&format!("{name}{}  {title}\n", " ".repeat(space)));
    }
    let mut variant = "";
    let mut table = None;
    for row in &comparison.rows {
        if row.variant != variant {
            text.extend(
                table
                    .replace(comparing(words))
                    .map(|table| finished(&table)),
            );
            variant = &row.variant;
            text.push_str(&format!("\n{variant}\n"));
        }
        let table = table.get_or_insert_with(|| comparing(words));
        table.add_row(cells(row, words));
    }
    text.extend(table.map(|table| finished(&table)));
    if !comparison.alone.is_empty() {
        let arguments = [
            ("variants", comparison.alone.join(", ").into()),
            ("count", comparison.alone.len().into()),
        ];
        let alone = words.say("compare-alone", arguments);
        text.push_str(&format!("\n{}\n", human::wrapped(WIDTH, &alone, "")));
    }
    let count = |verdict| comparison.count(verdict);
    let arguments = [
        ("within", count(Verdict::Within).into()),
        ("spread", count(Verdict::Spread).into()),
        ("beyond", count(Verdict::Beyond).into()),
        ("shown", count(Verdict::Shown).into()),
        ("unknown", count(Verdict::Unknown).into()),
    ];
    text.push_str(&format!("\n{}\n", words.say("compare-summary", arguments)));
    text
}

/// One line per row, with a header. Empty fields are not known.
pub fn to_csv(comparison: &Comparison) -> String {
    csv_text(&comparison.rows)
}

fn comparing(words: &Words) -> Table {
    let say = |part: &str| words.say(&format!("compare-{part}"), []);
    let header = ["metric", "first", "second", "difference", "bound"].map(say);
    let [metric, first, second, difference, bound] = header;
    let none = String::new;
    empty_table(
        [metric, first, second, difference, bound, none(), none()],
        4,
    )
}

/// A table with a header and no lines, whose columns between the first and `left` stand at the right: they hold numbers.
pub(super) fn empty_table<const N: usize>(header: [String; N], left: usize) -> Table {
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

/// Metric, both values, difference, bound, verdict, and whether it is noise.
pub(in crate::report) fn cells(row: &Row, words: &Words) -> [String; 7] {
    let say = |message: &str| words.say(message, []);
    let verdict = match row.verdict {
        Verdict::Within => say("compare-verdict-ok"),
        Verdict::Spread => say("compare-verdict-spread"),
        Verdict::Beyond => say("compare-verdict-beyond"),
        Verdict::Shown | Verdict::Unknown => String::new(),
    };
    let (bound, bursts) = row.limit;
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
        bound.words(bursts, row.unit, words),
        verdict,
        match row.beyond_noise {
            _ if row.first == row.second => String::new(),
            Some(true) => say("compare-more-than-noise"),
            Some(false) => say("compare-noise"),
            None => String::new(),
        },
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
