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
    if run.variants.iter().any(|variant| variant.counted.is_some()) {
        warnings.push(
            "no row was kept of a request or a worker (`--rows none`): findings and charts that need them are missing"
                .to_owned(),
        );
    }
    if let Some((median, largest)) = run.manifest.tick_error_us
        && median > TICK_ERROR.as_us()
        && run.manifest.engine != "sim"
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
            temp_files_failed(variant),
        ];
        warnings.extend(
            found
                .into_iter()
                .flatten()
                .map(|text| format!("{name}: {text}")),
        );
        warnings.extend(client_problems(variant).map(|text| format!("{name}: {text}")));
        warnings.extend(silent_groups(variant).map(|text| format!("{name}: {text}")));
    }
    warnings
}

fn dropped(variant: &VariantData) -> Option<String> {
    let lost = variant.events.iter();
    let texts: Vec<String> = lost
        .filter(|event| matches!(event.kind, EventKind::ReportsDropped { .. }))
        .map(|event| event.kind.text())
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

fn temp_files_failed(variant: &VariantData) -> Option<String> {
    let mut failed = variant
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::TempFileFailed { .. }));
    let first = failed.next()?;
    let times = match 1 + failed.count() {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    Some(format!(
        "the proxy could not spill {times} ({}), and ended the request: make room on that disk or name another with TMPDIR",
        first.kind.text(),
    ))
}

/// What kept clients from their requests, each kind once, with how often it came.
fn client_problems(variant: &VariantData) -> impl Iterator<Item = String> {
    let mut problems: Vec<(String, String)> = Vec::new();
    for kind in variant.events.iter().map(|event| &event.kind) {
        let Some(problem) = kind.problem() else {
            continue;
        };
        match problems.iter_mut().find(|(known, _)| *known == problem) {
            // The last word on it has its count.
            Some((_, text)) => *text = kind.text(),
            None => problems.push((problem, kind.text())),
        }
    }
    problems
        .into_iter()
        .map(|(_, text)| format!("clients were kept from their requests: {text}"))
}

fn silent_groups(variant: &VariantData) -> impl Iterator<Item = String> {
    let spoke = |name: &str| match &variant.counted {
        None => variant.measured().any(|row| row.group == name),
        Some(counted) => {
            (counted.groups.iter()).any(|group| group.name == name && group.requests > 0)
        }
    };
    let groups = variant.plan.groups.iter();
    groups
        .filter(move |group| !spoke(&group.name))
        .map(|group| {
            format!(
                "`{}` made no request after the warm-up: nothing can be said of it",
                group.name
            )
        })
}
