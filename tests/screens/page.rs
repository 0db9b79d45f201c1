//! docs/first-screens.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use slowlab::report::brief;
use slowlab::report::words::{Language, Words};

use crate::sim::Screen;

/// Columns of a small terminal.
const WIDTH: usize = 80;

const OPENING: &str = "# First screens

What `slowlab run NAME --engine sim` says at its end, for every bundled scenario: one sentence that is computed from the findings (what happened, why, and which
variant of this very run cures it), a line for each variant, and the verdict. report.html opens with the same sentence. The lab's figures differ a little, its
sentences do not. Those that real sockets alone can play are marked: theirs are the figures of one run on the lab.

Made by `tests/screens` in virtual time: `SLOWLAB_BLESS=1 cargo test --test screens`.
";

pub(crate) fn page(screens: &[Screen]) -> String {
    let mut page = OPENING.to_owned();
    for screen in screens {
        let Screen { name, question, .. } = screen;
        let how = match screen.is_recorded {
            true => " (`slowlab run`, recorded on real sockets)",
            false => "",
        };
        let _ = write!(
            page,
            "\n## [{name}](../scenarios/{name}.toml)\n\n{question}{how}\n\n```text\n{}```\n\n{}.\n",
            self::screen(screen),
            korean(screen)
        );
    }
    page.push_str(&found(screens));
    page
}

/// The end of the run on a terminal, without the report's path.
pub(crate) fn screen(screen: &Screen) -> String {
    let words = Words::of(Language::English);
    let text = brief::render(&screen.summary, Path::new("."), (WIDTH, false), words);
    let lines = text.lines().filter(|line| !line.starts_with("report "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn korean(screen: &Screen) -> String {
    let headline = screen.summary.headline.as_ref();
    headline.map_or(String::new(), |one| {
        Words::of(Language::Korean).headline(one)
    })
}

/// Which finding is seen where: here and nowhere else.
fn found(screens: &[Screen]) -> String {
    let mut places: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for screen in screens {
        for finding in &screen.summary.findings {
            let kind = places.entry(&finding.kind).or_default();
            let variants = kind.entry(&screen.name).or_default();
            if !variants.contains(&&*finding.variant) {
                variants.push(&finding.variant);
            }
        }
    }
    let mut table = "\n## Findings\n\nWhich kind of finding is seen where, and so nowhere else.\n\n| finding | scenario: variants |\n|---|---|\n".to_owned();
    for (kind, scenarios) in places {
        let cells = scenarios.into_iter();
        let cells: Vec<String> = cells
            .map(|(name, variants)| format!("`{name}`: {}", variants.join(", ")))
            .collect();
        let _ = writeln!(table, "| `{kind}` | {} |", cells.join("<br>"));
    }
    table
}
