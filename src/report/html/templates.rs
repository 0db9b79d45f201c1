//! Templates with what a page gives them: parsed once, filled again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};

use super::{HtmlError, page, wording};
use crate::report::words::Words;

/// What several pages have in common: marks, panes, legends.
const MACROS: &str = include_str!("macros.html.jinja");

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
