//! From a scenario to a [`RunPlan`]: variants chosen, chance drawn.
//!
//! Chance comes from one stream per group, named after the group: all variants see the same arrivals, and a new group
//! leaves the arrivals of the others as they were.

use super::{Expectation, GroupPlan, Plan, RunPlan, VariantPlan};
use crate::machine::handler::Distribution;
use crate::scenario::{BASELINE, ClientGroup, Configuration, Scenario};
use crate::seed::{Seed, fnv1a};
use crate::units::ByteRate;

/// A plan that cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BuildError {
    /// `--variant` names a variant that the scenario does not have.
    #[error("scenario `{scenario}` has no variant `{variant}`\nhint: {hint}")]
    UnknownVariant {
        /// The scenario's name.
        scenario: String,
        /// What was asked for.
        variant: String,
        /// What there is.
        hint: String,
    },
}

/// What the command line may say about a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choices {
    /// `--seed`: instead of the scenario's.
    pub seed: Option<u64>,
    /// `--variant`: only these, `baseline` among them if it is wanted; empty means all.
    pub variants: Vec<String>,
}

impl RunPlan {
    /// Adds a claim beside the scenario's own, also to the text that the results keep: a report is judged anew by that.
    pub fn expect(&mut self, that: &str) {
        let quoted = toml::Value::from(that);
        let block = format!("\n[[expect]]\nclaim = {quoted}\nthat = {quoted}\n");
        self.source.push_str(&block);
        self.hash = fnv1a_hex(self.source.as_bytes());
        self.expectations.push(Expectation {
            claim: that.to_owned(),
            that: that.to_owned(),
        });
    }
}

/// Resolves a scenario.
///
/// # Errors
/// A chosen variant that does not exist.
pub fn build(scenario: &Scenario, choices: &Choices) -> Result<RunPlan, BuildError> {
    let seed = Seed(choices.seed.unwrap_or(scenario.seed));
    let plain = (
        BASELINE,
        "the plain configuration",
        Vec::new(),
        &scenario.baseline,
    );
    let changed = scenario.variants.iter().map(|variant| {
        let knobs = variant
            .knobs
            .iter()
            .map(|knob| format!("{} = {}", knob.key, knob.value))
            .collect();
        (
            variant.name.as_str(),
            variant.why.as_str(),
            knobs,
            &variant.configuration,
        )
    });
    let all: Vec<_> = std::iter::once(plain).chain(changed).collect();
    for wanted in &choices.variants {
        if !all.iter().any(|(name, ..)| name == wanted) {
            return Err(unknown(scenario, wanted));
        }
    }
    let chosen = |name: &str| {
        choices.variants.is_empty() || choices.variants.iter().any(|wanted| wanted == name)
    };
    Ok(RunPlan {
        scenario: scenario.name.clone(),
        question: scenario.question.clone(),
        incidents: scenario.incidents.clone(),
        seed,
        source: scenario.source.clone(),
        hash: fnv1a_hex(scenario.source.as_bytes()),
        variants: all
            .into_iter()
            .filter(|(name, ..)| chosen(name))
            .map(|(name, why, knobs, configuration)| VariantPlan {
                why: why.to_string(),
                knobs,
                plan: plan(&scenario.name, name, seed, configuration),
            })
            .collect(),
        expectations: scenario
            .expectations
            .iter()
            .map(|expectation| Expectation {
                claim: expectation.claim.clone(),
                that: expectation.that.clone(),
            })
            .collect(),
        words: scenario.words.clone(),
    })
}

fn unknown(scenario: &Scenario, wanted: &str) -> BuildError {
    let names: Vec<&str> = std::iter::once(BASELINE)
        .chain(
            scenario
                .variants
                .iter()
                .map(|variant| variant.name.as_str()),
        )
        .collect();
    let near = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(wanted, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    BuildError::UnknownVariant {
        scenario: scenario.name.clone(),
        variant: wanted.to_string(),
        hint: match near {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => format!("variants: {}", names.join(", ")),
        },
    }
}

fn plan(scenario: &str, variant: &str, seed: Seed, configuration: &Configuration) -> Plan {
    Plan {
        scenario: scenario.to_string(),
        variant: variant.to_string(),
        seed,
        duration: configuration.duration,
        warmup: configuration.warmup,
        drain: configuration.drain,
        backend: configuration.backend.clone(),
        edge: configuration.edge.clone(),
        proxy: configuration.proxy.clone(),
        groups: configuration
            .clients
            .iter()
            .map(|group| group_plan(group, seed, configuration))
            .collect(),
        acts: configuration.acts.clone(),
        probes: configuration.probes.clone(),
        pipeline: configuration.pipeline.clone(),
    }
}

fn group_plan(group: &ClientGroup, seed: Seed, configuration: &Configuration) -> GroupPlan {
    let stream = |what: &str| seed.stream(&format!("{}/{what}", group.name));
    let schedule = group
        .arrival
        .draw(configuration.duration, &mut stream("arrivals"));
    let rates = match group.behavior.rate() {
        None | Some(Distribution::Fixed(_)) => Vec::new(),
        Some(drawn) => {
            let mut chance = stream("rates");
            let least = ByteRate(1);
            (0..schedule.most_connections())
                .map(|_| drawn.quantile(chance.uniform()).max(least))
                .collect()
        }
    };
    GroupPlan {
        name: group.name.clone(),
        method: group.request.method,
        path: group.request.path.clone(),
        body: group.request.body,
        chunked: group.request.chunked,
        timeout: group.request.timeout,
        keepalive: group.request.keepalive,
        behavior: group.behavior.clone(),
        schedule,
        rates,
        chance: match &group.retry {
            Some(_) => Seed(stream("retries").bits()),
            None => Seed(0),
        },
        retry: group.retry.clone(),
        addresses: group.addresses,
        link: group.link.and_then(|setting| setting.link()),
    }
}

/// [`fnv1a`] in hex.
pub fn fnv1a_hex(bytes: &[u8]) -> String {
    format!("{:016x}", fnv1a(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::arrival::Schedule;
    use crate::scenario::load_text;

    const TEXT: &str = r#"
schema = 1
question = "?"
duration = "5s"
seed = 7
[backend.app."/"]
[[clients]]
name = "visitors"
arrival.open = { rate = "40/s" }
request.path = "/"
behavior.healthy = {}
[[variant]]
name = "more"
why = "because"
set = { "backend.workers" = 2 }
"#;

    const OTHERS: &str = r#"
[[clients]]
name = "others"
arrival.open = { rate = "9/s" }
request.path = "/"
behavior.healthy = {}
"#;

    fn plan_of(text: &str, choices: &Choices) -> RunPlan {
        let scenario = load_text("test", "test.toml", text, &[]).unwrap();
        build(&scenario, choices).unwrap()
    }

    fn schedules<'a>(plan: &'a RunPlan, variant: &str) -> Vec<(&'a str, &'a Schedule)> {
        let variant = plan.variants.iter().find(|one| one.plan.variant == variant);
        let groups = &variant.unwrap().plan.groups;
        groups
            .iter()
            .map(|group| (group.name.as_str(), &group.schedule))
            .collect()
    }

    #[test]
    fn variants_see_the_same_arrivals() {
        let plan = plan_of(TEXT, &Choices::default());
        assert_eq!(plan.variants.len(), 2);
        assert_eq!(schedules(&plan, "baseline"), schedules(&plan, "more"));
        assert!(schedules(&plan, "baseline")[0].1.most_connections() > 100);
    }

    #[test]
    fn a_new_group_leaves_the_others_as_they_were() {
        let alone = plan_of(TEXT, &Choices::default());
        let both = plan_of(&format!("{TEXT}{OTHERS}"), &Choices::default());
        assert_eq!(
            schedules(&alone, "baseline")[0],
            schedules(&both, "baseline")[0]
        );
        assert_ne!(
            schedules(&both, "baseline")[0].1,
            schedules(&both, "baseline")[1].1
        );
    }

    #[test]
    fn the_command_line_chooses_seed_and_variants() {
        let choices = Choices {
            seed: Some(8),
            variants: vec!["baseline".to_string()],
        };
        let chosen = plan_of(TEXT, &choices);
        assert_eq!((chosen.seed, chosen.variants.len()), (Seed(8), 1));
        let plain = plan_of(TEXT, &Choices::default());
        assert_ne!(
            schedules(&chosen, "baseline"),
            schedules(&plain, "baseline")
        );

        let scenario = load_text("test", "test.toml", TEXT, &[]).unwrap();
        let wrong = Choices {
            seed: None,
            variants: vec!["mroe".to_string()],
        };
        let error = build(&scenario, &wrong).unwrap_err().to_string();
        assert!(error.contains("did you mean `more`?"), "{error}");
    }

    #[test]
    fn a_plan_survives_its_file() {
        let plan = plan_of(TEXT, &Choices::default());
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<RunPlan>(&text).unwrap(), plan);
        assert_eq!(fnv1a_hex(b"a"), "af63dc4c8601ec8c");
        assert_eq!(plan.hash, fnv1a_hex(TEXT.as_bytes()));
        let mut more = plan.clone();
        more.expect("a \"quoted\" claim");
        assert_eq!(more.hash, fnv1a_hex(more.source.as_bytes()));
        assert_ne!(more.hash, plan.hash);
    }

    #[test]
    fn every_embedded_scenario_builds_and_changes_one_idea_per_variant() {
        for (name, text) in crate::scenario::embedded() {
            let plan = plan_of_named(name, text);
            assert!(!plan.expectations.is_empty(), "{name}");
            for variant in plan.variants.iter().skip(1) {
                println!(
                    "{name}/{}: {}",
                    variant.plan.variant,
                    variant.knobs.join(", ")
                );
                assert!(
                    (1..=3).contains(&variant.knobs.len()),
                    "{name}/{}",
                    variant.plan.variant
                );
                assert!(!variant.why.is_empty(), "{name}/{}", variant.plan.variant);
            }
        }
    }

    #[test]
    fn a_point_of_a_sweep_is_planned_as_in_the_whole_scenario() {
        for (name, text) in crate::scenario::embedded() {
            let whole = plan_of_named(name, text).variants;
            let last = whole.last().unwrap();
            let variants = vec![last.plan.variant.clone()];
            let only = crate::scenario::load_only(name, &[], &variants).unwrap();
            let seed = None;
            let point = build(&only, &Choices { seed, variants }).unwrap();
            assert_eq!(point.variants, std::slice::from_ref(last), "{name}");
        }
    }

    fn plan_of_named(name: &str, text: &str) -> RunPlan {
        let scenario = load_text(name, name, text, &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(scenario.diagnostics.is_empty(), "{}", scenario.diagnostics);
        build(&scenario, &Choices::default()).unwrap()
    }
}
