//! The workshop in a browser: the list of lessons, and each lesson as the page that a handout is, with the teacher's notes in it.
//!
//! A page has every answer in it, so that a class does not depend on this server once a page is open; it is computed once and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::answer;
use super::server::Shared;
use super::shell::{self, Page};
use super::state::App;
use crate::lessons::{self, Folder, For};
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("pages/lessons.html.jinja");

/// Pages that were computed, by the lesson's name and the language.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<BTreeMap<(String, &'static str), Arc<lessons::Page>>>);

/// What the list shows.
#[derive(Serialize)]
struct Shelf {
    courses: Vec<String>,
    lessons: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    number: u32,
    title: String,
    minutes: String,
}

/// In which language.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
}

/// Its addresses.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/lessons", get(list))
        .route("/lessons/{name}", get(lesson))
}

async fn list(State(app): Shared, Query(asked): Query<Asked>) -> Response {
    let words = shell::words(&app, asked.lang.as_deref());
    let read = |folder: &Folder| folder.lesson(words.language()).ok();
    let lessons: Vec<_> = app.options.lessons.iter().filter_map(read).collect();
    let minutes = |minutes: u32| words.tell("lesson-minutes", &[("minutes", &minutes.to_string())]);
    let course = |path: lessons::Path| {
        let of = |name: &String| lessons.iter().find(|lesson| lesson.name == *name);
        let of: Vec<_> = path.lessons.iter().filter_map(of).collect();
        let all: u32 = of.iter().map(|lesson| lesson.minutes()).sum();
        let numbers: Vec<String> = of
            .iter()
            .map(|lesson| lesson.number().to_string())
            .collect();
        let (all, numbers) = (all.to_string(), numbers.join(" · "));
        let title = path.title(words.language());
        let arguments = [("title", title), ("minutes", &*all), ("lessons", &*numbers)];
        words.tell("lesson-course", &arguments)
    };
    let shelf = Shelf {
        courses: lessons::paths().into_iter().map(course).collect(),
        lessons: (lessons.iter())
            .map(|lesson| Line {
                name: lesson.name.clone(),
                number: lesson.number(),
                title: lesson.title.clone(),
                minutes: minutes(lesson.minutes()),
            })
            .collect(),
    };
    let page = Page {
        name: "lessons",
        title: "lesson-list",
        template: TEMPLATE,
        page: shelf,
        module: "lessons.js",
        says: &[],
        data: serde_json::json!({}),
    };
    shell::render(&app, words, page)
}

async fn lesson(
    State(app): Shared,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let words = shell::words(&app, asked.lang.as_deref());
    let known = app
        .options
        .lessons
        .iter()
        .position(|folder| folder.name == name);
    let Some(place) = known else {
        return answer::refuse(
            StatusCode::NOT_FOUND,
            &words.tell("lesson-none", &[("name", &name)]),
        );
    };
    let of_app = Arc::clone(&app);
    let computed = tokio::task::spawn_blocking(move || {
        of_app
            .lesson_pages
            .page(&of_app.options.lessons[place], words)
    });
    match computed.await {
        Ok(Ok(page)) => shown(&page),
        Ok(Err(why)) => answer::refuse(StatusCode::UNPROCESSABLE_ENTITY, &why),
        Err(error) => answer::refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// With the page's own policy: its one script, and nothing else.
fn shown(page: &lessons::Page) -> Response {
    let mut response = answer::typed("text/html; charset=utf-8", page.html.clone());
    if let Ok(policy) = HeaderValue::from_str(&page.policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

impl Pages {
    /// A lesson's page; computed where it has not been.
    ///
    /// # Errors
    /// What is wrong with the lesson, in words.
    fn page(&self, folder: &Folder, words: &'static Words) -> Result<Arc<lessons::Page>, String> {
        let key = (folder.name.clone(), words.language().code());
        // One at a time: a class opens the same page at once.
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages.get(&key) {
            return Ok(Arc::clone(page));
        }
        let lesson = folder
            .lesson(words.language())
            .map_err(|wrong| wrong.to_string())?;
        lessons::check(&lesson, folder).map_err(|wrong| wrong.to_string())?;
        let page = lessons::page(&lesson, folder, For::Server, words);
        let page = Arc::new(page.map_err(|error| error.to_string())?);
        pages.insert(key, Arc::clone(&page));
        Ok(page)
    }
}
