//! A lesson's run in the simulator: its numbers and its curves.

use std::collections::BTreeMap;

use super::blocks::Run;
use super::folder::Folder;
use super::series::{Series, SeriesTally};
use crate::expect;
use crate::plan::{self, Choices, Plan, RunPlan};
use crate::played::{self, Patience};
use crate::record::collect::{Rows, Stream};
use crate::record::summary::Summary;
use crate::record::{
    Event, Hold, Hop, Manifest, ProbeRecord, QueueSample, RequestRecord, WorkerInterval,
};
use crate::report::data::RunData;
use crate::report::summarize::{self, Tally};
use crate::report::words::{Language, Words};
use crate::scenario::{self, Scenario};

/// What a class has the patience for: some seconds.
const MOST_EVENTS: u64 = 10_000_000;

/// What came of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Played {
    /// Its numbers.
    pub summary: Summary,
    /// Its curves, by variant.
    pub series: BTreeMap<String, Series>,
}

/// Why there is no run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlayError {
    /// The scenario, or what is set over it, is wrong.
    #[error("{0}")]
    Scenario(String),
    /// Only real sockets can play it.
    #[error(
        "`{key}` cannot be played in virtual time: {why}\nhint: lessons are simulated; leave it out"
    )]
    SocketsOnly {
        /// The key.
        key: String,
        /// Why.
        why: String,
    },
    /// It is too much.
    #[error(
        "variant `{0}` takes more than ten million events\nhint: fewer clients, or a shorter duration"
    )]
    TooLong(String),
    /// There is no such number.
    #[error("{0}")]
    NoNumber(String),
}

/// The scenario of a lesson with these settings over it.
pub(super) fn scenario_of(
    run: &Run,
    folder: &Folder,
    set: &[String],
) -> Result<Scenario, PlayError> {
    let set = [run.set.as_slice(), set].concat();
    let loaded = match folder.files.get(&run.scenario) {
        Some(text) => {
            let name = run.scenario.trim_end_matches(".toml");
            let label = format!("{}/{}", folder.label, run.scenario);
            scenario::load_text(name, &label, text, &set)
        }
        None => scenario::load_embedded(&run.scenario, &set),
    };
    loaded.map_err(|mistakes| PlayError::Scenario(mistakes.render(false)))
}

/// The plan of a lesson's run with these settings over it.
///
/// # Errors
/// What is wrong with the scenario or the settings; what cannot be simulated.
pub fn plan(
    run: &Run,
    variants: &[String],
    folder: &Folder,
    set: &[String],
) -> Result<RunPlan, PlayError> {
    let scenario = scenario_of(run, folder, set)?;
    let choices = Choices {
        seed: None,
        variants: variants.to_vec(),
    };
    let plan =
        plan::build(&scenario, &choices).map_err(|error| PlayError::Scenario(error.to_string()))?;
    let refused = |variant: &plan::VariantPlan| variant.plan.is_for_sockets_only();
    match plan.variants.iter().find_map(refused) {
        None => Ok(plan),
        Some((key, why)) => Err(PlayError::SocketsOnly {
            key: key.to_owned(),
            why: why.to_owned(),
        }),
    }
}

/// Plays every variant in virtual time.
///
/// # Errors
/// One that takes too long.
pub fn play(run: &RunPlan) -> Result<Played, PlayError> {
    let mut counted = Vec::new();
    let mut series = BTreeMap::new();
    for variant in &run.variants {
        let watched = watch(&variant.plan)?;
        counted.push(watched.tally.finish());
        series.insert(variant.plan.variant.clone(), watched.series.finish());
    }
    Ok(Played {
        summary: summarize::of_counted(run, "sim", counted),
        series,
    })
}

/// Plays every variant and keeps its rows: what is drawn of single workers.
///
/// # Errors
/// One that takes too long.
pub fn rows(run: &RunPlan) -> Result<RunData, PlayError> {
    let variants = run.variants.iter();
    let variants = variants.map(|variant| {
        let plan = &variant.plan;
        played::rows(plan, patience()).map_err(|_| PlayError::TooLong(plan.variant.clone()))
    });
    Ok(RunData {
        manifest: Manifest {
            scenario: run.scenario.clone(),
            engine: "sim".to_owned(),
            seed: run.seed.0,
            ..Manifest::default()
        },
        scenario_toml: run.source.clone(),
        variants: variants.collect::<Result<_, _>>()?,
    })
}

impl Played {
    /// Of a run whose rows were kept.
    pub fn of(run: &RunData) -> Played {
        let series = run.variants.iter().map(|variant| {
            let mut series = SeriesTally::new(variant.plan.duration);
            variant.requests.iter().for_each(|row| series.request(row));
            variant.queues.iter().for_each(|look| series.queue(look));
            (variant.plan.variant.clone(), series.finish())
        });
        Played {
            series: series.collect(),
            summary: summarize::summarize(run),
        }
    }
}

fn patience() -> Patience<'static> {
    Patience::of(MOST_EVENTS, &|| false)
}

/// Its numbers and its curves, of which none is of bytes.
fn watch(plan: &Plan) -> Result<Watched, PlayError> {
    let mut stream = Stream::new(Watched {
        tally: Tally::new(plan),
        series: SeriesTally::new(plan.duration),
    });
    let patience = Patience {
        counts_bytes: false,
        ..patience()
    };
    let played = played::reports(plan, patience, &mut |report| stream.take(report));
    played.map_err(|_| PlayError::TooLong(plan.variant.clone()))?;
    Ok(stream.finish())
}

/// The metric of a run that is named as in a condition: `visitors.status.504`, `buffered: proxy.spilled_bytes`.
///
/// # Errors
/// A variant or a number that there is not.
pub fn value(summary: &Summary, of: &str) -> Result<expect::Measured, PlayError> {
    let (variant, path) = named(of);
    let mut variants = summary.variants.iter();
    let found = variants.find(|known| known.name == variant);
    let found = found.ok_or_else(|| PlayError::NoNumber(format!("`{variant}` was not played")))?;
    let words = Words::of(Language::English);
    expect::measure(path, found, &words.speech()).map_err(PlayError::NoNumber)
}

/// The variant and the path of a metric.
pub(super) fn named(of: &str) -> (&str, &str) {
    match of.split_once(':') {
        None => (expect::BASELINE, of.trim()),
        Some((variant, path)) => (variant.trim(), path.trim()),
    }
}

/// Counts and curves in one pass.
struct Watched {
    tally: Tally,
    series: SeriesTally,
}

impl Rows for Watched {
    fn request(&mut self, row: &RequestRecord) {
        self.tally.request(row);
        self.series.request(row);
    }

    fn hop(&mut self, row: &Hop) {
        self.tally.hop(row);
    }

    fn interval(&mut self, row: &WorkerInterval) {
        self.tally.interval(row);
    }

    fn hold(&mut self, row: &Hold) {
        self.tally.hold(row);
    }

    fn event(&mut self, event: &Event) {
        self.tally.event(event);
    }

    fn queue(&mut self, sample: &QueueSample) {
        self.tally.queue(sample);
        self.series.queue(sample);
    }

    fn probe(&mut self, row: &ProbeRecord) {
        self.tally.probe(row);
    }
}
