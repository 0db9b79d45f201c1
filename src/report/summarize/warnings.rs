//! What to check before trusting the numbers: the laboratory's own faults.

use super::doubts::{DISK_FULL, MACHINE_LACKS, OBSERVER_BEHIND, RELAY_LATE, REPORTS_LOST};
use super::starved::CLIENTS_LATE;
use super::{latency_summary, quoted};
use crate::record::summary::Doubt;
use crate::record::{EventKind, SHORTFALL};
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;
use crate::time::Span;

/// A timer that is later than this at the median makes millisecond latencies doubtful.
const TICK_ERROR: Span = Span::from_ms(2);
/// A sample that is later than this is not where the chart shows it.
const SAMPLE_LATE: Span = Span::from_ms(20);
/// A relay that holds packets for longer than it should has added distance.
const RELAY_IS_LATE: Span = Span::from_ms(2);
/// Clients that start later than this, at the 99th percentile, were short of CPU themselves.
const CLIENT_LATE: Span = Span::from_ms(10);

/// The warnings of a run: its doubts, in these words, and whatever else is to be checked.
pub fn warnings(run: &RunData, doubts: &[Doubt], words: &Words) -> Vec<String> {
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
    for doubt in doubts {
        let arguments = [("text", doubt.text.clone().into())];
        let text = words.say("warning-doubt", arguments);
        warnings.push(format!("{}: {text}", doubt.variant));
    }
    for variant in &run.variants {
        let name = &variant.plan.variant;
        let shortfall = words.engine_fact(&run.manifest, &format!("{SHORTFALL}{name}"));
        let of_variant = |text: String| format!("{name}: {text}");
        warnings.extend(shortfall.map(of_variant));
        // What forbids a verdict has been told, and more plainly.
        let is_doubt = |kind: &str| {
            let mut doubts = doubts.iter();
            doubts.any(|doubt| doubt.variant == *name && doubt.kind == kind)
        };
        let found = [
            (REPORTS_LOST, dropped(variant, words)),
            (OBSERVER_BEHIND, samples_late(variant, words)),
            (CLIENTS_LATE, clients_late(variant, words)),
            (DISK_FULL, temp_files_failed(variant, words)),
            (RELAY_LATE, relay_late(variant, words)),
        ];
        let only_warned = found.into_iter().filter(|(kind, _)| !is_doubt(kind));
        warnings.extend(only_warned.filter_map(|(_, text)| text).map(of_variant));
        if !is_doubt(MACHINE_LACKS) {
            warnings.extend(client_problems(variant, words).map(of_variant));
        }
        warnings.extend(silent_groups(variant, words).map(of_variant));
    }
    warnings
}

pub(super) fn dropped(variant: &VariantData, words: &Words) -> Option<String> {
    let lost = variant.events.iter();
    let texts: Vec<String> = lost
        .filter_map(|event| quoted::lost(&event.kind, words))
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

/// By how much the relay of packets was late, with one in a hundred, and how many this machine dropped.
pub(super) fn relayed(variant: &VariantData) -> Option<(Span, u64)> {
    let mut told = variant.events.iter();
    told.find_map(|event| match event.kind {
        EventKind::Relayed {
            late_p99_us,
            dropped,
            ..
        } => Some((Span::from_us(late_p99_us), dropped)),
        _ => None,
    })
}

/// Distance, and losses, that nobody asked for.
fn relay_late(variant: &VariantData, words: &Words) -> Option<String> {
    let (late, dropped) = relayed(variant)?;
    let arguments = [("late", late.human().into()), ("dropped", dropped.into())];
    (late > RELAY_IS_LATE || dropped > 0).then(|| words.say("warning-relay-late", arguments))
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

/// A full disk; that there was no descriptor left is a finding, and no disk helps.
pub(super) fn temp_files_failed(variant: &VariantData, words: &Words) -> Option<String> {
    // A plan that asks for a small disk asks what comes of its being full.
    if variant.plan.wants_small_disk() {
        return None;
    }
    let mut failed = variant.events.iter().filter(|event| {
        matches!(event.kind, EventKind::TempFileFailed { .. }) && !event.kind.is_out_of_files()
    });
    let first = failed.next()?;
    let arguments = [
        ("times", (1 + failed.count()).into()),
        ("text", first.kind.text().into()),
    ];
    Some(words.say("warning-temp-files", arguments))
}

/// What kept clients from their requests, each kind once, with how often it came.
fn client_problems(variant: &VariantData, words: &Words) -> impl Iterator<Item = String> {
    let mut problems: Vec<String> = Vec::new();
    for problem in variant
        .events
        .iter()
        .filter_map(|event| event.kind.problem())
    {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
        .into_iter()
        .map(|problem| clients_kept(variant, &problem, words))
}

/// One problem, in its last word: that has the count.
pub(super) fn clients_kept(variant: &VariantData, problem: &str, words: &Words) -> String {
    let mut told = variant.events.iter().rev().map(|event| &event.kind);
    let last = told.find(|kind| kind.problem().as_deref() == Some(problem));
    let text = last.and_then(|kind| quoted::problem(kind, words));
    let text = text.unwrap_or_else(|| problem.to_owned());
    words.say("warning-clients-kept", [("text", text.into())])
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
