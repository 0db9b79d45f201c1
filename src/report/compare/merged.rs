//! Two sides as one run, whose variants are those of both: what draws the variants of a run then draws the runs of a comparison.

use super::side::Title;
use crate::record::Manifest;
use crate::report::data::{RunData, VariantData};

/// What the variants of each side are called by.
const LETTERS: [&str; 2] = ["A", "B"];

/// Both sides of a comparison as runs whose variants are named `A baseline`, `B baseline` and so on, pair by pair.
#[derive(Clone, PartialEq, Debug)]
pub struct Merged {
    /// The sides, in order.
    pub(in crate::report) titles: [Title; 2],
    /// The first run of each side, whole: for pictures over time.
    pub(in crate::report) firsts: RunData,
    /// The requests of all runs of each side: for distributions.
    pub(in crate::report) pooled: RunData,
    /// Whether a side has several runs.
    pub(in crate::report) has_several: bool,
    /// Names of the variants, in order.
    pub(in crate::report) names: Vec<String>,
}

impl Merged {
    /// Of two sides, each of repeats of one run; there is at least one of each. Variants that only one side has are left out, unless they have none
    /// in common.
    pub fn of(first: Vec<RunData>, second: Vec<RunData>) -> Merged {
        let sides = [first.as_slice(), second.as_slice()];
        let names = |runs: &[RunData]| -> Vec<String> {
            let variants = runs.iter().take(1).flat_map(|run| &run.variants);
            variants.map(|one| one.plan.variant.clone()).collect()
        };
        let there = names(sides[1]);
        let (both, mut alone): (Vec<String>, Vec<String>) =
            (names(sides[0]).into_iter()).partition(|name| there.contains(name));
        let wanted = match both.is_empty() {
            false => both,
            true => {
                alone.extend(there);
                alone
            }
        };
        let manifest = manifest(sides);
        let run = |of: &mut dyn FnMut(usize, &str) -> Option<VariantData>| {
            let sides = LETTERS.iter().enumerate();
            let pairs =
                (wanted.iter()).flat_map(|name| sides.clone().map(move |side| (name, side)));
            let variants = pairs.filter_map(|(name, (side, letter))| {
                let mut variant = of(side, name)?;
                variant.plan.variant = format!("{letter} {name}");
                Some(variant)
            });
            RunData {
                manifest: manifest.clone(),
                scenario_toml: String::new(),
                variants: variants.collect(),
            }
        };
        let pooled = run(&mut |side, name| pooled(sides[side], name));
        let titles = sides.map(Title::of);
        let has_several = sides.iter().any(|runs| runs.len() > 1);
        // Their rows are not copied.
        let mut firsts = [first, second].map(|runs| {
            let first = runs.into_iter().next();
            first.map_or_else(Vec::new, |run| run.variants)
        });
        Merged {
            titles,
            firsts: run(&mut |side, name| taken(&mut firsts[side], name)),
            pooled,
            has_several,
            names: wanted,
        }
    }
}

/// The variant of this name, out of all.
fn taken(variants: &mut Vec<VariantData>, name: &str) -> Option<VariantData> {
    let place = variants.iter().position(|one| one.plan.variant == name)?;
    Some(variants.swap_remove(place))
}

fn find<'a>(run: &'a RunData, name: &str) -> Option<&'a VariantData> {
    run.variants.iter().find(|one| one.plan.variant == name)
}

/// The requests of all runs of a side; nothing else of them.
fn pooled(runs: &[RunData], name: &str) -> Option<VariantData> {
    let mut all = runs.iter().filter_map(|run| find(run, name));
    let first = all.next()?;
    let mut variant = VariantData {
        requests: first.requests.clone(),
        counted: first.counted.clone(),
        ..VariantData::new(first.plan.clone())
    };
    for other in all {
        variant.requests.extend(other.requests.iter().cloned());
    }
    Some(variant)
}

/// Of both: scenario and engine are named once if they are the same.
fn manifest(sides: [&[RunData]; 2]) -> Manifest {
    let both = |of: fn(&Manifest) -> &String| {
        let names = sides.map(|runs| runs.first().map_or("", |run| of(&run.manifest).as_str()));
        match names[0] == names[1] {
            true => names[0].to_owned(),
            false => format!("A {}, B {}", names[0], names[1]),
        }
    };
    let first = sides[0].first().map(|run| run.manifest.clone());
    Manifest {
        scenario: both(|manifest| &manifest.scenario),
        engine: both(|manifest| &manifest.engine),
        ..first.unwrap_or_default()
    }
}
