//! The variants of a run beside one another on the same axes, as a part of somebody else's page: the first is the harm, the others are its cures. The same
//! shapes, words and legend as a report's, and no scripts.

use serde::Serialize;

use super::axes::Axes;
use super::page::{Chip, legend};
use super::pane::{Pane, Side};
use super::waiting::Band;
use super::{HtmlError, fill, palette};
use crate::report::data::{RunData, VariantData};
use crate::report::summarize;
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("pair.html.jinja");

#[derive(Serialize)]
struct Parts {
    hatches: Vec<&'static str>,
    groups_legend: Vec<Chip>,
    bands: Vec<Band>,
    panes: Vec<Pane>,
}

/// HTML for a page that has the report's style in it.
///
/// # Errors
/// When the template fails.
pub fn pair(run: &RunData, words: &'static Words) -> Result<String, HtmlError> {
    let summary = summarize::summarize(run);
    let axes = Axes::of(run);
    let variants: Vec<&VariantData> = run.variants.iter().collect();
    let side = Side::new((run, &summary), &axes, words, &variants);
    let roles = ["sick"].into_iter().chain(std::iter::repeat("cure"));
    let panes = variants.iter().zip(roles);
    let parts = Parts {
        hatches: palette::all_classes(),
        groups_legend: legend(&variants),
        bands: side.bands.clone(),
        panes: panes
            .map(|(variant, role)| side.pane(variant, role))
            .collect(),
    };
    fill(TEMPLATE, parts, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn the_harm_stands_before_its_cure_on_the_same_axis() {
        let mut run = fixture::run();
        run.variants.truncate(2);
        for language in Language::ALL {
            let html = pair(&run, Words::of(language)).unwrap();
            assert_eq!(html.matches("<article class=\"pane sick").count(), 1);
            assert_eq!(html.matches("<article class=\"pane cure").count(), 1);
            assert!(html.contains("class=\"legend\"") && !html.contains(">page-"));
            let axes: Vec<&str> = html.split("<div class=\"plot axis\"").skip(1).collect();
            let ticks = |axis: &str| axis.split("</div>").next().map(str::to_owned);
            assert_eq!(ticks(axes[0]), ticks(axes[1]));
        }
    }
}
