//! The answer on a terminal: READ, ANSWER, CURES, UNSURE.

use std::fmt::Write as _;

use super::answer::{Answer, Asked, BreakPoint, Cure, Failure, Finding, Verdict};
use crate::report::human::{columns, percent};
use crate::units::counted;

/// Under the headings.
const INDENT: usize = 8;

/// Everything, in lines of at most `width` columns.
pub fn render(answer: &Answer, width: usize) -> String {
    let mut out = String::new();
    section(&mut out, "READ", &answer.read, width);
    if !answer.questions.is_empty() {
        let asked: Vec<String> = answer.questions.iter().map(Asked::sentence).collect();
        section(&mut out, "ASK", &asked, width);
        section(&mut out, "UNSURE", &answer.unsure, width);
        return out;
    }
    let mut lines: Vec<String> = Vec::new();
    if let Some(slots) = answer.slots {
        lines.push(format!(
            "{}: so many requests are served at once",
            counted(slots, "slot")
        ));
    }
    lines.extend(answer.findings.iter().map(sentence));
    section(&mut out, "ANSWER", &lines, width);
    let cures: Vec<String> = answer.cures.iter().map(|cure| told(cure, answer)).collect();
    section(&mut out, "CURES", &cures, width);
    section(&mut out, "UNSURE", &answer.unsure, width);
    out
}

fn section(out: &mut String, heading: &str, lines: &[String], width: usize) {
    for (index, line) in lines.iter().enumerate() {
        let heading = if index == 0 { heading } else { "" };
        let wrapped = wrap(line, width.saturating_sub(INDENT).max(40));
        for (index, piece) in wrapped.iter().enumerate() {
            let heading = if index == 0 { heading } else { "" };
            // A line that goes on stands two further in.
            let further = if index == 0 { "" } else { "  " };
            let _ = writeln!(out, "{heading:<INDENT$}{further}{piece}");
        }
    }
    if !lines.is_empty() {
        out.push('\n');
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        for word in line.split(' ') {
            let room = if lines.is_empty() { width } else { width - 2 };
            if !current.is_empty() && columns(&current) + 1 + columns(word) > room {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

/// One finding as a sentence.
pub(super) fn sentence(finding: &Finding) -> String {
    let Finding { threat, what, .. } = finding;
    let head = format!("{threat} ({what}): ");
    match finding.verdict {
        Verdict::LeftOut => return format!("{threat}: {what}"),
        Verdict::Inconclusive => {
            return format!("{head}inconclusive: visitors fail without any of it");
        }
        Verdict::Holds => {
            return format!(
                "{head}no visitor fails up to {} {}",
                finding.tried_up_to,
                unit(&finding.unit, finding.tried_up_to)
            );
        }
        Verdict::Breaks => {}
    }
    let mut line = head;
    let at = |point: Option<BreakPoint>| point.map(|point| point.at);
    if let Some(first) = finding.first {
        let _ = write!(
            line,
            "the first visitor fails at {} {}",
            shown(first),
            unit(&finding.unit, first.at)
        );
    }
    let first = at(finding.first);
    for (name, point) in [("half", finding.half), ("95 %", finding.most)] {
        let _ = match point {
            Some(point) if Some(point.at) == first => write!(line, ", {name} as well"),
            Some(point) => write!(line, ", {name} at {}", shown(point)),
            None => write!(line, ", {name} not up to {}", finding.tried_up_to),
        };
    }
    if let Some(failure) = &finding.failure {
        line.push_str(&how(failure));
    }
    if let Some(control) = &finding.control {
        let came = match control.share > 0.0 {
            true => format!("{} fail", percent(control.share)),
            false => "nobody fails".to_owned(),
        };
        let _ = write!(line, "; {} ({}): {came}", control.what, control.count);
    }
    line
}

fn how(failure: &Failure) -> String {
    let status = failure
        .status
        .map_or("no answer".to_owned(), |status| status.to_string());
    format!(
        ": {status} after {:.0} s ({}); log: \"{}\"; the limit is {}",
        failure.after_s, failure.by, failure.log, failure.limit
    )
}

/// `7`, or where seeds disagree the range.
fn shown(point: BreakPoint) -> String {
    match point.at - point.not_at {
        0 | 1 if point.agree == point.seeds => point.at.to_string(),
        0 | 1 => format!("{} ({} of {} seeds)", point.at, point.agree, point.seeds),
        _ => format!("{} to {}", point.not_at + 1, point.at),
    }
}

/// `slow readers`, or one of them: `slow reader`.
fn unit(many: &str, count: u64) -> String {
    let end = |(at, _): &(usize, char)| !many[at + 1..].starts_with(char::is_alphabetic);
    let plural = many.char_indices().filter(|(_, letter)| *letter == 's');
    match plural.into_iter().find(end) {
        Some((at, _)) if count == 1 => format!("{}{}", &many[..at], &many[at + 1..]),
        _ => many.to_owned(),
    }
}

/// One cure in words, and as edits.
fn told(cure: &Cure, answer: &Answer) -> String {
    let mut lines = headline(cure, answer);
    for change in &cure.changes {
        let _ = write!(lines, "\n{}:", change.place);
        if let Some(minus) = &change.minus {
            let _ = write!(lines, "\n- {minus}");
        }
        let _ = write!(lines, "\n+ {}", change.plus);
    }
    lines
}

/// One cure in words.
pub(super) fn headline(cure: &Cure, answer: &Answer) -> String {
    let finding = answer.findings.iter().find(|one| one.threat == cure.threat);
    let unit = finding.map_or("", |finding| finding.unit.as_str());
    let settings: Vec<&str> = cure
        .changes
        .iter()
        .map(|one| one.setting.as_str())
        .collect();
    let before = finding.and_then(Finding::first_at).unwrap_or(0);
    let to = match cure.first {
        Some(at) => format!("{before} -> {at} {unit}"),
        None => format!("{before} -> none up to {} {unit}", cure.tried_up_to),
    };
    let mut line = format!("{}: {}: {to}", cure.threat, settings.join(" and "));
    if !cure.then.is_empty() {
        let _ = write!(line, " (then {})", cure.then);
    }
    let _ = write!(line, "; price: {}", cure.price);
    line
}

#[cfg(test)]
mod tests {
    use super::unit;

    #[test]
    fn one_of_them_is_singular() {
        for (many, one) in [
            ("slow readers", "slow reader"),
            ("requests/s", "request/s"),
            ("readers on old workers", "reader on old workers"),
            ("seconds of outage", "second of outage"),
            ("backends", "backend"),
        ] {
            assert_eq!(unit(many, 1), one);
            assert_eq!(unit(many, 2), many);
        }
    }
}
