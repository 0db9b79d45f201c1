//! The report as one HTML file that needs no network: what happened and what cures it first, the numbers after the words.
//!
//! Everything can be read without scripts. They add a cursor that runs through all pictures, zoom, play, and the journey of single requests.

mod areas;
mod assets;
mod axes;
mod compared;
mod conditions;
mod existence;
mod flow;
mod further;
mod ghost;
mod harmed;
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
mod waiting;
mod whatif;
mod whys;
mod wording;

pub use compared::compared;
pub use pair::pair;
pub use whatif::{Picture, picture};

pub(crate) use assets::{FONT, MODULES, STILL, hash, sheet, style};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
pub(crate) use page::in_address;
pub(crate) use strips::{strips, strips_style};
pub(crate) use wording::for_scripts as script_words;

use super::data::RunData;
use super::symptoms::Said;
use super::words::Words;
use crate::record::summary::Summary;

/// What several pages have in common: marks, panes, legends.
const MACROS: &str = include_str!("macros.html.jinja");
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

/// A template with its page in it, and the macros of all pages: everything is escaped that does not say that it need not be.
///
/// # Errors
/// When the template fails.
pub(crate) fn fill(
    template: &str,
    page: impl serde::Serialize,
    words: &'static Words,
) -> Result<String, HtmlError> {
    let environment = environment(template, words)?;
    let template = environment.get_template(PAGE)?;
    Ok(template.render(Serde(page))?)
}

/// What a template is called in its environment.
const PAGE: &str = "page";

/// Templates that were parsed, by their language and text: the server fills the same ones again and again, and parsing takes as long as filling.
static PARSED: Mutex<BTreeMap<(&str, String), Arc<Environment<'static>>>> =
    Mutex::new(BTreeMap::new());

/// The environment of a template, with the macros of all pages.
fn environment(
    template: &str,
    words: &'static Words,
) -> Result<Arc<Environment<'static>>, minijinja::Error> {
    let key = (words.language().code(), template.to_owned());
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = parsed.get(&key) {
        return Ok(Arc::clone(known));
    }
    let mut environment = Environment::new();
    environment.add_filter("code", page::code);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    wording::teach(&mut environment, words);
    environment.add_template_owned(PAGE, format!("{MACROS}{template}"))?;
    let environment = Arc::new(environment);
    parsed.insert(key, Arc::clone(&environment));
    Ok(environment)
}

#[cfg(test)]
mod tests;
