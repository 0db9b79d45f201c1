//! What went wrong in a variant, and for whom.

use crate::machine::behavior::Behavior;
use crate::record::Outcome;
use crate::record::summary::{Finding, GroupSummary, Summary, VariantSummary};
use crate::report::data::RunData;
use crate::time::Span;

/// A cure leaves at most one in so many of the failures.
const CURED: u64 = 20;
/// Nobody calls a shorter wait an outage.
const LONG_WAIT: Span = Span::from_ms(250);
/// What happened to whom, the least bad first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Nothing,
    /// Workers were killed, and nobody felt it.
    Killed,
    /// Clients that are slow or leave did not get all of their answer.
    UnusualFailed,
    /// Clients that behave as they should waited.
    Waited,
    /// They failed.
    Failed,
}

/// The worst of a variant.
pub(super) struct Harm<'a> {
    pub(super) kind: Kind,
    /// Failed requests, killed workers, or microseconds waited.
    pub(super) size: u64,
    pub(super) group: Option<&'a GroupSummary>,
}

/// The worst that a variant shows.
pub(super) fn harm<'a>(run: &RunData, summary: &Summary, variant: &'a VariantSummary) -> Harm<'a> {
    let failures = |healthy: bool| {
        let groups =
            (variant.groups.iter()).filter(|group| is_healthy(run, &group.name) == healthy);
        let worst = groups.max_by_key(|group| failed(group));
        worst.filter(|group| failed(group) > 0)
    };
    let of = |kind, size, group| Harm { kind, size, group };
    if let Some(group) = failures(true) {
        return of(Kind::Failed, failed(group), Some(group));
    }
    if let Some((group, wait)) = longest_wait(run, summary, variant) {
        return of(Kind::Waited, wait, Some(group));
    }
    if let Some(group) = failures(false) {
        return of(Kind::UnusualFailed, failed(group), Some(group));
    }
    match variant.workers.killed_by_timeout {
        0 => of(Kind::Nothing, 0, None),
        killed => of(Kind::Killed, killed, None),
    }
}

/// Clients that do what a browser does when all is well.
fn is_healthy(run: &RunData, group: &str) -> bool {
    let mut plans = run.variants.iter().flat_map(|variant| &variant.plan.groups);
    let behavior = plans.find(|planned| planned.name == group);
    behavior.is_some_and(|planned| matches!(planned.behavior, Behavior::Healthy(_)))
}

/// Requests that brought no good answer, those excepted that their own client ended.
fn failed(group: &GroupSummary) -> u64 {
    let by_status: u64 = statuses(group).map(|(_, count)| count).sum();
    let by_outcome: u64 = outcomes(group).map(|(_, count)| count).sum();
    by_status + by_outcome
}

fn statuses(group: &GroupSummary) -> impl Iterator<Item = (u16, u64)> {
    let refused = group.status.range(400..);
    refused.map(|(status, count)| (*status, *count))
}

fn outcomes(group: &GroupSummary) -> impl Iterator<Item = (Outcome, u64)> {
    let bad = [
        Outcome::Truncated,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::Timeout,
    ];
    let counted = move |outcome| Some((outcome, *group.outcomes.get(&outcome)?));
    bad.into_iter().filter_map(counted)
}

/// How most of a group's failed requests failed, as a status or an outcome's name, and how many.
pub(super) fn most_frequent_failure(group: &GroupSummary) -> (String, u64) {
    let by_status = statuses(group).map(|(status, count)| (status.to_string(), count));
    let by_outcome = outcomes(group).map(|(outcome, count)| (outcome.name().to_owned(), count));
    let most = by_status.chain(by_outcome).max_by_key(|(_, count)| *count);
    most.unwrap_or_default()
}

/// Who waited longest for a worker that others held, among those that behave as they should; in microseconds.
fn longest_wait<'a>(
    run: &RunData,
    summary: &Summary,
    variant: &'a VariantSummary,
) -> Option<(&'a GroupSummary, u64)> {
    let starved =
        of_variant(summary, &variant.name).find(|finding| finding.kind == "starvation")?;
    let names = starved.fields.get("groups")?.as_array()?;
    let wait = starved.fields.get("longest_wait_us")?.as_u64()?;
    let mut groups = variant.groups.iter();
    let group = groups.find(|group| {
        is_healthy(run, &group.name) && names.iter().any(|name| name == group.name.as_str())
    })?;
    (wait >= LONG_WAIT.as_us()).then_some((group, wait))
}

/// What was found in a variant.
pub(super) fn of_variant<'a>(
    summary: &'a Summary,
    variant: &'a str,
) -> impl Iterator<Item = &'a Finding> {
    let findings = summary.findings.iter();
    findings.filter(move |finding| finding.variant == variant)
}

/// Whether of this harm so little is `left` that it is gone, and nothing as bad has come in its place.
pub(super) fn is_cure(harm: &Harm<'_>, left: &Harm<'_>) -> bool {
    match left.kind.cmp(&harm.kind) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Equal => harm.kind > Kind::Nothing && left.size <= harm.size / CURED,
        std::cmp::Ordering::Greater => false,
    }
}

/// Whether the harmed group asked in a variant as it did: one that has no such clients, or hardly any, proves nothing.
pub(super) fn is_served(harm: &Harm<'_>, other: &VariantSummary) -> bool {
    let Some(group) = harm.group else { return true };
    let mut groups = other.groups.iter();
    groups.any(|there| there.name == group.name && there.requests >= group.requests / 2)
}
