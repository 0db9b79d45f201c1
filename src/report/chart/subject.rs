//! What a chart is about: its place in the title, its file name, its range of time.

use crate::report::data::{RunData, VariantData};

/// `scenario / variant (engine)`: no chart goes without it, so that measured and simulated numbers are never mixed up.
pub(super) fn place(run: &RunData, variant: &str) -> String {
    format!(
        "{} / {variant} ({})",
        run.manifest.scenario, run.manifest.engine
    )
}

/// A file name of its kind and subject; what a file name should not have becomes `_`.
pub(super) fn file_name(kind: &str, subject: &str) -> String {
    let subject: String = subject
        .chars()
        .map(|sign| {
            if sign.is_alphanumeric() || "-_".contains(sign) {
                sign
            } else {
                '_'
            }
        })
        .collect();
    format!("{kind}-{subject}")
}

/// The last second of a variant that a chart shows: the end of its last request or worker interval, at least its duration.
pub(in crate::report) fn last_second(variant: &VariantData) -> f64 {
    let plan = &variant.plan;
    if plan.pipeline.is_some() {
        // Its `duration` is the longest that it may take.
        let looks = variant.stages.iter().map(|look| look.at.as_secs_f64());
        return looks.fold(1e-3, f64::max);
    }
    let closed = variant
        .requests
        .iter()
        .filter_map(|request| request.closed_at)
        .max();
    let worked = variant
        .workers
        .iter()
        .filter_map(|interval| interval.request_id.and(interval.to))
        .max();
    let seen = closed.max(worked).map_or(0.0, |at| at.as_secs_f64());
    let duration = plan.duration.as_secs_f64();
    let longest = duration + plan.drain.as_secs_f64() + 1.0;
    seen.min(longest).max(duration).max(1e-3)
}
