//! The whole report for a terminal: tables, verdicts, findings, where the results are. What ends a run unless it is asked for more is
//! [`super::brief`].
//!
//! A pure function of the summary: no terminal is asked for anything. Every verdict is a word; colour only repeats it.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, Width};

use super::brief::sentence;
use super::columns::{columns, gap, lines};
use super::human;
use super::rows::{GroupRow, facts, verdict, verdict_word};
use super::symptoms::{self, Said};
use super::words::Words;
use crate::record::summary::{Judgement, Summary, VariantSummary, Verdict};

/// Narrower terminals get lines of this width all the same.
const NARROWEST: usize = 60;
/// Wider ones gain nothing.
const WIDEST: usize = 140;

/// The report, `width` columns wide, ending in a line break. `results` is the run's folder, if it was kept.
pub fn render(
    summary: &Summary,
    results: Option<&Path>,
    (width, color): (usize, bool),
    (words, said): (&Words, &[Said]),
) -> String {
    let page = Page::new(width, color, words);
    let mut blocks = vec![page.bold(&title(summary, words))];
    if let Some(headline) = &summary.headline {
        blocks.push(page.bold(&page.wrapped(&sentence(&headline.text), "", "")));
    }
    let widths = widths(summary, words);
    blocks.extend(
        summary
            .variants
            .iter()
            .map(|variant| page.variant(variant, widths)),
    );
    if !summary.variants.is_empty() {
        blocks.push(page.wrapped(&words.say("text-note", []), "", ""));
    }
    if !summary.findings.is_empty() {
        blocks.push(page.findings(summary));
    }
    if !summary.accounts.is_empty() {
        blocks.push(page.accounts(summary));
    }
    if !said.is_empty() {
        let text = symptoms::text(said, words, page.width());
        blocks.push(text.trim_end().to_owned());
    }
    for warning in &summary.warnings {
        blocks.push(page.warning(warning));
    }
    blocks.push(page.expectations(summary));
    if let Some(folder) = results {
        let path = folder.display().to_string();
        let results = words.say("text-results", [("path", path.into())]);
        blocks.push(format!("{results}\n{}", page.report(folder)));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

/// A run by name, engine and seed.
pub(super) fn title(summary: &Summary, words: &Words) -> String {
    let arguments = [
        ("scenario", summary.scenario.as_str().into()),
        ("engine", summary.engine.as_str().into()),
        ("seed", summary.seed.to_string().into()),
    ];
    words.say("text-title", arguments)
}

/// Cells of a table's line.
const COLUMNS: usize = 8;
/// The column of words rather than numbers, which may wrap.
const FAILURES: usize = 3;
/// Words of the header that are messages; the others are the same in every language.
const HEADER: [&str; COLUMNS] = [
    "column-group",
    "column-requests",
    "column-ok",
    "column-failures",
    "p50",
    "p99",
    "column-from-send",
    "column-hold",
];
/// Group names and failures longer than this are left to wrap.
const WIDEST_WORDS: usize = 16;

fn header(words: &Words) -> [String; COLUMNS] {
    let mut header = HEADER.map(|title| words.say(title, []));
    header[0].insert_str(0, "  ");
    header
}

fn rows(variant: &VariantSummary, words: &Words) -> Vec<[String; COLUMNS]> {
    let groups = variant.groups.iter();
    let rows = groups
        .map(|group| GroupRow::new(&variant.name, group, words))
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
fn widths(summary: &Summary, words: &Words) -> [u16; COLUMNS] {
    let mut widths = header(words).map(|title| human::columns(&title));
    let rows = summary.variants.iter().flat_map(|one| rows(one, words));
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(human::columns(cell));
        }
    }
    widths.map(|width| width.min(WIDEST_WORDS) as u16)
}

/// A terminal's page.
pub(super) struct Page<'a> {
    width: usize,
    color: bool,
    words: &'a Words,
}

impl<'a> Page<'a> {
    pub(super) fn new(width: usize, color: bool, words: &'a Words) -> Page<'a> {
        Page {
            width: width.clamp(NARROWEST, WIDEST),
            color,
            words,
        }
    }

    /// What to check before trusting the numbers.
    pub(super) fn warning(&self, text: &str) -> String {
        let said = self.words.say("text-warning", [("text", text.into())]);
        self.wrapped(&said, "", "         ")
    }

    /// Where the report is.
    pub(super) fn report(&self, folder: &Path) -> String {
        let path = format!("{}/report.html", folder.display());
        self.words.say("text-report", [("path", path.into())])
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
        let table = self.groups(&rows(variant, self.words), widths);
        let facts: Vec<String> = facts(variant, self.words)
            .into_iter()
            .map(|(name, value)| format!("{name} {value}").replace(' ', "\u{a0}"))
            .collect();
        let facts = self
            .wrapped(&facts.join(", "), "  ", "  ")
            .replace('\u{a0}', " ");
        match variant.pipeline {
            Some(_) => format!("{heading}\n{facts}"),
            None => format!("{heading}\n{table}\n{facts}"),
        }
    }

    fn groups(&self, rows: &[[String; COLUMNS]], widths: [u16; COLUMNS]) -> String {
        let rows = rows.iter().cloned();
        let mut table = columns(self.width, &[0, FAILURES], header(self.words), rows);
        let gaps = 2 * (COLUMNS - 1);
        let all: usize = widths.iter().map(|width| usize::from(*width)).sum();
        if all + gaps <= self.width {
            for (index, column) in table.column_iter_mut().enumerate() {
                let least = Width::Fixed(widths[index] + gap(index, COLUMNS));
                column.set_constraint(ColumnConstraint::LowerBoundary(least));
            }
        }
        lines(&table)
    }

    fn findings(&self, summary: &Summary) -> String {
        let mut lines = vec![self.bold(&self.words.say("text-findings", []))];
        for finding in &summary.findings {
            let arguments = [
                ("variant", finding.variant.as_str().into()),
                ("at", human::seconds(finding.at_s).into()),
                ("text", finding.text.as_str().into()),
            ];
            let said = self.words.say("text-found", arguments);
            lines.push(self.wrapped(&said, "  - ", "    "));
        }
        lines.join("\n")
    }

    fn accounts(&self, summary: &Summary) -> String {
        let mut lines = vec![self.bold(&self.words.say("accounts-title", []))];
        for account in &summary.accounts {
            let said = format!("{}: {}", account.variant, account.text);
            lines.push(self.wrapped(&said, "  - ", "    "));
        }
        lines.join("\n")
    }

    fn expectations(&self, summary: &Summary) -> String {
        let mut lines = Vec::new();
        for one in &summary.expectations {
            lines.push(self.judgement(one));
        }
        lines.push(self.bold(&verdict(summary, self.words)));
        lines.join("\n")
    }

    pub(super) fn judgement(&self, one: &Judgement) -> String {
        let style = match one.verdict {
            Verdict::Held => AnsiColor::Green,
            Verdict::Failed => AnsiColor::Red,
            Verdict::Undecided => AnsiColor::Yellow,
            Verdict::LeftOut => AnsiColor::BrightBlack,
        };
        let word = verdict_word(one.verdict, self.words);
        let painted = self.paint(&word, style.on_default().bold());
        let indent = " ".repeat(11);
        let gap = " ".repeat(indent.len().saturating_sub(human::columns(&word)).max(1));
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
            let long = human::columns(&line) + 1 + human::columns(word) > self.width;
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
    use crate::report::words::Language;

    fn text(width: usize, color: bool) -> String {
        let summary = fixture::summary(&fixture::run());
        let folder = Path::new("results/slow-readers/20261122T210000Z-lab-7");
        let words = Words::of(Language::English);
        render(&summary, Some(folder), (width, color), (words, &[]))
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
        let text = render(
            &summary,
            None,
            (80, false),
            (Words::of(Language::English), &[]),
        );
        assert!(text.contains(
            "The run was cut short. The scenario states no expectations: nothing was judged."
        ));
    }
}
