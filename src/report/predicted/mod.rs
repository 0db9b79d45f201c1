//! A prediction's claims in words: one function a claim, one message of the catalogues each.

mod around;
mod others;
mod slow;

use fluent_bundle::FluentValue;

use super::human;
use super::words::Words;
use crate::plan::{Claim, Place, Slow};
use crate::time::{Span, Timestamp};

/// Columns of a line: a terminal's, less two for whoever indents it.
const WIDTH: usize = 78;
/// What belongs to the claim before it stands behind this.
const INDENT: &str = "  ";
/// How a catalogue's choices call what is not there.
const NONE: &str = "none";

/// The claims of a prediction, in lines that fit a terminal.
pub fn lines(claims: &[Claim], words: &Words) -> Vec<String> {
    let mut lines = Vec::new();
    for claim in claims {
        let told = match claim {
            Claim::Around(claim) => around::told(claim, words),
            Claim::Slow(Slow::Absorbed(hops)) => {
                lines.extend(slow::absorbed(hops, words));
                continue;
            }
            Claim::Slow(claim) => vec![slow::told(claim, words)],
            Claim::Others(claim) => vec![others::told(claim, words)],
        };
        for Said { is_detail, text } in told {
            broken(&text, is_detail, &mut lines);
        }
    }
    lines
}

/// A sentence, and whether it goes on about what stands above it.
struct Said {
    is_detail: bool,
    text: String,
}

impl Said {
    fn head(text: String) -> Said {
        let is_detail = false;
        Said { is_detail, text }
    }

    fn detail(text: String) -> Said {
        let is_detail = true;
        Said { is_detail, text }
    }
}

/// Breaks a sentence; what does not fit its first line stands further in.
fn broken(text: &str, is_detail: bool, lines: &mut Vec<String>) {
    let indent = if is_detail { INDENT } else { "" };
    let whole = human::wrapped(WIDTH, text, indent);
    if !whole.contains('\n') {
        lines.push(whole);
        return;
    }
    let narrow = human::wrapped(WIDTH - INDENT.len(), text, indent);
    for (place, line) in narrow.lines().enumerate() {
        let hanging = if place == 0 { "" } else { INDENT };
        lines.push(format!("{hanging}{line}"));
    }
}

fn truth(is_so: bool) -> FluentValue<'static> {
    if is_so { "yes".into() } else { "no".into() }
}

/// Something's number or text, or `none`.
fn or_none<'a>(value: Option<impl Into<FluentValue<'a>>>) -> FluentValue<'a> {
    value.map_or_else(|| NONE.into(), Into::into)
}

fn placed(place: Place) -> FluentValue<'static> {
    match place {
        Place::Worker => "worker".into(),
        Place::Slot => "slot".into(),
    }
}

fn instant(at: Timestamp) -> FluentValue<'static> {
    format!("{:.1} s", at.as_secs_f64()).into()
}

/// How long something lasts, to the tenth of a second: arithmetic knows no more.
fn lasting(span: Span, words: &Words) -> FluentValue<'static> {
    let secs = span.as_secs_f64();
    let (kind, span): (&str, String) = match secs {
        _ if span == Span::MAX => ("until-the-end", String::new()),
        ..1e-3 => ("no-time", String::new()),
        ..0.1 => ("some-time", format!("{:.0} ms", secs * 1e3)),
        _ => ("some-time", format!("{secs:.1} s")),
    };
    words
        .tell(&format!("predicted-{kind}"), &[("span", &span)])
        .into()
}

#[cfg(test)]
mod tests {
    // Every claim has its words in every language, and they fit.
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::{self, Choices, predict};
    use crate::report::words::Language;
    use crate::scenario::{self, load_text};

    fn said(name: &str, text: &str, words: &Words) -> Vec<String> {
        let scenario = load_text(name, name, text, &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
        let run = plan::build(&scenario, &Choices::default()).unwrap();
        let plans = run.variants.iter().map(|variant| &variant.plan);
        plans
            .flat_map(|plan| lines(predict(plan).claims(), words))
            .collect()
    }

    /// What few embedded scenarios have, or none.
    const RARE: [&str; 6] = [
        "[backend]\nboot.fault = \"import\"\n[backend.app.\"/\"]\n[proxy]",
        "[backend]\nboot.fault = \"missing\"\n[backend.app.\"/\"]\n[proxy]",
        "[backend]\nbacklog = 1\n[backend.app.\"/\"]\nwait = \"1s\"\n[proxy]",
        "[backend]\nbind = \"tcp\"\nbacklog = 1\n[backend.app.\"/\"]\nwait = \"1s\"\n[proxy]",
        "[backend]\nbacklog = 1\n[backend.app.\"/\"]\nwait = \"1s\"",
        "[backend]\nbind = \"tcp\"\nbacklog = 1\n[backend.app.\"/\"]\nwait = \"1s\"",
    ];
    const BURST: &str = "[[clients]]\nname = \"many\"\narrival.once = { count = 90 }\nrequest.path = \"/\"\nbehavior.healthy = {}";

    #[test]
    fn claims_are_lines_of_a_terminal_in_every_language() {
        for language in Language::ALL {
            let words = Words::of(language);
            let mut all = BTreeSet::new();
            for (name, text) in scenario::embedded() {
                all.extend(said(name, text, words));
            }
            for rare in RARE {
                let head = "schema = 1\nquestion = \"?\"\nduration = \"5s\"";
                let text = format!("{head}\n{rare}\n{BURST}");
                let told = said("rare", &text, words);
                assert!(!told.is_empty(), "{rare}");
                all.extend(told);
            }
            assert!(all.len() > 100, "{}", all.len());
            for line in all {
                assert!(human::columns(&line) <= WIDTH, "{line}");
                // A message that is not there is its own name, and a choice that is not there falls to another.
                assert!(!line.contains("predicted-"), "{line}");
                let (has, wants) = (line.chars().any(|c| ('가'..='힣').contains(&c)), language);
                assert!(!has || wants == Language::Korean, "{line}");
            }
        }
    }

    #[test]
    fn arithmetic_reads_as_sentences() {
        let name = "worker-starvation";
        let bundled = scenario::embedded().iter().find(|one| one.0 == name);
        let (_, text) = bundled.expect("it is bundled");
        let of = |language| said(name, text, Words::of(language)).join("\n");
        insta::assert_snapshot!("starvation_en", of(Language::English));
        insta::assert_snapshot!("starvation_ko", of(Language::Korean));
    }
}
