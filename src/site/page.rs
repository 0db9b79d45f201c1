//! The answer for a pull request (Markdown) and for a browser (one file of HTML, without scripts).

use std::fmt::Write as _;

use minijinja::Value;
use serde::Serialize;

use super::answer::{Answer, BreakPoint, Change, Cure, Finding, Verdict};
use super::diff::Moved;
use super::pictures::Pictures;
use super::text::{headline, sentence, slots, status};
use crate::report::html::{self, HtmlError};
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("page.html.jinja");

/// For a pull request.
pub fn to_markdown(answer: &Answer, moved: &[Moved], words: &Words) -> String {
    let say = |message: &str| words.say(message, []);
    let mut out = format!("## {}\n\n", say("site-title"));
    for one in moved {
        let _ = writeln!(out, "**{}**\n", escaped(&one.sentence(words)));
    }
    for line in &answer.read {
        let _ = writeln!(out, "* {}", escaped(line));
    }
    if !answer.questions.is_empty() {
        let _ = writeln!(out, "\n### {}\n", say("site-page-ask"));
        for one in &answer.questions {
            let _ = writeln!(out, "* {}", escaped(&one.sentence(words)));
        }
        return out;
    }
    table(&mut out, answer, words);
    if !answer.cures.is_empty() {
        let _ = writeln!(out, "\n### {}\n", say("site-page-cures"));
    }
    for cure in &answer.cures {
        let line = headline(cure, answer, words);
        let _ = writeln!(out, "* {}\n\n  ```diff", escaped(&line));
        for change in &cure.changes {
            let _ = writeln!(out, "  # {}", change.place);
            if let Some(minus) = &change.minus {
                let _ = writeln!(out, "  - {minus}");
            }
            let _ = writeln!(out, "  + {}", change.plus);
        }
        out.push_str("  ```\n");
    }
    let _ = writeln!(out, "\n### {}\n", say("site-page-unsure"));
    for line in &answer.unsure {
        let _ = writeln!(out, "* {}", escaped(line));
    }
    out
}

/// A threat in each row.
fn table(out: &mut String, answer: &Answer, words: &Words) {
    let columns = ["threat", "first", "half", "most", "how", "limit"];
    let columns = columns.map(|name| words.say(&format!("site-column-{name}"), []));
    let _ = writeln!(
        out,
        "\n| {} |\n|---|--:|--:|--:|---|---|",
        columns.join(" | ")
    );
    for finding in &answer.findings {
        let failure = finding.failure.as_ref();
        let how = failure.map_or(String::new(), |one| {
            let after = format!("{:.0}", one.after_s);
            let facts = [("status", &status(one, words)[..]), ("after", &after)];
            words.tell("site-how-briefly", &facts)
        });
        let limit = failure.map_or("", |one| one.limit.as_str());
        let _ = writeln!(
            out,
            "| {} ({}) | {} | {} | {} | {how} | {} |",
            finding.threat,
            escaped(&finding.what),
            first(finding, words),
            shown(finding.half),
            shown(finding.most),
            escaped(limit)
        );
    }
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
fn first(finding: &Finding, words: &Words) -> String {
    match finding.verdict {
        Verdict::Breaks | Verdict::LeftOut => shown(finding.first),
        Verdict::Holds => {
            let most = finding.tried_up_to.to_string();
            words.tell("site-cell-not-up-to", &[("most", &most)])
        }
        Verdict::Inconclusive => words.say("site-cell-inconclusive", []),
    }
}

/// What the template gets.
#[derive(Serialize)]
struct Page<'a> {
    lang: &'static str,
    policy: &'static str,
    style: Value,
    /// What is played in the pictures, and they themselves.
    told: &'a str,
    pictures: Value,
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
    before: String,
    before_rem: String,
    then: String,
    then_rem: String,
    changes: &'a [Change],
}

/// One page that needs nothing else.
///
/// # Errors
/// When the template fails.
pub fn to_html(
    answer: &Answer,
    moved: &[Moved],
    pictures: Option<&Pictures>,
    words: &'static Words,
) -> Result<String, HtmlError> {
    let drawn = pictures.map(|pictures| html::pair(&pictures.run, words));
    let page = Page {
        lang: words.language().code(),
        policy: html::STILL,
        style: Value::from_safe_string(html::style()),
        told: pictures.map_or("", |pictures| &pictures.told),
        pictures: Value::from_safe_string(drawn.transpose()?.unwrap_or_default()),
        moved: moved.iter().map(|one| one.sentence(words)).collect(),
        read: &answer.read,
        asked: (answer.questions.iter())
            .map(|one| one.sentence(words))
            .collect(),
        slots: answer.slots.map(|count| slots(count, words)),
        rows: answer.findings.iter().map(|one| row(one, words)).collect(),
        cures: (answer.cures.iter())
            .map(|cure| bars(cure, answer, words))
            .collect(),
        unsure: &answer.unsure,
    };
    // The template engine takes the last line's end away.
    Ok(html::fill(TEMPLATE, page, words)? + "\n")
}

fn row<'a>(finding: &'a Finding, words: &Words) -> Row<'a> {
    Row {
        threat: &finding.threat,
        first: first(finding, words),
        half: shown(finding.half),
        most: shown(finding.most),
        sentence: sentence(finding, words),
    }
}

fn bars<'a>(cure: &'a Cure, answer: &Answer, words: &Words) -> Bars<'a> {
    let finding = answer.findings.iter().find(|one| one.threat == cure.threat);
    let before = finding.and_then(Finding::first_at).unwrap_or(0);
    let then = cure.first.unwrap_or(cure.tried_up_to);
    let most = before.max(then).max(1) as f64;
    let width = |count: u64| format!("{:.1}", (count as f64 / most * 24.0).max(0.1));
    let shown = match cure.first {
        Some(at) => at.to_string(),
        None => words.tell("site-more-than", &[("most", &then.to_string())]),
    };
    Bars {
        headline: headline(cure, answer, words),
        before: words.tell("site-bar-now", &[("count", &before.to_string())]),
        before_rem: width(before),
        then: words.tell("site-bar-then", &[("count", &shown)]),
        then_rem: width(then),
        changes: &cure.changes,
    }
}
