//! From a scenario to a [`RunPlan`]: variants chosen, chance drawn.
//!
//! Chance comes from one stream per group, named after the group: all variants see the same arrivals, and a new group
//! leaves the arrivals of the others as they were.

use super::{GroupPlan, Plan, RunPlan, VariantPlan};
use crate::scenario::{BASELINE, ClientGroup, Configuration, Scenario};
use crate::seed::Seed;

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
            .map(|expectation| super::Expectation {
                claim: expectation.claim.clone(),
                that: expectation.that.clone(),
            })
            .collect(),
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
        proxy: configuration.proxy.clone(),
        groups: configuration
            .clients
            .iter()
            .map(|group| group_plan(group, seed, configuration))
            .collect(),
    }
}

fn group_plan(group: &ClientGroup, seed: Seed, configuration: &Configuration) -> GroupPlan {
    let mut chance = seed.stream(&format!("{}/arrivals", group.name));
    GroupPlan {
        name: group.name.clone(),
        path: group.request.path.clone(),
        timeout: group.request.timeout,
        keepalive: group.request.keepalive,
        behavior: group.behavior.clone(),
        schedule: group.arrival.draw(configuration.duration, &mut chance),
    }
}

/// FNV-1a, 64 bit, in hex: to tell scenarios apart, not to protect them.
fn fnv1a_hex(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
