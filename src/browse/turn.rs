//! A turn of a knob: what is asked is played and judged, its picture drawn with the file's own behind it, and both are handed out before the series are made.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde::Serialize;
use tokio::sync::oneshot;

use super::answer;
use super::bounds::PATIENCE;
use super::bundled;
use super::server::Shared;
use super::simulate::{self, Ask, Before, NotPlayed, Simulated};
use super::state::{App, NoTurn, Wanted};
use super::whatif::{Question, not_played};
use crate::record::summary::{Summary, Verdict};
use crate::report::brief::sentence;
use crate::report::html::HtmlError;
use crate::report::words::Words;

/// Its address.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/simulate", post(simulated))
}

/// What comes of it.
#[derive(Serialize)]
struct Outcome {
    /// What happens, in a sentence.
    sentence: String,
    /// Whether anybody who behaves is harmed: `nothing` if not.
    harm: String,
    expectations: Vec<Judged>,
    /// As `run --engine sim --json` prints it.
    summary: Summary,
    html: String,
    /// The file with the settings in it.
    toml: String,
    /// Where it was not simulated.
    recorded: Option<Instead>,
}

/// Who is told it, as soon as it is known.
type Say<'a> = &'a mut dyn FnMut(Outcome);

/// What is said of a run that is shown in place of a simulated one.
#[derive(Serialize)]
struct Instead {
    /// That it was recorded, and when.
    told: String,
    /// Why it is not simulated.
    why: String,
}

#[derive(Serialize)]
struct Judged {
    claim: String,
    that: String,
    measured: String,
    held: bool,
}

async fn simulated(State(app): Shared, body: Result<Bytes, BytesRejection>) -> Response {
    let (question, ask, words) = match Question::read(&app, body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let shared = Arc::clone(&app);
    let (first, said) = oneshot::channel();
    let (rest, series) = oneshot::channel();
    let work = move |wanted: &Wanted| {
        let mut first = Some(first);
        // Written out here, not where all requests wait for one another.
        let mut say = |outcome: Outcome| {
            let line = serde_json::to_string(&outcome).map_err(|error| error.to_string());
            let _ = first.take().map(|first| first.send(line));
        };
        let played = played(&shared, &ask, words, (wanted, &mut say));
        played.map(|series| rest.send(series).is_ok())
    };
    let worked = app.in_turn((question.page(), PATIENCE), work);
    tokio::select! {
        biased;
        // What is not said is refused.
        Ok(line) = said => match line {
            Ok(line) => answer::lines(line, series),
            Err(error) => answer::refuse(StatusCode::INTERNAL_SERVER_ERROR, &error),
        },
        worked = worked => match worked {
            Err(why) => answer::no_turn(why, words),
            Ok(Err(refused)) => *refused,
            Ok(Ok(_)) => answer::no_turn(NoTurn::Superseded, words),
        },
    }
}

/// Plays it and says what comes of it; the series come back.
fn played(
    app: &App,
    ask: &Ask,
    words: &'static Words,
    (wanted, say): (&Wanted, Say<'_>),
) -> Result<String, Box<Response>> {
    let stop = || wanted.is_over();
    let refuse = |why: NotPlayed| Box::new(not_played(&why, words));
    let failed = |error: HtmlError| {
        Box::new(answer::refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            &error.to_string(),
        ))
    };
    match simulate::simulate(ask, words, &stop) {
        Ok(simulated) if ask.set.is_empty() => {
            // Whoever opens a page will turn a knob of it.
            keep(app, ask, simulated.before());
            shown((simulated, None), None, words, say).map_err(failed)
        }
        Ok(simulated) => {
            let before = ghost(app, ask, words, wanted).map_err(refuse)?;
            shown((simulated, before.as_deref()), None, words, say).map_err(failed)
        }
        Err(why @ NotPlayed::Sockets { .. }) => {
            let Some(run) = bundled::instead(ask, words) else {
                return Err(refuse(why));
            };
            let started = run.data.manifest.started_utc.clone();
            let recorded = Instead {
                told: words.tell("browse-recorded-instead", &[("started", &started)]),
                why: why.told(words),
            };
            shown((run, None), Some(recorded), words, say).map_err(failed)
        }
        Err(why) => Err(refuse(why)),
    }
}

/// The file as it is; kept, since every question about it has the same behind it.
fn ghost(
    app: &App,
    ask: &Ask,
    words: &'static Words,
    wanted: &Wanted,
) -> Result<Option<Arc<Before>>, NotPlayed> {
    let plain = Ask {
        set: Vec::new(),
        ..ask.clone()
    };
    if let Some(known) = app.ghost(&plain) {
        return Ok(Some(known));
    }
    let played = simulate::simulate(&plain, words, &|| wanted.is_over())?;
    Ok(keep(app, &plain, played.before()))
}

fn keep(app: &App, plain: &Ask, before: Option<Before>) -> Option<Arc<Before>> {
    let before = Arc::new(before?);
    app.keep_ghost(plain.clone(), Arc::clone(&before));
    Some(before)
}

/// Says what comes of a run, and goes on to its series.
fn shown(
    (run, before): (Simulated, Option<&Before>),
    recorded: Option<Instead>,
    words: &'static Words,
    say: Say<'_>,
) -> Result<String, HtmlError> {
    let summary = run.summary.clone();
    let headline = summary.headline.as_ref();
    let mut outcome = Some(Outcome {
        sentence: headline.map_or_else(String::new, |one| sentence(&one.text)),
        harm: headline.map_or_else(String::new, |one| one.kind.clone()),
        expectations: (summary.expectations.iter())
            .filter(|one| matches!(one.verdict, Verdict::Held | Verdict::Failed))
            .map(|one| Judged {
                claim: one.claim.clone(),
                that: one.that.clone(),
                measured: one.measured.clone(),
                held: one.verdict == Verdict::Held,
            })
            .collect(),
        html: String::new(),
        toml: run.plan.source.clone(),
        summary,
        recorded,
    });
    let mut seen = |html: String| {
        if let Some(outcome) = outcome.take() {
            say(Outcome { html, ..outcome });
        }
    };
    let series = run.picture(before, words, &mut seen)?;
    // A run of nothing has no picture.
    seen(String::new());
    Ok(series.unwrap_or_else(|| "null".to_owned()))
}
