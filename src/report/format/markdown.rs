//! One page of Markdown, as a pull request or a chat shows it.

use crate::record::summary::Summary;
use crate::report::brief::sentence;
use crate::report::human;
use crate::report::rows::{GroupRow, verdict, verdict_word};

pub(super) fn render(summary: &Summary) -> String {
    let mut blocks = Vec::new();
    let title = format!(
        "{} ({}, seed {})",
        summary.scenario, summary.engine, summary.seed
    );
    blocks.push(format!("# {}", line(&title)));
    if let Some(headline) = &summary.headline {
        blocks.push(format!("**{}**", line(&sentence(&headline.text))));
    }
    blocks.push(line(&verdict(summary)));
    if !summary.expectations.is_empty() {
        let rows = summary.expectations.iter().map(|one| {
            let word = verdict_word(one.verdict);
            [
                word.to_owned(),
                one.claim.clone(),
                one.that.clone(),
                one.measured.clone(),
            ]
        });
        blocks.push(table(["", "expectation", "condition", "measured"], rows));
    }
    let groups = summary.variants.iter().flat_map(|variant| {
        let groups = variant.groups.iter();
        groups.map(|group| GroupRow::new(&variant.name, group))
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
        "variant", "group", "requests", "ok", "failures", "p50", "p99", "hold",
    ];
    blocks.push(table(header, rows));
    let findings = summary.findings.iter().map(|finding| {
        let at = human::seconds(finding.at_s);
        format!(
            "* {} at {at}: {}",
            line(&finding.variant),
            line(&finding.text)
        )
    });
    let warnings = (summary.warnings.iter()).map(|warning| format!("* warning: {}", line(warning)));
    let notes: Vec<String> = findings.chain(warnings).collect();
    if !notes.is_empty() {
        blocks.push(notes.join("\n"));
    }
    blocks.join("\n\n") + "\n"
}

fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let row = |cells: [String; COLUMNS]| format!("| {} |", cells.join(" | "));
    let mut lines = vec![
        row(header.map(str::to_owned)),
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
