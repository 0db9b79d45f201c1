//! Reports of runs that were recorded: of a scenario that pages know, below the folder of results or with the binary, or of a folder that the command line
//! names.
//! No part of an address ever becomes a part of a path.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::answer;
use super::bundled::{self, Bundled};
use super::server::Shared;
use super::shell;
use super::state::App;
use crate::files;
use crate::report::words::Words;

/// A larger page is not one of ours, and a browser would choke on it.
const LARGEST: u64 = 1 << 27;

/// What it is called in its folder.
pub(super) const REPORT: &str = "report.html";

/// Its addresses.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/recorded/{name}", get(latest))
        .route("/run/{place}", get(named))
}

/// The folder of a scenario's latest run.
pub(super) fn folder_of(app: &App, name: &str) -> Option<PathBuf> {
    app.toml(name)?;
    let name = name.trim_end_matches(".toml");
    Some(app.options.out.join(name).join("latest"))
}

/// Which run, and in which language its words are where they are made anew.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
}

async fn latest(
    State(app): Shared,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let folder = folder_of(&app, &name).filter(|folder| folder.join(REPORT).is_file());
    let words = shell::words(&app, asked.lang.as_deref());
    match bundled::of(&name) {
        Some(run) if folder.is_none() => drawn(run, words).await,
        _ => report(&app, folder),
    }
}

/// The report of a run that comes with the binary.
async fn drawn(run: Bundled, words: &'static Words) -> Response {
    let drawn = tokio::task::spawn_blocking(move || run.report(words));
    match drawn.await {
        Ok(Ok(Some(html))) => answer::typed("text/html; charset=utf-8", html),
        Ok(Err(error)) => answer::refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Ok(Ok(None)) | Err(_) => {
            answer::refuse_with(StatusCode::NOT_FOUND, "browse-no-report", words)
        }
    }
}

async fn named(State(app): Shared, Path(place): Path<usize>) -> Response {
    report(&app, app.options.runs.get(place).cloned())
}

/// `report.html` of a folder. It brings its own policy, which allows nothing but itself.
pub(super) fn report(app: &App, folder: Option<PathBuf>) -> Response {
    let page = folder.map(|folder| folder.join(REPORT));
    let page = page.and_then(|page| files::read_text(&page, LARGEST).ok());
    match page {
        Some(html) => answer::typed("text/html; charset=utf-8", html),
        None => {
            let words = shell::words(app, None);
            answer::refuse_with(StatusCode::NOT_FOUND, "browse-no-report", words)
        }
    }
}
