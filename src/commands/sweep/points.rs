//! The points of a sweep: which there are, and what each of them runs.

use std::path::PathBuf;

use super::super::engine::Ready;
use super::super::load;
use super::super::vary::Axis;
use crate::cli::SweepArgs;
use crate::error::Refusal;
use crate::plan::{self, Choices, RunPlan};

/// More points than this are a slip of the hand.
const MOST_POINTS: usize = 100_000;

/// One combination of values.
pub(super) struct Point {
    pub(super) values: Vec<String>,
    pub(super) plan: RunPlan,
}

/// All combinations, the last axis changing fastest; or the axes side by side.
pub(super) fn combinations(axes: &[Axis], zip: bool) -> anyhow::Result<Vec<Vec<String>>> {
    if zip {
        let len = axes.first().map_or(0, |axis| axis.values.len());
        if let Some(other) = axes.iter().find(|axis| axis.values.len() != len) {
            return Err(Refusal::usage(format!(
                "`{}` has {} values and `{}` has {len}\nhint: with `--zip` every key needs the same number of values",
                other.key,
                other.values.len(),
                axes[0].key
            ))
            .into());
        }
        let row = |index: usize| axes.iter().map(|axis| axis.values[index].clone()).collect();
        return Ok((0..len).map(row).collect());
    }
    let count = axes
        .iter()
        .try_fold(1_usize, |count, axis| count.checked_mul(axis.values.len()));
    if count.is_none_or(|count| count > MOST_POINTS) {
        let text = format!(
            "that is more than {MOST_POINTS} points\nhint: steps (`1..64:8`) or factors (`1..64*2`)"
        );
        return Err(Refusal::usage(text).into());
    }
    let mut points = vec![Vec::new()];
    for axis in axes {
        points = points
            .iter()
            .flat_map(|point: &Vec<String>| {
                axis.values.iter().map(move |value| {
                    let mut longer = point.clone();
                    longer.push(value.clone());
                    longer
                })
            })
            .collect();
    }
    Ok(points)
}

pub(super) fn point(args: &SweepArgs, axes: &[Axis], values: Vec<String>) -> anyhow::Result<Point> {
    let settings = axes.iter().zip(&values);
    let vary: Vec<String> = settings
        .map(|(axis, value)| format!("{}={value}", axis.key))
        .collect();
    let scenario = load::varied(
        &args.scenario,
        &args.work.set,
        &vary,
        args.work.speech.shown(),
    )?;
    let variants = if args.variant.is_empty() {
        vec![crate::expect::BASELINE.to_owned()]
    } else {
        args.variant.clone()
    };
    let choices = Choices {
        seed: args.work.seed,
        variants,
    };
    let plan = plan::build(&scenario, &choices).map_err(Refusal::usage)?;
    Ok(Point { values, plan })
}

/// Variants times groups: the same for every point.
pub(super) fn rows_per_point(points: &[Point]) -> usize {
    let variants = points.first().map(|point| &point.plan.variants);
    variants.map_or(0, |variants| {
        variants
            .iter()
            .map(|variant| variant.plan.groups.len())
            .sum()
    })
}

/// Where this sweep's results are: the same for the same question, asked of the same programs or the same kernel.
pub(super) fn folder(args: &SweepArgs, points: &[Point], engine: &Ready) -> PathBuf {
    let mut asked = String::new();
    let mut mix = |text: &str| asked.extend([text, "\0"]);
    mix(env!("CARGO_PKG_VERSION"));
    mix(args.engine.name());
    engine.facts.values().for_each(|fact| mix(fact));
    for point in points {
        mix(&point.plan.hash);
        mix(&point.plan.seed.0.to_string());
        point
            .plan
            .variants
            .iter()
            .for_each(|variant| mix(&variant.plan.variant));
        point.values.iter().for_each(|value| mix(value));
    }
    let scenario = points
        .first()
        .map_or("sweep", |point| point.plan.scenario.as_str());
    args.work
        .out
        .join(scenario)
        .join(format!("sweep-{}", plan::fnv1a_hex(asked.as_bytes())))
}
