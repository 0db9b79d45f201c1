//! The answer for a pull request (Markdown) and for a browser (one file of HTML, without scripts).

use std::fmt::Write as _;

use super::answer::{Answer, Verdict};
use super::diff::Moved;
use super::text::{sentence, told};
use crate::units::counted;

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
        let at = |point: Option<super::BreakPoint>| {
            point.map_or("—".to_owned(), |point| point.at.to_string())
        };
        let first = match finding.verdict {
            Verdict::Breaks => at(finding.first),
            Verdict::Holds => format!("not up to {}", finding.tried_up_to),
            Verdict::Inconclusive => "inconclusive".to_owned(),
            Verdict::LeftOut => "—".to_owned(),
        };
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
            "| {} ({}) | {first} | {} | {} | {how} | {} |",
            finding.threat,
            escaped(&finding.what),
            at(finding.half),
            at(finding.most),
            escaped(limit)
        );
    }
    if !answer.cures.is_empty() {
        out.push_str("\n### Cures\n\n");
    }
    for cure in &answer.cures {
        let text = told(cure, answer);
        let (head, _) = text.split_once('\n').unwrap_or((&text, ""));
        let _ = writeln!(out, "* {}\n\n  ```diff", escaped(head));
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

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .5rem;\
border-bottom:1px solid #ddd;vertical-align:top}td.n{text-align:right;white-space:nowrap}pre{background:#f4f4f4;padding:.6rem;overflow-x:auto;margin:.3rem 0}\
del{color:#a32;text-decoration:none}ins{color:#262;text-decoration:none}.bar{background:#36c;height:.7rem;display:inline-block;min-width:2px}\
.bar.then{background:#2a7}.small{color:#666;font-size:.9rem}li{margin:.25rem 0}\
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th,td{border-color:#444}pre{background:#262626}del{color:#f98}ins{color:#8d8}.small{color:#aaa}}";

/// One page that needs nothing else.
pub fn to_html(answer: &Answer, moved: &[Moved]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>What takes this site down</title><style>{STYLE}</style>\n<h1>What takes this site down, and what saves it</h1>\n"
    );
    for one in moved {
        let _ = writeln!(out, "<p><strong>{}</strong></p>", html(&one.sentence()));
    }
    list(&mut out, "Read", &answer.read);
    let asked: Vec<String> = answer
        .questions
        .iter()
        .map(|one| format!("{}: {}. Say {}", one.about, one.why, one.hint))
        .collect();
    list(&mut out, "To be answered first", &asked);
    if asked.is_empty() {
        findings(&mut out, answer);
        cures(&mut out, answer);
    }
    list(&mut out, "Not sure", &answer.unsure);
    out.push_str("</html>\n");
    out
}

fn list(out: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>{heading}</h2>\n<ul>");
    for line in lines {
        let _ = writeln!(out, "<li>{}", html(line));
    }
    out.push_str("</ul>\n");
}

fn findings(out: &mut String, answer: &Answer) {
    out.push_str("<h2>Answer</h2>\n");
    if let Some(slots) = answer.slots {
        let _ = writeln!(
            out,
            "<p>{}: so many requests are served at once.</p>",
            counted(slots, "slot")
        );
    }
    out.push_str("<table><tr><th>threat<th>first visitor fails<th>half<th>95 %<th>how\n");
    for finding in &answer.findings {
        let at = |point: Option<super::BreakPoint>| {
            point.map_or("—".to_owned(), |point| point.at.to_string())
        };
        let first = match finding.verdict {
            Verdict::Holds => format!("not up to {}", finding.tried_up_to),
            Verdict::Inconclusive => "inconclusive".to_owned(),
            _ => at(finding.first),
        };
        let _ = writeln!(
            out,
            "<tr><td>{}<td class=n>{first}<td class=n>{}<td class=n>{}<td class=small>{}",
            html(&finding.threat),
            at(finding.half),
            at(finding.most),
            html(&sentence(finding))
        );
    }
    out.push_str("</table>\n");
}

/// Each cure with bars: where the first visitor fails now, and then.
fn cures(out: &mut String, answer: &Answer) {
    if answer.cures.is_empty() {
        return;
    }
    out.push_str("<h2>Cures</h2>\n");
    for cure in &answer.cures {
        let text = told(cure, answer);
        let (head, _) = text.split_once('\n').unwrap_or((&text, ""));
        let finding = answer.findings.iter().find(|one| one.threat == cure.threat);
        let before = finding.and_then(|one| one.first_at()).unwrap_or(0);
        let then = cure.first.unwrap_or(cure.tried_up_to);
        let most = before.max(then).max(1) as f64;
        let width = |count: u64| (count as f64 / most * 24.0).max(0.1);
        let more = if cure.first.is_none() {
            "more than "
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<p>{}<br><span class=bar style=\"width:{:.1}rem\"></span> {before} now<br>\
             <span class=\"bar then\" style=\"width:{:.1}rem\"></span> {more}{then} then</p>",
            html(head),
            width(before),
            width(then)
        );
        for change in &cure.changes {
            let _ = writeln!(out, "<pre>{}", html(&change.place));
            if let Some(minus) = &change.minus {
                let _ = writeln!(out, "<del>- {}</del>", html(minus));
            }
            let _ = writeln!(out, "<ins>+ {}</ins></pre>", html(&change.plus));
        }
    }
}
