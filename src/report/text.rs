//! The whole report for a terminal: tables, verdicts, findings, where the results are. What ends a run unless it is asked for more is
//! [`super::brief`].
//!
//! A pure function of the summary: no terminal is asked for anything. Every verdict is a word; colour only repeats it.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::brief::sentence;
use super::human;
use super::rows::{GroupRow, facts, verdict, verdict_word};
use crate::record::summary::{Judgement, Summary, VariantSummary, Verdict};

/// Narrower terminals get lines of this width all the same.
const NARROWEST: usize = 60;
/// Wider ones gain nothing.
const WIDEST: usize = 140;

/// The report, `width` columns wide, ending in a line break. `results` is the run's folder, if it was kept.
pub fn render(summary: &Summary, results: Option<&Path>, width: usize, color: bool) -> String {
    let page = Page::new(width, color);
    let mut blocks = vec![page.bold(&format!(
        "{} ({}, seed {})",
        summary.scenario, summary.engine, summary.seed
    ))];
    if let Some(headline) = &summary.headline {
        blocks.push(page.bold(&page.wrapped(&sentence(&headline.text), "", "")));
    }
    let widths = widths(summary);
    blocks.extend(
        summary
            .variants
            .iter()
            .map(|variant| page.variant(variant, widths)),
    );
    if !summary.variants.is_empty() {
        let note = "p50 and p99 count from the intended start; `from send` is the naive p99. `hold` is how long a slot \
                    of a worker belonged to one request (median). – means not measured, or too few requests for that percentile.";
        blocks.push(page.wrapped(note, "", ""));
    }
    if !summary.findings.is_empty() {
        blocks.push(page.findings(summary));
    }
    for warning in &summary.warnings {
        blocks.push(page.wrapped(&format!("warning: {warning}"), "", "         "));
    }
    blocks.push(page.expectations(summary));
    if let Some(folder) = results {
        let folder = folder.display();
        blocks.push(format!("results  {folder}\nreport   {folder}/report.html"));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

/// Cells of a table's line.
const COLUMNS: usize = 8;
/// The column of words rather than numbers, which may wrap.
const FAILURES: usize = 3;
const HEADER: [&str; COLUMNS] = [
    "  group",
    "requests",
    "ok",
    "failures",
    "p50",
    "p99",
    "from send",
    "hold",
];
/// Group names and failures longer than this are left to wrap.
const WIDEST_WORDS: usize = 16;

fn rows(variant: &VariantSummary) -> Vec<[String; COLUMNS]> {
    let groups = variant.groups.iter();
    let rows = groups
        .map(|group| GroupRow::new(&variant.name, group))
        .map(|row| {
            [
                format!("  {}", row.group),
                row.requests,
                row.ok,
                row.failures,
                row.p50,
                row.p99,
                row.p99_from_send,
                row.hold_p50,
            ]
        });
    rows.collect()
}

/// Widths that make the columns of all variants line up.
fn widths(summary: &Summary) -> [u16; COLUMNS] {
    let mut widths = HEADER.map(|title| title.chars().count());
    for row in summary.variants.iter().flat_map(rows) {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths.map(|width| width.min(WIDEST_WORDS) as u16)
}

/// A terminal's page.
pub(super) struct Page {
    width: usize,
    color: bool,
}

impl Page {
    pub(super) fn new(width: usize, color: bool) -> Page {
        Page {
            width: width.clamp(NARROWEST, WIDEST),
            color,
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    fn paint(&self, text: &str, style: Style) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(text, Style::new().bold())
    }

    fn variant(&self, variant: &VariantSummary, widths: [u16; COLUMNS]) -> String {
        let heading = self.bold(&variant.name);
        let table = self.groups(&rows(variant), widths);
        let facts: Vec<String> = facts(variant)
            .into_iter()
            .map(|(name, value)| format!("{name} {value}").replace(' ', "\u{a0}"))
            .collect();
        let facts = self
            .wrapped(&facts.join(", "), "  ", "  ")
            .replace('\u{a0}', " ");
        format!("{heading}\n{table}\n{facts}")
    }

    fn groups(&self, rows: &[[String; COLUMNS]], widths: [u16; COLUMNS]) -> String {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width as u16)
            .set_header(HEADER)
            .add_rows(rows.iter().cloned());
        let gaps = 2 * (COLUMNS - 1);
        let all: usize = widths.iter().map(|width| usize::from(*width)).sum();
        let aligned = all + gaps <= self.width;
        for (index, column) in table.column_iter_mut().enumerate() {
            if ![0, FAILURES].contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            let gap = if index + 1 == COLUMNS { 0 } else { 2 };
            column.set_padding((0, gap));
            if aligned {
                let least = Width::Fixed(widths[index] + gap);
                column.set_constraint(ColumnConstraint::LowerBoundary(least));
            }
        }
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        lines.join("\n")
    }

    fn findings(&self, summary: &Summary) -> String {
        let mut lines = vec![self.bold("what it showed")];
        for finding in &summary.findings {
            let said = format!(
                "{} at {}: {}",
                finding.variant,
                human::seconds(finding.at_s),
                finding.text
            );
            lines.push(self.wrapped(&said, "  - ", "    "));
        }
        lines.join("\n")
    }

    fn expectations(&self, summary: &Summary) -> String {
        let mut lines = Vec::new();
        for one in &summary.expectations {
            lines.push(self.judgement(one));
        }
        lines.push(self.bold(&verdict(summary)));
        lines.join("\n")
    }

    pub(super) fn judgement(&self, one: &Judgement) -> String {
        let style = match one.verdict {
            Verdict::Held => AnsiColor::Green,
            Verdict::Failed => AnsiColor::Red,
            Verdict::Undecided => AnsiColor::Yellow,
            Verdict::LeftOut => AnsiColor::BrightBlack,
        };
        let word = verdict_word(one.verdict);
        let painted = self.paint(word, style.on_default().bold());
        let indent = " ".repeat(11);
        let gap = " ".repeat(indent.len() - word.len());
        let claim = self.wrapped(&one.claim, &indent, &indent);
        let claim = claim.trim_start();
        let that = self.wrapped(&format!("{}: {}", one.that, one.measured), &indent, &indent);
        format!("{painted}{gap}{claim}\n{that}")
    }

    /// Breaks between words; a word longer than a line stays whole.
    pub(super) fn wrapped(&self, text: &str, first: &str, rest: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let long = line.chars().count() + 1 + word.chars().count() > self.width;
            if !empty && long {
                lines.push(std::mem::replace(&mut line, rest.to_owned()));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        lines.push(line);
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;

    fn text(width: usize, color: bool) -> String {
        let summary = fixture::summary(&fixture::run());
        let folder = Path::new("results/slow-readers/20261122T210000Z-lab-7");
        render(&summary, Some(folder), width, color)
    }

    #[test]
    fn it_fits_eighty_columns() {
        insta::assert_snapshot!(text(80, false));
    }

    #[test]
    fn it_uses_a_hundred_and_twenty() {
        insta::assert_snapshot!(text(120, false));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [60, 72, 80, 100, 120, 300] {
            // A path stays whole, so that it can be copied.
            let text = text(width, false);
            for line in text.lines().filter(|line| !line.contains("results/")) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn colour_only_repeats_words() {
        let (plain, painted) = (text(80, false), text(80, true));
        assert!(painted.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
    }

    #[test]
    fn an_empty_run_has_a_verdict_too() {
        let mut summary = fixture::summary(&fixture::run());
        summary.variants.clear();
        summary.expectations.clear();
        summary.findings.clear();
        summary.partial = true;
        let text = render(&summary, None, 80, false);
        assert!(text.contains("The run was cut short. The scenario states no expectations."));
    }
}
