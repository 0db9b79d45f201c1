//! A configuration tried with other values: at which value of a knob its clients begin to be harmed, and which single changes help them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde::{Deserialize, Serialize};

use super::answer;
use super::bounds::PATIENCE;
use super::changes::{Change, changes};
use super::server::Shared;
use super::simulate::{self, Ask, NotPlayed};
use super::state::{App, Wanted};
use super::whatif::{Question, not_played};
use crate::bisection::{neighbours, turn};
use crate::record::Manifest;
use crate::record::summary::VariantSummary;
use crate::report::abreast::abreast;
use crate::report::data::RunData;
use crate::report::headline::{Harmed, cures, harmed};
use crate::report::summarize::summarize_variant;
use crate::report::words::Words;

/// Values of a knob that are tried.
const MOST_VALUES: usize = 24;
/// Cures that are told.
const MOST_CURES: usize = 6;

/// Its addresses.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/cliff", post(cliff))
        .route("/api/cures", post(cured))
}

/// A run that was only weighed.
struct Weighed {
    data: RunData,
    numbers: VariantSummary,
}

impl Weighed {
    fn harm(&self) -> Harmed {
        harmed(&self.data, &self.numbers)
    }

    fn pair(&self) -> (&RunData, &VariantSummary) {
        (&self.data, &self.numbers)
    }
}

/// Plays it and counts; says nothing about it in words.
fn weighed(ask: &Ask, wanted: &Wanted) -> Result<Weighed, NotPlayed> {
    if wanted.is_over() {
        return Err(NotPlayed::Stopped);
    }
    let run = ask.plan()?;
    let variants = run.variants.iter();
    let stop = || wanted.is_over();
    let variants = variants.map(|one| simulate::rows_without_bytes(&one.plan, &stop));
    let variants = variants.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = variants.first() else {
        return Err(NotPlayed::Stopped);
    };
    Ok(Weighed {
        numbers: summarize_variant(first),
        data: RunData {
            manifest: Manifest::default(),
            scenario_toml: String::new(),
            variants,
        },
    })
}

/// The same with one more setting, in place of what was set there.
fn with(ask: &Ask, set: &[(String, String)]) -> Ask {
    let is_new = |old: &&String| {
        let key = old.split_once('=').map_or("", |(key, _)| key);
        !set.iter().any(|(changed, _)| changed == key)
    };
    let kept = ask.set.iter().filter(is_new).cloned();
    let new = set.iter().map(|(key, value)| format!("{key}={value}"));
    Ask {
        set: kept.chain(new).collect(),
        ..ask.clone()
    }
}

/// A question about one knob.
#[derive(Deserialize)]
struct AlongKnob {
    question: Question,
    key: String,
    values: Vec<String>,
}

/// Where along a knob clients are harmed.
#[derive(Serialize)]
struct Cliff {
    /// For each value that was asked for; `null` is one that cannot be played.
    harm: Vec<Option<Harmed>>,
    /// Between whole numbers: the last at which all is well and the first at which it is not, or the other way round.
    edges: Vec<(u64, u64)>,
}

async fn cliff(State(app): Shared, body: Result<Bytes, BytesRejection>) -> Response {
    let words = super::shell::words(&app, None);
    let asked: AlongKnob = match answer::read(body, words) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let (ask, words) = match asked.question.resolved(&app) {
        Ok(resolved) => resolved,
        Err(refusal) => return *refusal,
    };
    let AlongKnob {
        question,
        key,
        mut values,
    } = asked;
    values.truncate(MOST_VALUES);
    let found = app.in_turn((question.page(), PATIENCE), move |wanted| {
        along(&ask, &key, &values, wanted)
    });
    match found.await {
        Ok(Some(cliff)) => answer::json(&cliff),
        Ok(None) => answer::refuse_with(StatusCode::CONFLICT, "browse-stopped", words),
        Err(why) => answer::no_turn(why, words),
    }
}

/// Tries each value, on all cores; `None` once nobody wants it any more.
fn along(ask: &Ask, key: &str, values: &[String], wanted: &Wanted) -> Option<Cliff> {
    let at = |value: &str| {
        let set = [(key.to_owned(), value.to_owned())];
        Some(weighed(&with(ask, &set), wanted).ok()?.harm())
    };
    let harm = abreast(values, |value| at(value));
    let numbers: Vec<Option<u64>> = values.iter().map(|value| value.parse().ok()).collect();
    let mut edges = Vec::new();
    for (pair, harm) in numbers.windows(2).zip(harm.windows(2)) {
        if let ([Some(low), Some(high)], [Some(before), Some(after)]) = (pair, harm)
            && is_bad(*before) != is_bad(*after)
        {
            let mut is_otherwise = |n: u64| {
                let harm = at(&n.to_string()).ok_or(())?;
                Ok::<_, ()>(is_bad(harm) != is_bad(*before))
            };
            edges.push(turn((*low, *high), neighbours, &mut is_otherwise).ok()?);
        }
    }
    (!wanted.is_over()).then_some(Cliff { harm, edges })
}

/// Whether clients who behave are harmed: the ranks of a run's sentence from there on.
fn is_bad(harm: Harmed) -> bool {
    harm.rank >= Harmed::FELT
}

/// A change that was tried.
#[derive(Serialize)]
struct Tried {
    #[serde(flatten)]
    change: Change,
    /// What is left of the harm.
    left: Harmed,
    /// Whether it is gone, and nothing as bad came in its place.
    cures: bool,
    /// What it costs, in words.
    price: String,
}

#[derive(Serialize)]
struct Cures {
    before: Harmed,
    cures: Vec<Tried>,
    /// How many changes were tried.
    tried: usize,
}

async fn cured(State(app): Shared, body: Result<Bytes, BytesRejection>) -> Response {
    let (question, ask, words) = match Question::read(&app, body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let found = app.in_turn((question.page(), PATIENCE), move |wanted| {
        ranked(&ask, words, wanted)
    });
    match found.await {
        Ok(Ok(cures)) => answer::json(&cures),
        Ok(Err(why)) => not_played(&why, words),
        Err(why) => answer::no_turn(why, words),
    }
}

/// Tries every change and has the best first: those that cure, then those that leave least; of equals the one that costs least.
fn ranked(ask: &Ask, words: &'static Words, wanted: &Wanted) -> Result<Cures, NotPlayed> {
    let sick = weighed(ask, wanted)?;
    let before = sick.harm();
    if before.rank == 0 {
        return Ok(Cures {
            before,
            cures: Vec::new(),
            tried: 0,
        });
    }
    let scenario = ask.scenario()?;
    let changes = changes(&scenario);
    let tried = abreast(&changes, |change| {
        let after = weighed(&with(ask, &change.set), wanted).ok()?;
        Some((after.harm(), cures(sick.pair(), after.pair())))
    });
    if wanted.is_over() {
        return Err(NotPlayed::Stopped);
    }
    let known = changes.iter().zip(tried);
    let mut all: Vec<Tried> = known
        .filter_map(|(change, tried)| {
            let (left, cures) = tried?;
            (cures || left < before).then(|| Tried {
                price: words.say(&format!("browse-price-{}", change.price), []),
                change: change.clone(),
                left,
                cures,
            })
        })
        .collect();
    let count = changes.len();
    // The list is in the order of what changes cost, and the sort keeps it among equals.
    all.sort_by_key(|one| (!one.cures, if one.cures { Harmed::NONE } else { one.left }));
    all.truncate(MOST_CURES);
    Ok(Cures {
        before,
        cures: all,
        tried: count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words::Language;
    use crate::scenario::embedded;

    fn starvation(set: &[&str]) -> Ask {
        let known = embedded()
            .iter()
            .find(|(name, _)| *name == "worker-starvation");
        let (name, toml) = known.unwrap();
        Ask {
            name: (*name).to_owned(),
            toml: (*toml).to_owned(),
            set: set.iter().map(|one| (*one).to_owned()).collect(),
            variant: "baseline".to_owned(),
        }
    }

    /// And all else that such a run is asked for: only the rows of bytes are left out, and what says how often they were counted.
    #[test]
    fn what_is_weighed_without_its_bytes_is_the_same_run() {
        let wanted = Wanted::by_a_test();
        for set in [&[][..], &["proxy.proxy_buffering=on"]] {
            let ask = starvation(set);
            let run = ask.plan().unwrap();
            let whole = simulate::rows(&run.variants[0].plan, &|| false).unwrap();
            assert!(whole.bytes.len() > 100);
            let weighed = weighed(&ask, &wanted).unwrap();
            assert_eq!(weighed.numbers, summarize_variant(&whole));
            let known = &weighed.data.variants[0];
            let without = crate::report::data::VariantData {
                bytes: Vec::new(),
                ..whole
            };
            assert_eq!(*known, without);
        }
    }

    #[test]
    fn four_slow_readers_starve_four_workers_and_not_five() {
        let wanted = Wanted::by_a_test();
        let values = ["2", "4", "8", "none"].map(str::to_owned);
        let cliff = along(&starvation(&[]), "backend.workers", &values, &wanted).unwrap();
        let bad: Vec<Option<bool>> = cliff.harm.iter().map(|one| one.map(is_bad)).collect();
        assert_eq!(bad, [Some(true), Some(true), Some(false), None]);
        assert_eq!(cliff.edges, [(4, 5)]);
    }

    #[test]
    fn what_helps_comes_first_and_where_nobody_is_harmed_nothing_does() {
        let (wanted, words) = (Wanted::by_a_test(), Words::of(Language::English));
        let found = ranked(&starvation(&[]), words, &wanted).unwrap();
        let first = &found.cures[0];
        assert!(first.cures && first.change.set[0].0 == "proxy.proxy_buffering");
        assert!(first.price.contains("disk"), "{}", first.price);
        let last = found.cures.last().unwrap();
        assert!(last.cures || last.left < found.before);
        let well = starvation(&["proxy.proxy_buffering=on"]);
        assert!(ranked(&well, words, &wanted).unwrap().cures.is_empty());
    }
}
