//! One page of Markdown, as a pull request or a chat shows it.

use super::Runs;
use crate::record::summary::Summary;
use crate::report::brief::sentence;
use crate::report::human;
use crate::report::rows::{GroupRow, verdict, verdict_word};
use crate::report::text::title;
use crate::report::unjudged::Unjudged;
use crate::report::words::Words;

/// A page per run, and what there is to say of those that have no numbers.
pub(super) fn render(runs: Runs<'_>, words: &Words) -> String {
    let of_runs = runs.summaries.iter();
    let mut pages: Vec<String> = of_runs
        .map(|summary| page(summary, runs.required, words))
        .collect();
    let missing = runs.missing.iter();
    pages.extend(missing.map(|why| noted(why, words) + "\n"));
    pages.join("\n")
}

fn page(summary: &Summary, required: bool, words: &Words) -> String {
    let mut blocks = Vec::new();
    blocks.push(format!("# {}", line(&title(summary, words))));
    if let Some(headline) = &summary.headline {
        blocks.push(format!("**{}**", line(&sentence(&headline.text))));
    }
    blocks.push(line(&match Unjudged::of(summary) {
        Some(Unjudged::NothingExpected) if required => words.say("verdict-required", []),
        _ => verdict(summary, words),
    }));
    if !summary.expectations.is_empty() {
        let rows = summary.expectations.iter().map(|one| {
            let word = verdict_word(one.verdict, words);
            [
                word,
                one.claim.clone(),
                one.that.clone(),
                one.measured.clone(),
            ]
        });
        let header = [
            "",
            "column-expectation",
            "column-condition",
            "column-measured",
        ];
        blocks.push(table(header, rows, words));
    }
    let groups = summary.variants.iter().flat_map(|variant| {
        let groups = variant.groups.iter();
        groups.map(|group| GroupRow::new(&variant.name, group, words))
    });
    let rows = groups.map(|row| {
        [
            row.variant,
            row.group,
            row.requests,
            row.ok,
            row.failures,
            row.p50,
            row.p99,
            row.hold_p50,
        ]
    });
    let header = [
        "column-variant",
        "column-group",
        "column-requests",
        "column-ok",
        "column-failures",
        "p50",
        "p99",
        "column-hold",
    ];
    blocks.push(table(header, rows, words));
    let findings = summary.findings.iter().map(|finding| {
        let arguments = [
            ("variant", line(&finding.variant).into()),
            ("at", human::seconds(finding.at_s).into()),
            ("text", line(&finding.text).into()),
        ];
        format!("* {}", words.say("text-found", arguments))
    });
    let warnings = (summary.warnings.iter()).map(|warning| noted(warning, words));
    let notes: Vec<String> = findings.chain(warnings).collect();
    if !notes.is_empty() {
        blocks.push(notes.join("\n"));
    }
    blocks.join("\n\n") + "\n"
}

/// Something to check before trusting the numbers.
fn noted(text: &str, words: &Words) -> String {
    let arguments = [("text", line(text).into())];
    format!("* {}", words.say("text-warning", arguments))
}

fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
    words: &Words,
) -> String {
    let row = |cells: [String; COLUMNS]| format!("| {} |", cells.join(" | "));
    let mut lines = vec![
        row(header.map(|title| words.say(title, []))),
        row([""; COLUMNS].map(|_| "---".to_owned())),
    ];
    lines.extend(rows.map(|cells| row(cells.map(|cell| line(&cell)))));
    lines.join("\n")
}

/// Text that stays in its line and its cell, and is no markup beyond code between backticks.
fn line(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // A backtick without its pair would make code of nothing.
    if pieces.len().is_multiple_of(2) {
        return escaped(text);
    }
    let pieces = pieces.into_iter().enumerate();
    let pieces = pieces.map(|(index, piece)| match index % 2 {
        0 => escaped(piece),
        // Within code only what would end the cell or the line.
        _ => piece.replace('|', "\\|").replace(char::is_control, " "),
    });
    pieces.collect::<Vec<String>>().join("`")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '\\' | '#' | '`' => safe.extend(['\\', char]),
            '\0'..='\u{1f}' => safe.push(' '),
            char => safe.push(char),
        }
    }
    safe
}
