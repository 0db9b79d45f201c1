//! What to check before trusting the numbers: the laboratory's own faults.

use super::latency_summary;
use crate::record::{EventKind, SHORTFALL};
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;
use crate::time::Span;

/// A timer that is later than this at the median makes millisecond latencies doubtful.
const TICK_ERROR: Span = Span::from_ms(2);
/// A sample that is later than this is not where the chart shows it.
const SAMPLE_LATE: Span = Span::from_ms(20);
/// Clients that start later than this, at the 99th percentile, were short of CPU themselves.
const CLIENT_LATE: Span = Span::from_ms(10);

/// The warnings of a run.
pub fn warnings(run: &RunData, words: &Words) -> Vec<String> {
    let mut warnings = Vec::new();
    if run.manifest.partial {
        warnings.push(words.say("warning-partial", []));
    }
    if run.variants.iter().any(|variant| variant.counted.is_some()) {
        warnings.push(words.say("warning-no-rows", []));
    }
    if let Some((median, largest)) = run.manifest.tick_error_us
        && median > TICK_ERROR.as_us()
        && run.manifest.engine != "sim"
    {
        let arguments = [
            ("median", Span::from_us(median).human().into()),
            ("worst", Span::from_us(largest).human().into()),
        ];
        warnings.push(words.say("warning-timers-late", arguments));
    }
    for variant in &run.variants {
        let name = &variant.plan.variant;
        let shortfall = run.manifest.engine_facts.get(&format!("{SHORTFALL}{name}"));
        let of_variant = |text: String| format!("{name}: {text}");
        warnings.extend(shortfall.cloned().map(of_variant));
        let found = [
            dropped(variant, words),
            samples_late(variant, words),
            clients_late(variant, words),
            temp_files_failed(variant, words),
        ];
        warnings.extend(found.into_iter().flatten().map(of_variant));
        warnings.extend(client_problems(variant, words).map(of_variant));
        warnings.extend(silent_groups(variant, words).map(of_variant));
    }
    warnings
}

fn dropped(variant: &VariantData, words: &Words) -> Option<String> {
    let lost = variant.events.iter();
    let texts: Vec<String> = lost
        .filter(|event| matches!(event.kind, EventKind::ReportsDropped { .. }))
        .map(|event| event.kind.text())
        .collect();
    let texts = (!texts.is_empty()).then(|| texts.join("; "))?;
    Some(words.say("warning-dropped", [("texts", texts.into())]))
}

fn samples_late(variant: &VariantData, words: &Words) -> Option<String> {
    let late = latency_summary(variant.queues.iter().map(|sample| sample.late));
    let worst = late.p90.or(late.max).map(Span::from_us)?;
    let late = (worst > SAMPLE_LATE).then(|| worst.human())?;
    Some(words.say("warning-observer-late", [("late", late.into())]))
}

fn clients_late(variant: &VariantData, words: &Words) -> Option<String> {
    let late = latency_summary(
        variant
            .measured()
            .map(|row| row.started_at.since(row.intended_at)),
    );
    let worst = late.p99.or(late.max).map(Span::from_us)?;
    let late = (worst > CLIENT_LATE).then(|| worst.human())?;
    Some(words.say("warning-clients-late", [("late", late.into())]))
}

fn temp_files_failed(variant: &VariantData, words: &Words) -> Option<String> {
    let mut failed = variant
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::TempFileFailed { .. }));
    let first = failed.next()?;
    let arguments = [
        ("times", (1 + failed.count()).into()),
        ("text", first.kind.text().into()),
    ];
    Some(words.say("warning-temp-files", arguments))
}

/// What kept clients from their requests, each kind once, with how often it came.
fn client_problems(variant: &VariantData, words: &Words) -> impl Iterator<Item = String> {
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
        .map(|(_, text)| words.say("warning-clients-kept", [("text", text.into())]))
}

fn silent_groups(variant: &VariantData, words: &Words) -> impl Iterator<Item = String> {
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
            let group = format!("`{}`", group.name);
            words.say("warning-silent-group", [("group", group.into())])
        })
}
