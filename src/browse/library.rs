//! The library: each scenario a card with its question and set-up; never with its answer, which is there when somebody asks for it.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::answer;
use super::bundled;
use super::recorded::{REPORT, folder_of};
use super::server::Shared;
use super::shell::{self, Page};
use super::simulate::unsimulated;
use super::state::{App, file_name};
use crate::plan::BASELINE;
use crate::record::folder;
use crate::report::html::in_address;
use crate::report::symptoms::{self, SYMPTOMS, Symptom};
use crate::report::words::Words;
use crate::scenario::{self, ClientGroup, Configuration, Scenario};

const TEMPLATE: &str = include_str!("pages/library.html.jinja");

/// What a page is asked with.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    pub(super) lang: Option<String>,
    pub(super) q: Option<String>,
}

/// A scenario.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Card {
    name: String,
    /// It, as an address has it.
    in_address: String,
    /// `bundled` or `file`.
    kind: &'static str,
    question: String,
    variants: usize,
    setup: Setup,
    /// What it looks like from outside.
    symptoms: Vec<Tag>,
    /// Public incidents that it reproduces.
    incidents: Vec<String>,
    /// Why the sim does not play it.
    only_sockets: Option<String>,
    /// Whether it can be played on a click: simulated, or as it was recorded.
    plays: bool,
    /// A run of it that was recorded.
    recorded: Option<Recorded>,
    /// Everything that a search may find it by.
    find: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Tag {
    key: &'static str,
    title: String,
}

/// A run in a folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Recorded {
    pub(super) name: String,
    pub(super) engine: String,
    pub(super) started_utc: String,
    pub(super) address: String,
}

/// What stands in the stack, from the clients on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Setup {
    clients: Vec<Clients>,
    tiers: Vec<String>,
    /// Whether the tier before the backend buffers.
    buffers: Option<bool>,
    unix: bool,
    class: String,
    workers: u32,
    stages: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Clients {
    name: String,
    count: String,
    kind: &'static str,
}

/// Its addresses.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/library", get(page))
        .route("/api/scenarios", get(scenarios))
}

async fn page(State(app): Shared, Query(asked): Query<Asked>) -> Response {
    #[derive(Serialize)]
    struct Library {
        q: String,
        cards: Vec<Card>,
        runs: Vec<Recorded>,
    }
    let words = shell::words(&app, asked.lang.as_deref());
    let library = Library {
        q: asked.q.unwrap_or_default(),
        cards: cards(&app, words),
        runs: runs(&app),
    };
    let page = Page {
        name: "library",
        title: "browse-library",
        template: TEMPLATE,
        page: library,
        module: "library.js",
        says: &[
            ("browse-found", &["count"]),
            ("browse-play", &[]),
            ("browse-play-recorded", &[]),
        ],
        data: serde_json::json!({}),
    };
    shell::render(&app, words, page)
}

async fn scenarios(State(app): Shared, Query(asked): Query<Asked>) -> Response {
    answer::json(&cards(&app, shell::words(&app, asked.lang.as_deref())))
}

/// Every scenario that can be asked about: those from the command line first.
fn cards(app: &App, words: &Words) -> Vec<Card> {
    let files = app
        .options
        .files
        .iter()
        .map(|path| (file_name(path), "file"));
    let bundled = scenario::embedded().iter();
    let bundled = bundled.map(|(name, _)| ((*name).to_owned(), "bundled"));
    files
        .chain(bundled)
        .filter_map(|(name, kind)| card(app, (&name, kind), words))
        .collect()
}

fn card(app: &App, (name, kind): (&str, &'static str), words: &Words) -> Option<Card> {
    let text = app.toml(name)?;
    let loaded = scenario::load_text(name, name, &text, &[]);
    // Files were in order when the server began; one that is being edited is left out until it is in order again.
    let Ok(scenario) = loaded else { return None };
    let own = scenario.words.get(words.language().code());
    let own = own.and_then(|own| own.question.clone());
    let shown: Vec<&Symptom> = SYMPTOMS
        .iter()
        .filter(|one| one.shown_by.iter().any(|[shown, _]| *shown == name))
        .collect();
    let question = own.unwrap_or_else(|| scenario.question.clone());
    let setup = setup(&scenario.baseline);
    let only_sockets = only_sockets(&scenario, words);
    Some(Card {
        find: find(name, &question, &scenario, &shown, words),
        symptoms: shown
            .iter()
            .map(|one| Tag {
                key: one.key,
                title: symptoms::title(one, words),
            })
            .collect(),
        plays: only_sockets.is_none() || kind == "bundled" && bundled::started_utc(name).is_some(),
        recorded: recorded(app, name, words),
        name: name.to_owned(),
        in_address: in_address(name),
        kind,
        question,
        variants: scenario.variants.len(),
        setup,
        incidents: scenario.incidents,
        only_sockets,
    })
}

/// All that somebody may look for, in small letters.
fn find(
    name: &str,
    question: &str,
    scenario: &Scenario,
    shown: &[&Symptom],
    words: &Words,
) -> String {
    let groups = scenario.baseline.clients.iter();
    let kinds = groups.map(|group| group.behavior.name().to_owned());
    let mut all = vec![
        name.to_owned(),
        question.to_owned(),
        scenario.question.clone(),
    ];
    all.extend(kinds);
    all.extend(scenario.incidents.iter().cloned());
    for one in shown {
        all.push(symptoms::title(one, words));
        all.push(one.also.to_owned());
        all.extend(one.lines.iter().map(|line| line.text.to_owned()));
    }
    all.join(" ").to_lowercase()
}

fn only_sockets(scenario: &Scenario, words: &Words) -> Option<String> {
    let choices = crate::plan::Choices {
        seed: None,
        variants: vec![BASELINE.to_owned()],
    };
    let run = crate::plan::build(scenario, &choices).ok()?;
    let (key, _) = run.variants.first()?.plan.is_for_sockets_only()?;
    Some(unsimulated(key, words))
}

fn setup(configuration: &Configuration) -> Setup {
    let tier = [
        ("edge", &configuration.edge),
        ("proxy", &configuration.proxy),
    ];
    let tiers = tier.iter().filter(|(_, config)| config.is_some());
    let last = configuration.proxy.as_ref().or(configuration.edge.as_ref());
    let backend = &configuration.backend;
    let stages = configuration
        .pipeline
        .as_ref()
        .map(|one| one.stages.clone());
    Setup {
        clients: configuration.clients.iter().map(clients).collect(),
        tiers: tiers.map(|(name, _)| (*name).to_owned()).collect(),
        buffers: last.map(|proxy| proxy.proxy_buffering),
        unix: backend.bind == crate::machine::backend_config::Bind::Unix,
        class: backend.class().name().to_owned(),
        workers: backend.workers,
        stages: stages.unwrap_or_default(),
    }
}

fn clients(group: &ClientGroup) -> Clients {
    use crate::machine::arrival::Arrival;
    let count = match &group.arrival {
        Arrival::Open(open) => open.rate.to_string(),
        Arrival::Ramp(ramp) => format!("{} … {}", ramp.from, ramp.to),
        other => other
            .count()
            .map_or_else(String::new, |count| format!("{count} ×")),
    };
    Clients {
        name: group.name.clone(),
        count,
        kind: group.behavior.name(),
    }
}

/// The latest run of a scenario below the folder of results; else the one that comes with the binary.
pub(super) fn recorded(app: &App, name: &str, words: &Words) -> Option<Recorded> {
    let address = format!(
        "/recorded/{}?lang={}",
        in_address(name),
        words.language().code()
    );
    of_folder(&folder_of(app, name)?, address.clone()).or_else(|| {
        Some(Recorded {
            name: name.to_owned(),
            engine: "lab".to_owned(),
            started_utc: bundled::started_utc(name)?.to_owned(),
            address,
        })
    })
}

/// Runs that the command line names.
fn runs(app: &App) -> Vec<Recorded> {
    let runs = app.options.runs.iter().enumerate();
    runs.filter_map(|(place, dir)| of_folder(dir, format!("/run/{place}")))
        .collect()
}

fn of_folder(dir: &Path, address: String) -> Option<Recorded> {
    if !dir.join(REPORT).is_file() {
        return None;
    }
    let manifest = folder::read_manifest(dir).ok()?;
    Some(Recorded {
        name: manifest.scenario,
        engine: manifest.engine,
        started_utc: manifest.started_utc,
        address,
    })
}
