//! What if: a scenario with its knobs, simulated anew whenever one is turned.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::answer;
use super::knobs::{self, Knob};
use super::library::{Recorded, recorded};
use super::server::Shared;
use super::shell::{self, Page};
use super::simulate::{Ask, NotPlayed};
use super::state::App;
use crate::plan::BASELINE;
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("pages/whatif.html.jinja");

/// What the module says.
const SAYS: &[(&str, &[&str])] = &[
    ("browse-computing", &[]),
    ("browse-computed", &["ms"]),
    ("browse-copied", &[]),
    ("browse-as-in-file", &[]),
    ("browse-cures-none", &[]),
    ("browse-cures-nothing", &["tried"]),
    ("browse-cures-tried", &["tried"]),
    ("browse-cure-gone", &[]),
    ("browse-cure-left", &["left", "before"]),
    ("browse-cure-milder", &[]),
    ("browse-cliff", &[]),
    ("browse-cliff-between", &["low", "high"]),
    ("browse-confirm-lead", &["seconds"]),
    ("browse-confirm-report", &[]),
    ("browse-confirm-failed", &["why"]),
    (
        "browse-confirm-now",
        &["elapsed", "duration", "busy", "slots", "queue"],
    ),
    ("browse-confirm-group", &["name", "finished", "failed"]),
    ("browse-nothing-changed", &[]),
];

/// Its address.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/whatif", get(page))
}

/// What the page is asked with; `set` may be there again and again, so the module reads that itself.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    scenario: Option<String>,
}

/// What a page asks to be simulated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// A scenario that there is here.
    #[serde(default)]
    name: Option<String>,
    /// Or the text of one.
    #[serde(default)]
    toml: Option<String>,
    #[serde(default)]
    set: Vec<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    /// Who asks: of one page only the newest question counts.
    #[serde(default)]
    page: Option<String>,
    #[serde(default)]
    serial: u64,
}

/// A variant of the file, as settings.
#[derive(Serialize)]
struct Preset {
    name: String,
    why: String,
    set: BTreeMap<String, String>,
}

async fn page(State(app): Shared, Query(asked): Query<Asked>) -> Response {
    #[derive(Serialize)]
    struct WhatIf {
        name: String,
        question: String,
        parts: Vec<(String, Vec<Knob>)>,
        presets: Vec<Preset>,
        recorded: Option<Recorded>,
    }
    let words = shell::words(&app, asked.lang.as_deref());
    let name = asked
        .scenario
        .unwrap_or_else(|| "worker-starvation".to_owned());
    let Some(toml) = app.toml(&name) else {
        return answer::refuse_with(StatusCode::NOT_FOUND, "browse-no-scenario", words);
    };
    let ask = Ask {
        name: name.clone(),
        toml,
        set: Vec::new(),
        variant: BASELINE.to_owned(),
    };
    let scenario = match ask.scenario() {
        Ok(scenario) => scenario,
        Err(why) => return answer::refuse(StatusCode::UNPROCESSABLE_ENTITY, &why.told(words)),
    };
    let own = scenario.words.get(words.language().code());
    let presets = scenario.variants.iter().map(|variant| {
        let why = own.and_then(|own| own.why.get(&variant.name));
        let knobs = variant.knobs.iter();
        Preset {
            name: variant.name.clone(),
            why: why.unwrap_or(&variant.why).clone(),
            set: knobs
                .map(|knob| (knob.key.clone(), knob.value.clone()))
                .collect(),
        }
    });
    let presets: Vec<Preset> = presets.collect();
    let all = knobs::knobs(&scenario.baseline);
    let question = own.and_then(|own| own.question.clone());
    let data = serde_json::json!({ "name": name, "knobs": all, "presets": presets });
    let page = Page {
        name: "whatif",
        title: "browse-what-if",
        template: TEMPLATE,
        page: WhatIf {
            question: question.unwrap_or(scenario.question),
            parts: by_part(all),
            presets,
            recorded: recorded(&app, &name, words),
            name,
        },
        module: "whatif.js",
        says: SAYS,
        data,
    };
    shell::render(&app, words, page)
}

/// Knobs under the part of the stack that they belong to, in order.
fn by_part(all: Vec<Knob>) -> Vec<(String, Vec<Knob>)> {
    let mut parts: Vec<(String, Vec<Knob>)> = Vec::new();
    for knob in all {
        match parts.last_mut().filter(|(part, _)| *part == knob.part) {
            Some((_, knobs)) => knobs.push(knob),
            None => parts.push((knob.part.clone(), vec![knob])),
        }
    }
    parts
}

impl Question {
    /// What a request asks: the question, its stack, and the language of the answer.
    ///
    /// # Errors
    /// The refusal: a body that is none, a scenario that is not here.
    pub(super) fn read(
        app: &App,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<(Question, Ask, &'static Words), Box<Response>> {
        let question: Question = answer::read(body, shell::words(app, None))?;
        let (ask, words) = question.resolved(app)?;
        Ok((question, ask, words))
    }

    /// Its stack, and the language of the answer.
    ///
    /// # Errors
    /// The refusal: a scenario that is not one of those that there are here.
    pub(super) fn resolved(&self, app: &App) -> Result<(Ask, &'static Words), Box<Response>> {
        let words = shell::words(app, self.lang.as_deref());
        let unknown = || {
            Box::new(answer::refuse_with(
                StatusCode::NOT_FOUND,
                "browse-no-scenario",
                words,
            ))
        };
        Ok((self.ask(app).ok_or_else(unknown)?, words))
    }

    /// Who asks, if a newer question of the same page shall take the place of this one.
    pub(super) fn page(&self) -> Option<(&str, u64)> {
        let page = self.page.as_deref().filter(|page| page.len() <= 64);
        page.map(|page| (page, self.serial))
    }

    /// Whether it brings its own scenario.
    pub(super) const fn is_text(&self) -> bool {
        self.toml.is_some()
    }

    fn ask(&self, app: &App) -> Option<Ask> {
        let name = self.name.clone().unwrap_or_else(|| "scenario".to_owned());
        let toml = match &self.toml {
            Some(toml) => toml.clone(),
            None => app.toml(&name)?,
        };
        Some(Ask {
            name: name.trim_end_matches(".toml").to_owned(),
            toml,
            set: self.set.clone(),
            variant: self.variant.clone().unwrap_or_else(|| BASELINE.to_owned()),
        })
    }
}

/// As HTTP says it.
pub(super) fn not_played(why: &NotPlayed, words: &Words) -> Response {
    let status = match why {
        NotPlayed::Stopped => StatusCode::CONFLICT,
        NotPlayed::TooMuch(_) | NotPlayed::TooManyEvents => StatusCode::UNPROCESSABLE_ENTITY,
        NotPlayed::Mistakes(_) | NotPlayed::Variant(_) | NotPlayed::Sockets { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    answer::refuse(status, &why.told(words))
}
