//! The theatre: a scenario's stack as tanks and pipes, played from the byte ledger of a simulated run.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::answer;
use super::server::Shared;
use super::shell::{self, Page};
use super::state::App;
use crate::scenario;

const TEMPLATE: &str = include_str!("pages/theatre.html.jinja");
/// What is played where an address names nothing.
const FIRST: &str = "worker-starvation";

/// What the page is asked with; its module reads the settings itself.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    scenario: Option<String>,
}

/// Its address.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/theatre", get(page))
}

async fn page(State(app): Shared, Query(asked): Query<Asked>) -> Response {
    #[derive(Serialize)]
    struct Theatre {
        name: String,
        question: String,
    }
    let words = shell::words(&app, asked.lang.as_deref());
    let name = asked.scenario.unwrap_or_else(|| FIRST.to_owned());
    let loaded = app.toml(&name);
    let loaded = loaded.map(|toml| scenario::load_text(&name, &name, &toml, &[]));
    let Some(Ok(scenario)) = loaded else {
        return answer::refuse_with(StatusCode::NOT_FOUND, "browse-no-scenario", words);
    };
    let own = scenario.words.get(words.language().code());
    let question = own.and_then(|own| own.question.clone());
    let data = serde_json::json!({ "name": name });
    let page = Page {
        name: "theatre",
        title: "browse-theatre",
        template: TEMPLATE,
        page: Theatre {
            question: question.unwrap_or(scenario.question),
            name,
        },
        module: "stageplay.js",
        says: &[],
        data,
    };
    shell::render(&app, words, page)
}
