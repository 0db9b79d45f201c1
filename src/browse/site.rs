//! A visitor's own site: nginx.conf and gunicorn's command as they are pasted, and the answer of `slowlab site`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::bounds::SITE_PATIENCE;
use super::library::Asked;
use super::server::Shared;
use super::shell::{self, Page};
use super::state::{App, Wanted};
use super::{answer, shell::words};
use crate::report::words::Words;
use crate::site::{self, Answer, Given, Stack, StackError};
use crate::understand::{Sources, understand};

const TEMPLATE: &str = include_str!("pages/site.html.jinja");
/// Where it is asked.
pub(super) const ASKED: &str = "/api/site";
/// Files as they are called by those who read them.
const GUNICORN_FILES: [&str; 5] = [
    "gunicorn.conf.py",
    "gunicorn.service",
    "Procfile",
    "docker-compose.yml",
    "Dockerfile",
];

/// What is pasted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pasted {
    nginx: String,
    gunicorn: String,
    /// What the second text is: `command`, or the name of a file.
    kind: String,
    #[serde(default)]
    cpus: Option<u32>,
    #[serde(default)]
    largest: Option<String>,
    #[serde(default)]
    slow: Option<String>,
    #[serde(default)]
    lang: Option<String>,
}

/// Its addresses.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/site", get(page))
        .route(ASKED, post(asked))
}

async fn page(State(app): Shared, Query(asked): Query<Asked>) -> Response {
    #[derive(Serialize)]
    struct Site {
        files: [&'static str; 5],
    }
    let words = words(&app, asked.lang.as_deref());
    let page = Page {
        name: "site",
        title: "browse-site",
        template: TEMPLATE,
        page: Site {
            files: GUNICORN_FILES,
        },
        module: "site.js",
        says: &[
            ("browse-site-asking", &[]),
            ("browse-site-took", &["seconds"]),
        ],
        data: serde_json::json!({}),
    };
    shell::render(&app, words, page)
}

#[derive(Serialize)]
struct Told {
    /// As `site --json` prints it.
    answer: Answer,
    /// As `site --html` writes it.
    html: String,
}

async fn asked(State(app): Shared, body: Result<Bytes, BytesRejection>) -> Response {
    let pasted: Pasted = match answer::read(body, words(&app, None)) {
        Ok(pasted) => pasted,
        Err(refusal) => return *refusal,
    };
    let words = words(&app, pasted.lang.as_deref());
    // A visitor's page asks one such question at a time.
    let page = Some(("site", 0));
    match app
        .in_turn((page, SITE_PATIENCE), move |wanted| {
            told(&pasted, words, wanted)
        })
        .await
    {
        Ok(Ok(told)) => answer::json(&told),
        Ok(Err(why)) => answer::refuse(StatusCode::UNPROCESSABLE_ENTITY, &why),
        Err(why) => answer::no_turn(why, words),
    }
}

/// The answer, or why there is none, in the words of those who read configurations.
fn told(pasted: &Pasted, words: &'static Words, wanted: &Wanted) -> Result<Told, String> {
    // A configuration is read from files, since it includes others; here there are no others. The folder is gone before anything is played.
    let understood = {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).map(|()| path)
        };
        let kept = |written: std::io::Result<_>| written.map_err(|error| error.to_string());
        let nginx = match pasted.nginx.trim() {
            "" => None,
            text => Some(kept(write("nginx.conf", text))?),
        };
        let gunicorn = match (pasted.gunicorn.trim(), &*pasted.kind) {
            ("", _) => Vec::new(),
            (command, "command") => vec![command.to_owned()],
            (text, kind) => {
                let known = GUNICORN_FILES.iter().find(|name| **name == kind);
                let name = known.ok_or("no such kind of file")?;
                vec![kept(write(name, text))?.display().to_string()]
            }
        };
        let sources = Sources {
            nginx,
            gunicorn,
            cpus: pasted.cpus,
            root: Some(folder.path().to_owned()),
            ..Sources::default()
        };
        let told = understand(&sources).map_err(|error| error.to_string());
        // Whoever pasted a text knows no folder of ours.
        told.map_err(|error| error.replace(&format!("{}/", folder.path().display()), ""))?
    };
    let question = site::Question {
        given: Given {
            largest: parsed(pasted.largest.as_deref())?,
            slow: parsed(pasted.slow.as_deref())?,
            cpus: pasted.cpus,
            language: words.language(),
            ..Given::default()
        },
        ..site::Question::default()
    };
    let stop = || wanted.is_over();
    let answer = site::answer(&understood, &question, &stop);
    let refused = |error: StackError| error.to_string();
    let answer = answer.map_err(refused)?;
    let pictures = match answer.cures.as_slice() {
        [] => None,
        _ => {
            let stack = Stack::new(&understood, &question.given).map_err(refused)?;
            site::pictures(&stack, &answer, words, &stop).map_err(refused)?
        }
    };
    let html = site::to_html(&answer, &[], pictures.as_ref(), words);
    Ok(Told {
        html: html.map_err(|error| error.to_string())?,
        answer,
    })
}

fn parsed<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, String>
where
    T::Err: std::fmt::Display,
{
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let parse = |text: &str| {
        text.parse()
            .map_err(|error: T::Err| format!("`{text}`: {error}"))
    };
    text.map(parse).transpose()
}
