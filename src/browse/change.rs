//! What a page's settings are in the words of the real programs: the lines of nginx.conf and gunicorn.conf.py that they change.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde::Serialize;

use super::answer;
use super::server::Shared;
use super::simulate::{Ask, NotPlayed};
use super::state::App;
use super::whatif::{Question, not_played};
use crate::plan::Plan;
use crate::reference::export::{self, Layout};

/// The files in which a setting can stand.
const FILES: [&str; 3] = ["edge.conf", "nginx.conf", "gunicorn.conf.py"];

/// Its address.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/change", post(change))
}

#[derive(Serialize)]
struct Changed {
    /// As `diff -u` would say it, without its context.
    diff: String,
}

async fn change(State(app): Shared, body: Result<Bytes, BytesRejection>) -> Response {
    let (_, ask, words) = match Question::read(&app, body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let plain = Ask {
        set: Vec::new(),
        ..ask.clone()
    };
    let files = |ask: &Ask| {
        ask.plan()
            .map(|run| run.variants.first().map(|one| files(&one.plan)))
    };
    match (files(&plain), files(&ask)) {
        (Ok(Some(Ok(before))), Ok(Some(Ok(after)))) => answer::json(&Changed {
            diff: told(&before, &after),
        }),
        (Err(why), _) | (_, Err(why)) => refused(&why, words),
        (Ok(Some(Err(why))), _) | (_, Ok(Some(Err(why)))) => {
            answer::refuse(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
        (Ok(None), _) | (_, Ok(None)) => {
            answer::refuse_with(StatusCode::NOT_FOUND, "browse-nothing-here", words)
        }
    }
}

fn refused(why: &NotPlayed, words: &crate::report::words::Words) -> Response {
    not_played(why, words)
}

/// The files of a plan by name: only what the real programs can be told.
fn files(plan: &Plan) -> Result<Vec<(&'static str, String)>, String> {
    let all = export::render(plan, &Layout::by_hand(plan)).map_err(|why| why.to_string())?;
    let wanted = all.into_iter().filter(|file| FILES.contains(&file.path));
    Ok(wanted.map(|file| (file.path, file.text)).collect())
}

/// Lines that are there before only, and after only, file by file.
fn told(before: &[(&str, String)], after: &[(&str, String)]) -> String {
    let text = |of: &[(&str, String)], name: &str| {
        let file = of.iter().find(|(known, _)| *known == name);
        file.map_or(String::new(), |(_, text)| text.clone())
    };
    let mut told = String::new();
    for name in FILES {
        let (old, new) = (text(before, name), text(after, name));
        let changed = lines(&old, &new);
        if !changed.is_empty() {
            told += &format!("--- {name}\n+++ {name}\n{changed}");
        }
    }
    told
}

/// The shortest list of lines to take out and to put in (by their longest common subsequence: these files are short).
fn lines(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            common[i][j] = match a == b {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut told = String::new();
    while i < old.len() || j < new.len() {
        let same = i < old.len() && j < new.len() && old[i] == new[j];
        if same {
            i += 1;
            j += 1;
        } else if j == new.len() || i < old.len() && common[i + 1][j] >= common[i][j + 1] {
            told += &format!("-{}\n", old[i]);
            i += 1;
        } else {
            told += &format!("+{}\n", new[j]);
            j += 1;
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_the_lines_that_differ() {
        assert_eq!(lines("a\nb\nc\n", "a\nx\nc\nd\n"), "-b\n+x\n+d\n");
        assert_eq!(lines("a\n", "a\n"), "");
        assert_eq!(lines("", "a\n"), "+a\n");
        let before = [("nginx.conf", "proxy_buffering off;\n".to_owned())];
        let after = [("nginx.conf", "proxy_buffering on;\n".to_owned())];
        let told = told(&before, &after);
        assert_eq!(
            told,
            "--- nginx.conf\n+++ nginx.conf\n-proxy_buffering off;\n+proxy_buffering on;\n"
        );
    }
}
