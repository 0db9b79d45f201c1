//! JUnit's XML, as the common readers take it: a suite per scenario, a case per expectation. What failed is a `failure`, what the run does not
//! decide an `error`, what is about a variant that was not asked for `skipped`.

use std::fmt::Write as _;

use crate::record::summary::{Judgement, Summary, Verdict};

pub(super) fn render(summaries: &[Summary]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = summaries.iter().flat_map(|summary| &summary.expectations);
    let _ = writeln!(xml, "<testsuites {}>", numbers(all)); // a String takes everything
    for summary in summaries {
        suite(&mut xml, summary);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn numbers<'a>(all: impl Iterator<Item = &'a Judgement> + Clone) -> String {
    let count = |verdict| all.clone().filter(|one| one.verdict == verdict).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        all.clone().count(),
        count(Verdict::Failed),
        count(Verdict::Undecided),
        count(Verdict::LeftOut)
    )
}

fn suite(xml: &mut String, summary: &Summary) {
    let name = escaped(&format!("{} ({})", summary.scenario, summary.engine));
    let numbers = numbers(summary.expectations.iter());
    let _ = writeln!(xml, "  <testsuite name=\"{name}\" {numbers}>");
    for one in &summary.expectations {
        case(xml, summary, one);
    }
    if let Some(headline) = &summary.headline {
        let text = escaped(&headline.text);
        let _ = writeln!(xml, "    <system-out>{text}</system-out>");
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, summary: &Summary, one: &Judgement) {
    let class = escaped(&format!("slowlab.{}", summary.scenario));
    let name = escaped(&one.claim);
    let _ = write!(xml, "    <testcase classname=\"{class}\" name=\"{name}\"");
    let why = escaped(&format!("{}: {}", one.that, one.measured));
    let _ = match one.verdict {
        Verdict::Held => writeln!(xml, "/>"),
        Verdict::Failed => writeln!(
            xml,
            "><failure message=\"{why}\">{why}</failure></testcase>"
        ),
        Verdict::LeftOut => writeln!(xml, "><skipped message=\"{why}\"/></testcase>"),
        Verdict::Undecided => writeln!(xml, "><error message=\"{why}\">{why}</error></testcase>"),
    };
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
