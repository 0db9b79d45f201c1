//! What to check before trusting the numbers: the laboratory's own faults.

use super::latency_summary;
use crate::record::{EventKind, SHORTFALL};
use crate::report::data::{RunData, VariantData};
use crate::time::Span;

/// A timer that is later than this at the median makes millisecond latencies doubtful.
const TICK_ERROR: Span = Span::from_ms(2);
/// A sample that is later than this is not where the chart shows it.
const SAMPLE_LATE: Span = Span::from_ms(20);
/// Clients that start later than this, at the 99th percentile, were short of CPU themselves.
const CLIENT_LATE: Span = Span::from_ms(10);

/// The warnings of a run.
pub(super) fn warnings(run: &RunData) -> Vec<String> {
    let mut warnings = Vec::new();
    if run.manifest.partial {
        warnings.push(
            "the run was cut short: numbers cover only what was measured until then".to_owned(),
        );
    }
    if let Some((median, largest)) = run.manifest.tick_error_us
        && median > TICK_ERROR.as_us()
    {
        warnings.push(format!(
            "timers on this machine were {} late at the median ({} at worst) before the run began: it was busy; differences below that mean nothing",
            Span::from_us(median).human(),
            Span::from_us(largest).human(),
        ));
    }
    for variant in &run.variants {
        let name = &variant.plan.variant;
        let shortfall = run.manifest.engine_facts.get(&format!("{SHORTFALL}{name}"));
        warnings.extend(shortfall.map(|text| format!("{name}: {text}")));
        let found = [
            dropped(variant),
            samples_late(variant),
            clients_late(variant),
        ];
        warnings.extend(
            found
                .into_iter()
                .flatten()
                .map(|text| format!("{name}: {text}")),
        );
        warnings.extend(silent_groups(variant).map(|text| format!("{name}: {text}")));
    }
    warnings
}

fn dropped(variant: &VariantData) -> Option<String> {
    let lost = variant.events.iter();
    let texts: Vec<&str> = lost
        .filter(|event| event.kind == EventKind::ReportsDropped)
        .map(|event| event.text.as_str())
        .collect();
    (!texts.is_empty()).then(|| {
        format!(
            "reports were lost ({}): counts are too low",
            texts.join("; ")
        )
    })
}

fn samples_late(variant: &VariantData) -> Option<String> {
    let late = latency_summary(variant.queues.iter().map(|sample| sample.late));
    let worst = late.p90.or(late.max).map(Span::from_us)?;
    (worst > SAMPLE_LATE).then(|| {
        format!(
            "the observer was late (90 % of its samples by up to {}): queue depths between samples may be missing",
            worst.human()
        )
    })
}

fn clients_late(variant: &VariantData) -> Option<String> {
    let late = latency_summary(
        variant
            .measured()
            .map(|row| row.started_at.since(row.intended_at)),
    );
    let worst = late.p99.or(late.max).map(Span::from_us)?;
    (worst > CLIENT_LATE).then(|| {
        format!(
            "clients started up to {} later than planned (99 % of them): the load was not what the plan says, and `latency_us` includes this delay",
            worst.human()
        )
    })
}

fn silent_groups(variant: &VariantData) -> impl Iterator<Item = String> {
    let groups = variant.plan.groups.iter();
    groups
        .filter(|group| !variant.measured().any(|row| row.group == group.name))
        .map(|group| {
            format!(
                "`{}` made no request after the warm-up: nothing can be said of it",
                group.name
            )
        })
}
