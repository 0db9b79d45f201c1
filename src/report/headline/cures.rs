//! Which variants cure, which are only controls, and which one leaves least.

use super::control::leaves_cause_out;
use super::harm::{Harm, Other};
use crate::plan::{BASELINE, Plan};
use crate::record::summary::VariantSummary;
use crate::report::data::RunData;
use crate::report::findings::Seen;

/// What of the other variants helps, and what only shows where the harm came from.
pub(super) fn with_cures(
    seen: Seen,
    run: &RunData,
    (sick, harm): (&VariantSummary, &Harm<'_>),
    others: Vec<Other<'_>>,
) -> Seen {
    let names = |others: &[Other<'_>]| -> Vec<String> {
        let names = others.iter().map(|other| other.variant.name.clone());
        names.collect()
    };
    let plan = |name: &str| plan_of(run, name);
    let is_control = |other: &Other<'_>| {
        let plans = plan(&sick.name).zip(plan(&other.variant.name));
        plans.is_some_and(|(before, after)| leaves_cause_out(before, after))
    };
    let count = others.len();
    // Where a variant does the harm, all others show what is different about it.
    let is_plain = sick.name == BASELINE;
    let (controls, others): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|other| is_plain && is_control(other));
    let cures = |other: &Other<'_>| other.cures(harm);
    let [well, cures] = [&controls, &others].map(|all| {
        let well = all.iter().filter(|other| cures(other));
        well.copied().collect::<Vec<_>>()
    });
    // Where none cures it, one may be much better.
    let best = others
        .iter()
        .filter_map(|other| Some((other.rest(harm)?, other.variant)));
    let best = best
        .min_by_key(|(left, _)| *left)
        .filter(|_| cures.is_empty());
    seen.with("cure_variants", names(&cures))
        .with("control_variants", names(&well))
        .with("others", count)
        .with("best_variant", best.map(|(_, other)| other.name.as_str()))
        .with("left", best.map(|(left, _)| left))
}

fn plan_of<'a>(run: &'a RunData, variant: &str) -> Option<&'a Plan> {
    let mut plans = run.variants.iter().map(|data| &data.plan);
    plans.find(|plan| plan.variant == variant)
}
