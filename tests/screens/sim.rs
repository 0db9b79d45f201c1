//! A scenario in virtual time, with all that is said of it.

use slowlab::plan::{self, RunPlan};
use slowlab::record::Manifest;
use slowlab::record::summary::Summary;
use slowlab::report::data::RunData;
use slowlab::report::findings;
use slowlab::report::headline::headline;
use slowlab::report::summarize::summarize;
use slowlab::report::words::{Language, Words};
use slowlab::{expect, scenario};

use crate::recorded;
use crate::simulate::simulate;

/// A scenario, played.
pub(crate) struct Screen {
    pub(crate) name: String,
    pub(crate) question: String,
    /// Whether it was played on real sockets, once.
    pub(crate) is_recorded: bool,
    pub(crate) summary: Summary,
}

pub(crate) fn play_all() -> Vec<Screen> {
    std::thread::scope(|scope| {
        let played: Vec<_> = (scenario::embedded().iter())
            .map(|(name, _)| scope.spawn(move || play(name)))
            .collect();
        played.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// A scenario in virtual time, or what was recorded of one that this cannot play.
pub(crate) fn play(name: &str) -> Screen {
    let scenario = scenario::load_embedded(name, &[])
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let run = plan::build(&scenario, &plan::Choices::default()).unwrap();
    let mut plans = run.variants.iter();
    let is_recorded = plans.any(|one| one.plan.is_for_sockets_only().is_some());
    Screen {
        name: name.to_owned(),
        question: run.question.clone(),
        is_recorded,
        summary: match is_recorded {
            true => recorded::summary(&run),
            false => simulated(&run),
        },
    }
}

fn simulated(run: &RunPlan) -> Summary {
    let data = RunData {
        manifest: Manifest {
            scenario: run.scenario.clone(),
            question: run.question.clone(),
            engine: "sim".to_owned(),
            seed: run.seed.0,
            ..Manifest::default()
        },
        scenario_toml: String::new(),
        variants: run.variants.iter().map(|one| simulate(&one.plan)).collect(),
    };
    summary(run, &data)
}

/// As `slowlab report` makes it of a folder.
fn summary(run: &RunPlan, data: &RunData) -> Summary {
    let words = Words::of(Language::English);
    let mut summary = summarize(data);
    let unplayable = std::collections::BTreeMap::new();
    summary.expectations = expect::judge(&run.expectations, &summary, &unplayable, &words.speech());
    summary.findings = findings::find(data, &summary, words);
    summary.headline = Some(headline(data, &summary, words));
    summary
}
