//! A configuration, simulated while somebody waits: rows in memory, summed up, judged, drawn. Knows no server: lessons and handouts use it, too.
//!
//! The numbers are those of `slowlab run --engine sim --json` for the same file, settings and variant: the same machines, rows and code make them.

use crate::judged;
use crate::mistakes;
use crate::plan::{self, Choices, Plan, RunPlan};
use crate::played::{self, Cut, Patience};
use crate::record::Manifest;
use crate::record::summary::{Summary, VariantSummary};
use crate::report::data::{RunData, VariantData};
use crate::report::html::{HtmlError, picture};
use crate::report::symptoms::{self, Said};
use crate::report::words::Words;
use crate::scenario::{self, Diagnostics, Scenario};

use super::bounds::{self, MOST_EVENTS, TooMuch};

/// What is called so stands behind another variant; nobody reads it.
const BEFORE: &str = "before";

/// Asked now and then; once it says yes, a simulation ends without an answer.
pub type Stop<'a> = &'a dyn Fn() -> bool;

/// What is simulated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The scenario's name.
    pub name: String,
    /// Its text.
    pub toml: String,
    /// `key=value`, as `--set` takes them.
    pub set: Vec<String>,
    /// Which of its variants.
    pub variant: String,
}

/// A run that was simulated.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// What was played: one variant.
    pub plan: RunPlan,
    /// Its rows.
    pub data: RunData,
    /// Its numbers and what is said of them.
    pub summary: Summary,
    /// What its logs said.
    pub said: Vec<Said>,
}

/// Why nothing was simulated.
#[derive(Debug)]
pub enum NotPlayed {
    /// The file or a setting says something impossible.
    Mistakes(Diagnostics),
    /// There is no such variant.
    Variant(plan::BuildError),
    /// Only real sockets can play it.
    Sockets {
        /// The key that asks for them.
        key: String,
    },
    /// It would take too long.
    TooMuch(TooMuch),
    /// It took too long.
    TooManyEvents,
    /// It was asked to stop.
    Stopped,
}

impl NotPlayed {
    /// In words.
    pub fn told(&self, words: &Words) -> String {
        match self {
            NotPlayed::Mistakes(mistakes) => mistakes::told(mistakes, false, words),
            NotPlayed::Variant(error) => error.to_string(),
            NotPlayed::Sockets { key } => unsimulated(key, words),
            NotPlayed::TooMuch(TooMuch::Long(lasts)) => {
                let (lasts, most) = (lasts.to_string(), bounds::LONGEST.to_string());
                words.tell(
                    "browse-too-much-long",
                    &[("lasts", &lasts), ("most", &most)],
                )
            }
            NotPlayed::TooMuch(TooMuch::Many(starts)) => {
                let (starts, most) = (starts.to_string(), bounds::MOST_STARTS.to_string());
                words.tell(
                    "browse-too-much-many",
                    &[("starts", &starts), ("most", &most)],
                )
            }
            NotPlayed::TooManyEvents => words.say("browse-too-much-events", []),
            NotPlayed::Stopped => words.say("browse-stopped", []),
        }
    }
}

/// What virtual time lacks for a key, in the reader's language: the key's own message.
pub(super) fn unsimulated(key: &str, words: &Words) -> String {
    let name = match key.ends_with(".pipe") {
        true => "log-pipe".to_owned(),
        false => key.replace(['.', '_'], "-"),
    };
    let why = words.say(&format!("unsimulated-{name}"), []);
    words.tell("browse-sockets-only", &[("key", key), ("why", &why)])
}

impl Ask {
    /// The scenario with its settings.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn scenario(&self) -> Result<Scenario, NotPlayed> {
        let label = format!("{}.toml", self.name);
        let loaded = scenario::load_text(&self.name, &label, &self.toml, &self.set);
        loaded.map_err(NotPlayed::Mistakes)
    }

    /// What it comes to, if it may be played while somebody waits.
    ///
    /// # Errors
    /// Mistakes; what only real sockets play; too much.
    pub fn plan(&self) -> Result<RunPlan, NotPlayed> {
        let scenario = self.scenario()?;
        bounds::check(&scenario, &self.variant).map_err(NotPlayed::TooMuch)?;
        let choices = Choices {
            seed: None,
            variants: vec![self.variant.clone()],
        };
        let run = plan::build(&scenario, &choices).map_err(NotPlayed::Variant)?;
        match run
            .variants
            .iter()
            .find_map(|one| one.plan.is_for_sockets_only())
        {
            Some((key, _)) => Err(NotPlayed::Sockets {
                key: key.to_owned(),
            }),
            None => Ok(run),
        }
    }
}

/// Plays a variant and keeps its rows.
///
/// # Errors
/// It was stopped, or took too many events.
pub fn rows(plan: &Plan, stop: Stop<'_>) -> Result<VariantData, NotPlayed> {
    kept(plan, Patience::of(MOST_EVENTS, stop))
}

/// The same without the rows of bytes: whoever only weighs a run looks at none of them, and of a long run they take most of the time.
///
/// # Errors
/// As [`rows`].
pub(super) fn rows_without_bytes(plan: &Plan, stop: Stop<'_>) -> Result<VariantData, NotPlayed> {
    let patience = Patience {
        counts_bytes: false,
        ..Patience::of(MOST_EVENTS, stop)
    };
    kept(plan, patience)
}

fn kept(plan: &Plan, patience: Patience<'_>) -> Result<VariantData, NotPlayed> {
    played::rows(plan, patience).map_err(|cut| match cut {
        Cut::TooManyEvents => NotPlayed::TooManyEvents,
        Cut::Stopped => NotPlayed::Stopped,
    })
}

/// Simulates what is asked.
///
/// # Errors
/// What [`Ask::plan`] refuses, and what [`rows`] does not bring to its end.
pub fn simulate(ask: &Ask, words: &'static Words, stop: Stop<'_>) -> Result<Simulated, NotPlayed> {
    let plan = ask.plan()?;
    let variants = plan.variants.iter();
    let variants: Vec<VariantData> = variants
        .map(|variant| rows(&variant.plan, stop))
        .collect::<Result<_, _>>()?;
    let data = RunData {
        manifest: Manifest {
            schema: crate::record::SCHEMA,
            scenario: plan.scenario.clone(),
            question: plan.question_in(words.language().code()).to_owned(),
            engine: "sim".to_owned(),
            seed: plan.seed.0,
            variants: variants
                .iter()
                .map(|one| one.plan.variant.clone())
                .collect(),
            ..Manifest::default()
        },
        scenario_toml: plan.source.clone(),
        variants,
    };
    let mut summary = judged::summary(&data, &plan, words);
    for (place, one) in summary.expectations.iter_mut().enumerate() {
        let language = words.language().code();
        one.claim = plan.claim_in(language, place, &one.claim).to_owned();
    }
    let said = symptoms::said(&data, &summary);
    Ok(Simulated {
        plan,
        data,
        summary,
        said,
    })
}

impl Simulated {
    /// Its picture, with what was before behind it: `seen` is handed that, and what comes back are its series.
    ///
    /// # Errors
    /// When the template fails.
    pub fn picture(
        self,
        before: Option<&Before>,
        words: &'static Words,
        seen: &mut dyn FnMut(String),
    ) -> Result<Option<String>, HtmlError> {
        let (mut run, mut summary) = (self.data, self.summary);
        if let (Some(before), Some(now)) = (before, run.variants.last_mut()) {
            let asked = words.say("browse-what-if", []);
            let of = std::mem::replace(&mut now.plan.variant, asked.clone());
            for finding in summary.findings.iter_mut().filter(|one| one.variant == of) {
                finding.variant.clone_from(&asked);
            }
            if let Some(numbers) = summary.variants.last_mut() {
                numbers.name = asked;
            }
            summary.variants.insert(0, before.numbers.clone());
        }
        let before = before.map(|before| &before.rows);
        picture((&run, before), (&summary, &self.said), words, seen)
    }

    /// It as what stands behind other answers.
    pub fn before(&self) -> Option<Before> {
        let mut numbers = self.summary.variants.last()?.clone();
        let mut rows = self.data.variants.last()?.clone();
        numbers.name = BEFORE.to_owned();
        rows.plan.variant = BEFORE.to_owned();
        Some(Before { rows, numbers })
    }
}

/// What was played before somebody turned a knob: the same for every turn, so counted once.
#[derive(Clone, Debug)]
pub struct Before {
    rows: VariantData,
    numbers: VariantSummary,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words::Language;
    use crate::sim;

    fn ask(name: &str, set: &[&str]) -> Ask {
        let texts = scenario::embedded();
        let (_, toml) = texts.iter().find(|(known, _)| *known == name).unwrap();
        Ask {
            name: name.to_owned(),
            toml: (*toml).to_owned(),
            set: set.iter().map(|one| (*one).to_owned()).collect(),
            variant: "baseline".to_owned(),
        }
    }

    /// Rows in memory are those of a folder, to the last digit: so are all numbers that come of them.
    #[test]
    fn rows_are_what_a_run_would_have_written() {
        use crate::record::collect::{Direct, Live};
        use crate::record::folder::{RunFolder, Shelf};
        for (name, set) in [("worker-starvation", "seed=3"), ("slow-upload", "seed=4")] {
            let run = ask(name, &[set]).plan().unwrap();
            let plan = &run.variants[0].plan;
            let kept = rows(plan, &|| false).unwrap();
            let out = tempfile::tempdir().unwrap();
            let shelf = Shelf::of(out.path(), name);
            let folder = RunFolder::create(&shelf, &Manifest::default(), &run.source).unwrap();
            let json = serde_json::to_string(plan).unwrap();
            let folder = folder.variant(&plan.variant, &json).unwrap();
            let live = std::sync::Arc::new(Live::new(plan.warmup));
            let mut direct = Direct::new(folder.clone(), std::sync::Arc::default(), live, None);
            sim::run(plan, sim::Options::default(), &mut |report| {
                direct.take(report)
            });
            direct.finish().unwrap();
            assert_eq!(VariantData::read(folder.path()).unwrap(), kept, "{name}");
        }
    }

    #[test]
    fn a_knob_moves_the_picture_and_the_sentence() {
        let words = Words::of(Language::English);
        let never = || false;
        let before = simulate(&ask("worker-starvation", &[]), words, &never).unwrap();
        let set = ["proxy.proxy_buffering=on"];
        let after = simulate(&ask("worker-starvation", &set), words, &never).unwrap();
        let failed = |one: &Simulated| {
            let groups = &one.summary.variants[0].groups;
            let visitors = groups
                .iter()
                .find(|group| group.name == "visitors")
                .unwrap();
            visitors.status.get(&504).copied().unwrap_or(0)
        };
        assert!(failed(&before) >= 40 && failed(&after) == 0);
        assert_ne!(before.summary.headline, after.summary.headline);
        let before = before.before().unwrap();
        let mut html = String::new();
        let series = after.picture(Some(&before), words, &mut |drawn| html = drawn);
        assert!(series.unwrap().is_some());
        assert!(html.contains("<span class=\"was\">"), "{html}");
    }

    #[test]
    fn every_key_that_only_sockets_play_has_its_reason_in_every_language() {
        for (name, text) in scenario::embedded() {
            let scenario = scenario::load_text(name, name, text, &[]).unwrap();
            let every = Choices {
                seed: None,
                variants: Vec::new(),
            };
            for variant in plan::build(&scenario, &every).unwrap().variants {
                let Some((key, why)) = variant.plan.is_for_sockets_only() else {
                    continue;
                };
                let english = unsimulated(key, Words::of(Language::English));
                assert!(english.ends_with(why), "{name}: {english}");
                let korean = unsimulated(key, Words::of(Language::Korean));
                assert!(!korean.contains("unsimulated-") && !korean.contains(why));
            }
        }
    }

    #[test]
    fn what_is_not_played_says_why() {
        let words = Words::of(Language::English);
        let refused = |name: &str, set: &[&str], stop: bool| {
            let played = simulate(&ask(name, set), words, &|| stop);
            played.map(|_| ()).unwrap_err().told(words)
        };
        let mistake = refused("healthy", &["backend.workerz=4"], false);
        assert!(mistake.contains("workers"), "{mistake}");
        let hour = refused("healthy", &["duration=1h"], false);
        assert!(hour.contains("30m"), "{hour}");
        let pipeline = refused("pipeline-brake", &[], false);
        assert!(pipeline.contains("pipe"), "{pipeline}");
    }
}
