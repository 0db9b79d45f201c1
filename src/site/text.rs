//! The answer on a terminal: READ, ANSWER, CURES, UNSURE.

use std::fmt::Write as _;

use super::answer::{Answer, BreakPoint, Cure, Failure, Finding, Verdict};
use crate::report::human::{columns, percent};
use crate::report::words::Words;

/// Under the headings.
const INDENT: usize = 8;

/// Everything, in lines of at most `width` columns.
pub fn render(answer: &Answer, width: usize, words: &Words) -> String {
    let mut out = String::new();
    let mut told = |name: &str, lines: &[String]| {
        let heading = words.say(&format!("site-terminal-{name}"), []);
        section(&mut out, &heading, lines, width);
    };
    told("read", &answer.read);
    if !answer.questions.is_empty() {
        let asked = answer.questions.iter().map(|one| one.sentence(words));
        told("ask", &asked.collect::<Vec<_>>());
        told("unsure", &answer.unsure);
        return out;
    }
    let slots = answer.slots.map(|count| slots(count, words));
    let found = answer.findings.iter().map(|one| sentence(one, words));
    told(
        "answer",
        &slots.into_iter().chain(found).collect::<Vec<_>>(),
    );
    let cures = answer.cures.iter().map(|cure| cured(cure, answer, words));
    told("cures", &cures.collect::<Vec<_>>());
    told("unsure", &answer.unsure);
    out
}

/// How many requests are served at once.
pub(super) fn slots(count: u64, words: &Words) -> String {
    words.say("site-slots", [("count", count.into())])
}

fn section(out: &mut String, heading: &str, lines: &[String], width: usize) {
    for (index, line) in lines.iter().enumerate() {
        let heading = if index == 0 { heading } else { "" };
        let wrapped = wrap(line, width.saturating_sub(INDENT).max(40));
        for (index, piece) in wrapped.iter().enumerate() {
            let heading = if index == 0 { heading } else { "" };
            let gap = " ".repeat(INDENT.saturating_sub(columns(heading)));
            // A line that goes on stands two further in.
            let further = if index == 0 { "" } else { "  " };
            let _ = writeln!(out, "{heading}{gap}{further}{piece}");
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
pub(super) fn sentence(finding: &Finding, words: &Words) -> String {
    let facts = |more: &[(&'static str, String)]| {
        let mut facts = vec![("threat", finding.threat.clone())];
        facts.push(("what", finding.what.clone()));
        facts.extend_from_slice(more);
        facts
    };
    let tell = |message: &str, facts: &[(&'static str, String)]| tell(words, message, facts);
    match finding.verdict {
        Verdict::LeftOut => {
            let (threat, why) = (finding.threat.clone(), finding.what.clone());
            tell("site-left-out", &[("threat", threat), ("why", why)])
        }
        Verdict::Inconclusive => tell("site-inconclusive", &facts(&[])),
        Verdict::Holds => {
            let most = finding.tried_up_to;
            let most = counted(&finding.threat, most, words);
            tell("site-holds", &facts(&[("most", most)]))
        }
        Verdict::Breaks => {
            let first = finding.first.map_or(String::new(), |first| {
                let shown = shown(first, words);
                written(&finding.threat, (first.at, &shown), words) + &seeds(first, words)
            });
            let first = from_addresses(first, finding.addresses, words);
            let line = tell("site-breaks", &facts(&[("first", first)]));
            line + &more(finding, words)
        }
    }
}

/// How many addresses that takes, where more than one.
fn from_addresses(clients: String, addresses: Option<u64>, words: &Words) -> String {
    match addresses.filter(|addresses| *addresses > 1) {
        Some(addresses) => {
            let addresses = addresses.to_string();
            let facts = [("clients", &clients[..]), ("addresses", &addresses)];
            words.tell("site-from-addresses", &facts)
        }
        None => clients,
    }
}

/// Where half of the visitors fail and nearly all, how, and what the control came to.
fn more(finding: &Finding, words: &Words) -> String {
    let mut line = String::new();
    let at = |point: Option<BreakPoint>| point.map(|point| point.at);
    let first = at(finding.first);
    for (name, point) in [("site-half", finding.half), ("site-most", finding.most)] {
        let share = words.say(name, []);
        let told = match point {
            Some(point) if Some(point.at) == first => {
                words.tell("site-as-well", &[("share", &share)])
            }
            Some(point) => {
                let at = shown(point, words) + &seeds(point, words);
                let facts = [("share", &share[..]), ("at", &at)];
                words.tell("site-share-at", &facts)
            }
            None => {
                let most = finding.tried_up_to.to_string();
                words.tell(
                    "site-share-not-up-to",
                    &[("share", &share), ("most", &most)],
                )
            }
        };
        let _ = write!(line, ", {told}");
    }
    if let Some(failure) = &finding.failure {
        let _ = write!(line, ": {}", how(failure, words));
    }
    if let Some(control) = &finding.control {
        let came = match control.share > 0.0 {
            true => words.tell("site-share-fails", &[("share", &percent(control.share))]),
            false => words.say("site-nobody-fails", []),
        };
        let facts = [
            ("what", &control.what[..]),
            ("count", &control.count.to_string()),
            ("came", &came),
        ];
        let _ = write!(line, "; {}", words.tell("site-control", &facts));
    }
    line
}

/// A status as a visitor meets it.
pub(super) fn status(failure: &Failure, words: &Words) -> String {
    match failure.status {
        Some(status) => status.to_string(),
        None => words.say("site-no-answer", []),
    }
}

fn how(failure: &Failure, words: &Words) -> String {
    let facts = [
        ("status", &status(failure, words)[..]),
        ("after", &format!("{:.0}", failure.after_s)),
        ("by", &failure.by),
        ("log", &failure.log),
        ("limit", &failure.limit),
    ];
    words.tell("site-how", &facts)
}

/// `7`, or `5 to 7`.
fn shown(point: BreakPoint, words: &Words) -> String {
    let at = point.at.to_string();
    match point.at - point.not_at {
        0 | 1 => at,
        _ => {
            let from = (point.not_at + 1).to_string();
            words.tell("site-range", &[("from", &from), ("to", &at)])
        }
    }
}

/// ` (4 of 5 seeds)`, where they disagree on one number.
fn seeds(point: BreakPoint, words: &Words) -> String {
    if point.at - point.not_at > 1 || point.agree == point.seeds {
        return String::new();
    }
    let (agree, seeds) = (point.agree.to_string(), point.seeds.to_string());
    let told = words.tell("site-seeds", &[("agree", &agree), ("seeds", &seeds)]);
    format!(" {told}")
}

/// So many of what a threat counts: `1 slow reader`.
pub fn counted(threat: &str, count: u64, words: &Words) -> String {
    written(threat, (count, &count.to_string()), words)
}

/// The same with the number as it is shown: `5 to 7 slow readers`.
fn written(threat: &str, (count, shown): (u64, &str), words: &Words) -> String {
    let facts = [("count", count.into()), ("shown", shown.into())];
    words.say(&format!("site-count-{threat}"), facts)
}

fn tell(words: &Words, message: &str, facts: &[(&'static str, String)]) -> String {
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, &**fact)).collect();
    words.tell(message, &facts)
}

/// One cure in words, and as edits.
fn cured(cure: &Cure, answer: &Answer, words: &Words) -> String {
    let mut lines = headline(cure, answer, words);
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
pub(super) fn headline(cure: &Cure, answer: &Answer, words: &Words) -> String {
    let finding = answer.findings.iter().find(|one| one.threat == cure.threat);
    let before = finding.and_then(Finding::first_at).unwrap_or(0);
    let after = match cure.first {
        Some(at) => from_addresses(counted(&cure.threat, at, words), cure.addresses, words),
        None => {
            let most = cure.tried_up_to;
            let most = counted(&cure.threat, most, words);
            words.tell("site-cure-none-up-to", &[("most", &most)])
        }
    };
    let facts = [
        ("threat", &cure.threat[..]),
        ("settings", &cure.settings(words)),
        ("before", &before.to_string()),
        ("after", &after),
    ];
    let mut line = words.tell("site-cure", &facts);
    if !cure.then.is_empty() {
        let then = words.tell("site-cure-then", &[("limit", &cure.then)]);
        let _ = write!(line, " {then}");
    }
    let price = words.tell("site-cure-price", &[("price", &cure.price)]);
    let _ = write!(line, "; {price}");
    line
}

#[cfg(test)]
mod tests {
    use super::counted;
    use crate::report::words::{Language, Words};

    #[test]
    fn one_of_them_is_singular() {
        let words = Words::of(Language::English);
        for (threat, many, one) in [
            ("slow-readers", "2 slow readers", "1 slow reader"),
            ("plain-load", "2 requests/s", "1 request/s"),
            (
                "reload",
                "2 readers on old workers",
                "1 reader on old workers",
            ),
            ("outage", "2 seconds of outage", "1 second of outage"),
            ("vanished-backend", "2 backends", "1 backend"),
        ] {
            assert_eq!(counted(threat, 1, words), one);
            assert_eq!(counted(threat, 2, words), many);
        }
    }
}
