//! JUnit's XML, as the common readers take it: a suite per scenario, a case per expectation. What failed is a `failure`, what the run does not
//! decide an `error`, what is about a variant that was not asked for `skipped`.
//!
//! Many readers look at this file and at no exit status. So whatever else keeps a run from success is a case with an `error` too, and a run of
//! which nothing is expected says that nothing was judged.

use std::fmt::Write as _;

use super::Runs;
use crate::record::summary::{Summary, Verdict};
use crate::report::unjudged::Unjudged;
use crate::report::words::Words;

struct Case {
    name: String,
    verdict: Verdict,
    why: String,
}

struct Suite {
    name: String,
    class: String,
    cases: Vec<Case>,
    /// Whether nothing was judged, and nothing had to be.
    is_idle: bool,
    /// For `system-out`.
    said: Vec<String>,
}

pub(super) fn render(runs: Runs<'_>, words: &Words) -> String {
    let of_runs = runs.summaries.iter();
    let mut suites: Vec<Suite> = of_runs
        .map(|summary| Suite::of(summary, runs.required, words))
        .collect();
    if !runs.missing.is_empty() {
        suites.push(Suite::of_missing(runs.missing, words));
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = suites.iter().flat_map(|suite| &suite.cases);
    let _ = writeln!(xml, "<testsuites {}>", numbers(all)); // a String takes everything
    for suite in &suites {
        suite.write(&mut xml);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn numbers<'a>(all: impl Iterator<Item = &'a Case> + Clone) -> String {
    let count = |verdict| all.clone().filter(|one| one.verdict == verdict).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        all.clone().count(),
        count(Verdict::Failed),
        count(Verdict::Undecided),
        count(Verdict::LeftOut)
    )
}

impl Suite {
    fn of(summary: &Summary, required: bool, words: &Words) -> Suite {
        let judged = summary.expectations.iter().map(|one| Case {
            name: one.claim.clone(),
            verdict: one.verdict,
            why: format!("{}: {}", one.that, one.measured),
        });
        let mut cases: Vec<Case> = judged.collect();
        let is_no_success =
            |one: &Case| matches!(one.verdict, Verdict::Failed | Verdict::Undecided);
        let is_seen = cases.iter().any(is_no_success);
        let mut said = Vec::new();
        let mut is_idle = false;
        if let Some(unjudged) = Unjudged::of(summary).filter(|_| !is_seen) {
            let why = unjudged.text(required, words);
            is_idle = unjudged.is_well(required);
            match is_idle {
                true => said.push(why),
                false => cases.push(Case {
                    name: words.say("junit-judged", []),
                    verdict: Verdict::Undecided,
                    why,
                }),
            }
        }
        said.extend(summary.headline.as_ref().map(|one| one.text.clone()));
        Suite {
            name: format!("{} ({})", summary.scenario, summary.engine),
            class: format!("slowlab.{}", summary.scenario),
            cases,
            is_idle,
            said,
        }
    }

    /// Of runs that have no numbers to show.
    fn of_missing(missing: &[String], words: &Words) -> Suite {
        let cases = missing.iter().map(|why| Case {
            name: words.say("junit-ended", []),
            verdict: Verdict::Undecided,
            why: why.clone(),
        });
        Suite {
            name: "slowlab".to_owned(),
            class: "slowlab".to_owned(),
            cases: cases.collect(),
            is_idle: false,
            said: Vec::new(),
        }
    }

    fn write(&self, xml: &mut String) {
        let name = escaped(&self.name);
        let numbers = numbers(self.cases.iter());
        let _ = writeln!(xml, "  <testsuite name=\"{name}\" {numbers}>");
        if self.is_idle {
            let property = "<property name=\"judged\" value=\"nothing\"/>";
            let _ = writeln!(xml, "    <properties>{property}</properties>");
        }
        for one in &self.cases {
            one.write(xml, &self.class);
        }
        if !self.said.is_empty() {
            let text = escaped(&self.said.join(" "));
            let _ = writeln!(xml, "    <system-out>{text}</system-out>");
        }
        xml.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn write(&self, xml: &mut String, class: &str) {
        let (class, name) = (escaped(class), escaped(&self.name));
        let _ = write!(xml, "    <testcase classname=\"{class}\" name=\"{name}\"");
        let why = escaped(&self.why);
        let _ = match self.verdict {
            Verdict::Held => writeln!(xml, "/>"),
            Verdict::Failed => writeln!(
                xml,
                "><failure message=\"{why}\">{why}</failure></testcase>"
            ),
            Verdict::LeftOut => writeln!(xml, "><skipped message=\"{why}\"/></testcase>"),
            Verdict::Undecided => {
                writeln!(xml, "><error message=\"{why}\">{why}</error></testcase>")
            }
        };
    }
}

/// Text for an element or an attribute. XML 1.0 cannot say most control characters at all: they become U+FFFD.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            char => safe.push(char),
        }
    }
    safe
}
