//! Scenarios that virtual time cannot play: what runs on real sockets said, kept as their `summary.json`.
//!
//! To record one anew: `slowlab run NAME --out DIR`, look at its report, and copy `DIR/NAME/latest/summary.json` to `tests/screens/recorded/NAME.json`. Figures are
//! those of that run; words are made anew from its facts. `slowlab serve` shows rows, which are elsewhere: `scripts/record` (recorded).

use std::fs;
use std::path::PathBuf;

use slowlab::plan::RunPlan;
use slowlab::record::summary::Summary;
use slowlab::report::words::{Language, Words};

/// What such a run said.
///
/// # Panics
/// Where there is no record of it, or one of another scenario than stands in the file now.
pub(crate) fn summary(run: &RunPlan) -> Summary {
    let name = &run.scenario;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/screens/recorded")
        .join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        let how =
            "real sockets alone play this: record a run of it (tests/screens/recorded.rs says how)";
        panic!("{}: {error}; {how}", path.display())
    });
    let mut summary: Summary = serde_json::from_str(&text).unwrap();
    let played = (summary.variants.iter()).map(|variant| variant.name.as_str());
    let planned = (run.variants.iter()).map(|variant| variant.plan.variant.as_str());
    assert!(
        played.eq(planned),
        "{name}: other variants were recorded: record it anew"
    );
    let judged = (summary.expectations.iter()).map(|one| one.that.as_str());
    let expected = (run.expectations.iter()).map(|one| one.that.as_str());
    assert!(
        judged.eq(expected),
        "{name}: other expectations were recorded: record it anew"
    );
    let words = Words::of(Language::English);
    for finding in &mut summary.findings {
        finding.text = words.finding(finding);
    }
    if let Some(headline) = &mut summary.headline {
        headline.text = words.headline(headline);
    }
    summary
}
