//! The workers' lanes of each variant of a run and nothing else, as a part of somebody else's page: the same shapes, words and colours as a report's, and no
//! scripts.

use serde::Serialize;

use super::axes::Axes;
use super::page::{Chip, legend};
use super::pane::{Pane, Side};
use super::{HtmlError, fill, palette};
use crate::report::data::{RunData, VariantData};
use crate::report::summarize;
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("strips.html.jinja");
/// What they look like; the page says what `--paper`, `--ink`, `--lane` and `--faint` are.
const CSS: &str = include_str!("strips.css");

#[derive(Serialize)]
struct Parts {
    hatches: Vec<&'static str>,
    groups_legend: Vec<Chip>,
    panes: Vec<Pane>,
    several: bool,
}

/// HTML for a page that has [`strips_style`] in it.
///
/// # Errors
/// When the template fails.
pub(crate) fn strips(run: &RunData, words: &'static Words) -> Result<String, HtmlError> {
    let summary = summarize::summarize(run);
    let axes = Axes::of(run);
    let variants: Vec<&VariantData> = run.variants.iter().collect();
    let side = Side::new((run, &summary), &axes, words, &variants);
    let parts = Parts {
        hatches: palette::all_classes(),
        groups_legend: legend(&variants),
        panes: (variants.iter())
            .map(|variant| side.pane(variant, ""))
            .collect(),
        several: variants.len() > 1,
    };
    fill(TEMPLATE, parts, words)
}

/// The style of [`strips`], colours of groups included.
pub(crate) fn strips_style() -> String {
    format!("{}{CSS}", palette::css())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn each_variant_has_its_lanes_with_their_names_and_nothing_below_them() {
        let run = fixture::run();
        for language in Language::ALL {
            let html = strips(&run, Words::of(language)).unwrap();
            assert_eq!(html.matches("<figure").count(), run.variants.len());
            assert!(html.contains("url(#hatch-slow-0)"), "{html}");
            assert!(!html.contains("class=\"area queue\""));
            let name = Words::of(language).say("page-lane", [("worker", 1.into())]);
            assert!(html.contains(&name), "{name}");
        }
    }
}
