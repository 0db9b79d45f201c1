//! What all pages have around them: language, style, the way from page to page, the words and the token that their modules need.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::Value;
use serde::Serialize;

use super::answer;
use super::assets::import_map;
use super::state::App;
use crate::report::html;
use crate::report::words::{Language, Words};

const TOP: &str = include_str!("pages/top.html.jinja");
const END: &str = include_str!("pages/end.html.jinja");

/// A page's own part.
pub(super) struct Page<'a, T> {
    /// Its name among [`PLACES`], or another one.
    pub(super) name: &'a str,
    /// The message that is its title.
    pub(super) title: &'a str,
    /// What stands in `<main>`.
    pub(super) template: &'static str,
    /// What the template gets as `page`.
    pub(super) page: T,
    /// The module that begins; its `start(document, data)` gets `data` and the words.
    pub(super) module: &'a str,
    /// Messages that the module says, by their whole names, each with its arguments.
    pub(super) says: &'a [(&'a str, &'a [&'a str])],
    /// What the module gets.
    pub(super) data: serde_json::Value,
}

/// The way from page to page: address, message.
pub(super) const PLACES: [(&str, &str); 4] = [
    ("library", "browse-library"),
    ("whatif", "browse-what-if"),
    ("theatre", "browse-theatre"),
    ("site", "browse-site"),
];

#[derive(Serialize)]
struct Shell<T> {
    lang: &'static str,
    other_lang: &'static str,
    about: String,
    title: String,
    token: String,
    import_map: Value,
    module: String,
    data: Value,
    places: Vec<Place>,
    page: T,
}

#[derive(Serialize)]
struct Place {
    address: String,
    name: String,
    here: bool,
}

/// The language that an address asks for, else the server's.
pub(super) fn words(app: &App, lang: Option<&str>) -> &'static Words {
    let all = Language::ALL.into_iter();
    let asked = all.into_iter().find(|one| Some(one.code()) == lang);
    Words::of(asked.unwrap_or(app.options.language))
}

/// The whole page.
pub(super) fn render<T: Serialize>(
    app: &App,
    words: &'static Words,
    page: Page<'_, T>,
) -> Response {
    let lang = words.language().code();
    let mut data = page.data;
    // From a scenario's page another one leads to the same scenario.
    let name = data.get("name").and_then(serde_json::Value::as_str);
    let about = name.map_or(String::new(), |name| {
        format!("&scenario={}", html::in_address(name))
    });
    if let Some(data) = data.as_object_mut() {
        data.insert("words".to_owned(), said(page.says, words).into());
        data.insert("lang".to_owned(), lang.into());
    }
    let places = PLACES.iter().map(|(address, message)| Place {
        address: format!("/{address}?lang={lang}{about}"),
        name: words.say(message, []),
        here: *address == page.name,
    });
    let mut others = Language::ALL.into_iter().map(Language::code);
    let shell = Shell {
        lang,
        about: about.clone(),
        other_lang: others.find(|code| *code != lang).unwrap_or(lang),
        title: words.say(page.title, []),
        token: app.token.clone(),
        import_map: Value::from_safe_string(import_map().to_owned()),
        module: page.module.to_owned(),
        data: Value::from_safe_string(html::in_script(&data.to_string())),
        places: places.collect(),
        page: page.page,
    };
    let template = format!("{TOP}{}{END}", page.template);
    match html::fill(&template, shell, words) {
        Ok(html) => answer::page(html),
        Err(error) => answer::refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// What scripts say: the report's own words, and these.
fn said(says: &[(&str, &[&str])], words: &Words) -> serde_json::Map<String, serde_json::Value> {
    let mut all: BTreeMap<String, String> = html::script_words(words);
    for (message, arguments) in says {
        let blanks: Vec<(&str, String)> = arguments
            .iter()
            .map(|name| (*name, format!("{{{name}}}")))
            .collect();
        let arguments: Vec<(&str, &str)> = blanks
            .iter()
            .map(|(name, blank)| (*name, blank.as_str()))
            .collect();
        all.insert((*message).to_owned(), words.tell(message, &arguments));
    }
    all.into_iter()
        .map(|(name, text)| (name, text.into()))
        .collect()
}
