//! The page of a comparison: the curves of both sides over one another, and the pictures of their variants beside one another on the same axes.
//!
//! It is made of the parts of the report's page and has no scripts.

use fluent_bundle::FluentValue;
use minijinja::Value;
use serde::Serialize;

use super::axes::Axes;
use super::latency::{self, Percentiles};
use super::page::{Chip, legend};
use super::pane::{Pane, Side};
use super::waiting::Band;
use super::{HtmlError, assets, fill, palette};
use crate::report::compare::{Comparison, Merged, Row, Verdict, cells};
use crate::report::data::{RunData, VariantData};
use crate::report::summarize;
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("compare.html.jinja");
/// Pairs of variants that have pictures: more would be a page that nobody reads.
const MOST_PAIRS: usize = 8;
/// Variants of one side whose curves are in one picture.
const A_PICTURE: usize = 3;

#[derive(Serialize)]
struct Page {
    lang: &'static str,
    policy: &'static str,
    style: Value,
    title: String,
    sentence: String,
    sides: String,
    several: bool,
    without_rows: bool,
    left: usize,
    hatches: Vec<&'static str>,
    groups_legend: Vec<Chip>,
    bands: Vec<Band>,
    panes: Vec<Pane>,
    percentiles: Vec<Percentiles>,
    differs: Vec<Line>,
    all: Vec<Line>,
}

/// A row of the table.
#[derive(Serialize)]
struct Line {
    variant: String,
    cells: [String; 7],
    beyond: bool,
}

/// The whole file.
///
/// # Errors
/// When the template fails.
pub fn compared(
    merged: Merged,
    comparison: &Comparison,
    words: &'static Words,
) -> Result<String, HtmlError> {
    fill(TEMPLATE, Page::of(merged, comparison, words), words)
}

impl Page {
    fn of(merged: Merged, comparison: &Comparison, words: &'static Words) -> Page {
        let counted = merged.firsts.variants.iter();
        let without_rows = counted.clone().any(|one| one.counted.is_some());
        let shown = shown(merged.firsts);
        let axes = Axes::of(&shown);
        let summary = summarize::summarize(&shown);
        let variants: Vec<&VariantData> = shown.variants.iter().collect();
        let side = Side::new((&shown, &summary), &axes, words, &variants);
        let titles = [&merged.titles[0], &merged.titles[1]].map(|title| title.say(words));
        let both = || {
            [
                ("first", FluentValue::from(titles[0].as_str())),
                ("second", FluentValue::from(titles[1].as_str())),
            ]
        };
        let lines = |rows: &mut dyn Iterator<Item = &Row>| -> Vec<Line> {
            rows.map(|row| Line {
                variant: row.variant.clone(),
                cells: cells(row, words),
                beyond: row.verdict == Verdict::Beyond,
            })
            .collect()
        };
        let differs = |row: &&Row| {
            matches!(row.verdict, Verdict::Beyond | Verdict::Spread)
                || row.beyond_noise == Some(true)
        };
        Page {
            lang: words.language().code(),
            policy: assets::STILL,
            style: Value::from_safe_string(assets::style()),
            title: words.say("compare-page-title", both()),
            sentence: sentence(comparison, words),
            sides: words.say("compare-page-sides", both()),
            several: merged.has_several,
            without_rows,
            left: merged.names.len().saturating_sub(MOST_PAIRS),
            hatches: palette::all_classes(),
            groups_legend: legend(&variants),
            bands: side.bands.clone(),
            panes: variants
                .iter()
                .map(|variant| side.pane(variant, ""))
                .collect(),
            percentiles: percentiles(merged.pooled, words),
            differs: lines(&mut comparison.rows.iter().filter(differs)),
            all: lines(&mut comparison.rows.iter()),
        }
    }
}

/// The variants that have pictures.
fn shown(mut run: RunData) -> RunData {
    run.variants.retain(VariantData::has_pictures);
    run.variants.truncate(2 * MOST_PAIRS);
    run
}

/// Of each group, in as many pictures as keep lines apart; variants of the same name are always in the same one.
fn percentiles(mut run: RunData, words: &Words) -> Vec<Percentiles> {
    let mut all = std::mem::take(&mut run.variants).into_iter();
    let mut pictures = Vec::new();
    for _ in 0..MOST_PAIRS {
        run.variants = all.by_ref().take(2 * A_PICTURE).collect();
        pictures.extend(latency::percentiles(&run, words));
    }
    pictures
}

fn sentence(comparison: &Comparison, words: &Words) -> String {
    let beyond = comparison.count(Verdict::Beyond);
    let judged = beyond + comparison.count(Verdict::Within) + comparison.count(Verdict::Spread);
    let message = match (judged, beyond) {
        (0, _) => "compare-page-nothing",
        (_, 0) => "compare-page-within",
        _ => "compare-page-beyond",
    };
    let counts = [("judged", judged.into()), ("beyond", beyond.into())];
    words.say(message, counts) + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::compare::Side as OfRuns;
    use crate::report::compare::compare;
    use crate::report::words::Language;

    fn rendered(language: Language) -> String {
        let first = [fixture::run()];
        let mut other = fixture::run();
        other.manifest.engine = "sim".to_owned();
        other.variants[0].requests.truncate(150);
        let second = [other];
        let comparison = compare(&OfRuns::of(&first), &OfRuns::of(&second));
        let merged = Merged::of(first.into(), second.into());
        compared(merged, &comparison, Words::of(language)).unwrap()
    }

    #[test]
    fn every_run_and_variant_has_its_picture_and_its_curve() {
        let html = rendered(Language::English);
        for name in ["A baseline", "B baseline", "A buffered", "B buffered"] {
            assert!(
                html.contains(&format!("<span class=\"name\">{name}</span>")),
                "{name}"
            );
        }
        assert_eq!(html.matches("<figure class=\"percentiles\"").count(), 2);
        assert_eq!(
            html.matches("class=\"curve v0\"").count(),
            2 * 2,
            "and its key"
        );
        assert!(html.contains("metrics lie beyond their bounds."));
        assert!(!html.contains("<script"), "it needs none");
    }

    #[test]
    fn it_speaks_korean_and_leaves_no_word_untranslated() {
        let html = rendered(Language::Korean);
        assert!(html.contains("<html lang=\"ko\">") && html.contains("한계를 벗어났다"));
        for name in ["compare-", "page-"] {
            assert!(!html.contains(&format!(">{name}")), "{name}");
        }
    }
}
