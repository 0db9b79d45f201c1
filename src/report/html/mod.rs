//! The report as one HTML file that needs no network: what happened and what cures it first, the numbers after the words.
//!
//! Everything can be read without scripts. They add a cursor that runs through all pictures, zoom, play, and the journey of single requests.

mod areas;
mod assets;
mod axes;
mod compared;
mod conditions;
mod drawn;
mod existence;
mod flow;
mod further;
mod ghost;
mod harmed;
mod heights;
mod journeys;
mod lanes;
mod latency;
mod numbers;
mod page;
mod pair;
mod palette;
mod pane;
mod payload;
mod segments;
mod shapes;
mod stages;
mod story;
mod strips;
mod templates;
mod waiting;
mod whatif;
mod whys;
mod wording;

pub use compared::compared;
pub use pair::pair;
pub use whatif::picture;

pub(crate) use assets::{FONT, MODULES, STILL, hash, sheet, style};
pub(crate) use page::in_address;
pub(crate) use strips::{strips, strips_style};
pub(crate) use templates::fill;
pub(crate) use wording::for_scripts as script_words;

use super::data::RunData;
use super::symptoms::Said;
use super::words::Words;
use crate::record::summary::Summary;

const TEMPLATE: &str = include_str!("report.html.jinja");

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The template failed.
    #[error(
        "the report's template failed: {0:#}\nhint: please report this as a bug; summary.json is complete without it"
    )]
    Template(#[from] minijinja::Error),
}

/// The whole file.
///
/// # Errors
/// When the template fails.
pub fn render(
    run: &RunData,
    summary: &Summary,
    said: &[Said],
    words: &'static Words,
) -> Result<String, HtmlError> {
    let page = page::Page::of(run, summary, said, words);
    fill(TEMPLATE, page, words)
}

/// JSON that no HTML parser takes for markup.
pub(crate) fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests;
