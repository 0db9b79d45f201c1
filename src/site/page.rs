//! The answer for a pull request (Markdown) and for a browser (one file of HTML, without scripts).

use std::fmt::Write as _;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::answer::{Answer, Asked, BreakPoint, Change, Cure, Finding, Verdict};
use super::diff::Moved;
use super::text::{headline, sentence};
use crate::units::counted;

const TEMPLATE: &str = include_str!("page.html.jinja");

/// For a pull request.
pub fn to_markdown(answer: &Answer, moved: &[Moved]) -> String {
    let mut out = "## What takes this site down\n\n".to_owned();
    for one in moved {
        let _ = writeln!(out, "**{}**\n", escaped(&one.sentence()));
    }
    for line in &answer.read {
        let _ = writeln!(out, "* {}", escaped(line));
    }
    if !answer.questions.is_empty() {
        out.push_str("\n### To be answered first\n\n");
        for one in &answer.questions {
            let _ = writeln!(
                out,
                "* {}: {}. Say `{}`",
                one.about,
                escaped(&one.why),
                one.hint
            );
        }
        return out;
    }
    out.push_str("\n| threat | first visitor fails | half | 95 % | how | limit |\n|---|--:|--:|--:|---|---|\n");
    for finding in &answer.findings {
        let failure = finding.failure.as_ref();
        let how = failure.map_or(String::new(), |one| {
            let status = one
                .status
                .map_or("no answer".to_owned(), |status| status.to_string());
            format!("{status} after {:.0} s", one.after_s)
        });
        let limit = failure.map_or("", |one| one.limit.as_str());
        let _ = writeln!(
            out,
            "| {} ({}) | {} | {} | {} | {how} | {} |",
            finding.threat,
            escaped(&finding.what),
            first(finding),
            shown(finding.half),
            shown(finding.most),
            escaped(limit)
        );
    }
    if !answer.cures.is_empty() {
        out.push_str("\n### Cures\n\n");
    }
    for cure in &answer.cures {
        let _ = writeln!(out, "* {}\n\n  ```diff", escaped(&headline(cure, answer)));
        for change in &cure.changes {
            let _ = writeln!(out, "  # {}", change.place);
            if let Some(minus) = &change.minus {
                let _ = writeln!(out, "  - {minus}");
            }
            let _ = writeln!(out, "  + {}", change.plus);
        }
        out.push_str("  ```\n");
    }
    out.push_str("\n### Not sure\n\n");
    for line in &answer.unsure {
        let _ = writeln!(out, "* {}", escaped(line));
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('\n', " ")
}

/// A break-point in a cell of a table.
fn shown(point: Option<BreakPoint>) -> String {
    point.map_or("—".to_owned(), |point| point.at.to_string())
}

/// The first one in its cell.
fn first(finding: &Finding) -> String {
    match finding.verdict {
        Verdict::Breaks | Verdict::LeftOut => shown(finding.first),
        Verdict::Holds => format!("not up to {}", finding.tried_up_to),
        Verdict::Inconclusive => "inconclusive".to_owned(),
    }
}

/// What the template gets.
#[derive(Serialize)]
struct Page<'a> {
    moved: Vec<String>,
    read: &'a [String],
    asked: Vec<String>,
    slots: Option<String>,
    rows: Vec<Row<'a>>,
    cures: Vec<Bars<'a>>,
    unsure: &'a [String],
}

/// A finding as a row.
#[derive(Serialize)]
struct Row<'a> {
    threat: &'a str,
    first: String,
    half: String,
    most: String,
    sentence: String,
}

/// A cure with bars: where the first visitor fails now, and then.
#[derive(Serialize)]
struct Bars<'a> {
    headline: String,
    before: u64,
    before_rem: String,
    then: String,
    then_rem: String,
    changes: &'a [Change],
}

/// One page that needs nothing else.
///
/// # Errors
/// When the template fails.
pub fn to_html(answer: &Answer, moved: &[Moved]) -> Result<String, minijinja::Error> {
    let page = Page {
        moved: moved.iter().map(Moved::sentence).collect(),
        read: &answer.read,
        asked: answer.questions.iter().map(Asked::sentence).collect(),
        slots: answer.slots.map(|slots| counted(slots, "slot")),
        rows: answer.findings.iter().map(row).collect(),
        cures: answer.cures.iter().map(|cure| bars(cure, answer)).collect(),
        unsure: &answer.unsure,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let text = environment.render_str(TEMPLATE, Serde(page))?;
    // The template engine takes the last line's end away.
    Ok(text + "\n")
}

fn row(finding: &Finding) -> Row<'_> {
    Row {
        threat: &finding.threat,
        first: first(finding),
        half: shown(finding.half),
        most: shown(finding.most),
        sentence: sentence(finding),
    }
}

fn bars<'a>(cure: &'a Cure, answer: &Answer) -> Bars<'a> {
    let finding = answer.findings.iter().find(|one| one.threat == cure.threat);
    let before = finding.and_then(Finding::first_at).unwrap_or(0);
    let then = cure.first.unwrap_or(cure.tried_up_to);
    let most = before.max(then).max(1) as f64;
    let width = |count: u64| format!("{:.1}", (count as f64 / most * 24.0).max(0.1));
    Bars {
        headline: headline(cure, answer),
        before,
        before_rem: width(before),
        then: match cure.first {
            Some(at) => at.to_string(),
            None => format!("more than {then}"),
        },
        then_rem: width(then),
        changes: &cure.changes,
    }
}
