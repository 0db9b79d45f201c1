//! What went wrong in a variant, and for whom.

use crate::plan::GroupPlan;
use crate::record::Outcome;
use crate::record::summary::{Finding, GroupSummary, Summary, VariantSummary};
use crate::report::data::{RunData, VariantData};
use crate::report::fair::{LONG_WAIT, time_of_handler, took_long};
use crate::report::findings::{cut_by_send_timeout, cut_unseen, kept_back_rows};
use crate::time::Span;

/// A cure leaves at most one in so many of the failures.
const CURED: u64 = 20;
/// What leaves one in so many is worth naming where nothing cures.
const BETTER: u64 = 4;
/// So few of a group, one in so many, are no outage: the first request after a restart waits too.
const FEW: u64 = 20;
/// A cure of waiting leaves at most one request in so many that waits: the 99th percentile is well, which the line of each variant shows,
const STILL_WAIT: u64 = 100;
/// but for chance, in standard deviations of such a count: otherwise of two runs of one variant, with one and with three of 230 that lost a
/// packet, only one would be called a cure.
const CHANCE: f64 = 1.5;
/// What happened to whom, the least bad first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Nothing,
    /// Clients that are slow held workers for long, and nobody else came by.
    Held,
    /// Workers were killed, and nobody felt it.
    Killed,
    /// Clients that are slow or leave did not get all of their answer.
    UnusualFailed,
    /// Clients that behave as they should saw nothing of an answer that had begun.
    KeptBack,
    /// They waited for all of it.
    Waited,
    /// They failed.
    Failed,
}

/// Requests that took long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Slow {
    requests: u64,
    longest: Span,
}

/// The worst of a variant.
pub(super) struct Harm<'a> {
    pub(super) kind: Kind,
    /// How many requests failed or waited, or workers were killed.
    pub(super) size: u64,
    pub(super) group: Option<&'a GroupSummary>,
    /// How long the slowest of those that waited took.
    pub(super) longest: Span,
    /// How most of those that failed did, as a status or an outcome's name, and how many.
    pub(super) most: (String, u64),
}

/// The worst that a variant shows.
pub(super) fn harm<'a>(run: &RunData, variant: &'a VariantSummary) -> Harm<'a> {
    let failures = |healthy: bool| {
        let groups =
            (variant.groups.iter()).filter(|group| is_healthy(run, &group.name) == healthy);
        // A client that stops reading gives up in the end: that is its own doing.
        let own = |group: &GroupSummary| match healthy {
            true => 0,
            false => group.outcomes.get(&Outcome::Timeout).copied().unwrap_or(0),
        };
        let counted = groups.map(|group| (group, failed(group) - own(group)));
        let worst = counted.max_by_key(|(_, failed)| *failed);
        worst.filter(|(_, failed)| *failed > 0)
    };
    let of = |kind, size, group| Harm {
        kind,
        size,
        group,
        longest: Span::ZERO,
        most: group.map(most_frequent_failure).unwrap_or_default(),
    };
    if let Some((group, failed)) = failures(true) {
        return of(Kind::Failed, failed, Some(group));
    }
    if let Some((group, cut)) = shortened(run, variant, true) {
        return Harm {
            most: ("unseen".to_owned(), cut),
            ..of(Kind::Failed, cut, Some(group))
        };
    }
    if let Some((group, slow)) = slowest(run, variant) {
        let waited = of(Kind::Waited, slow.requests, Some(group));
        return Harm {
            longest: slow.longest,
            ..waited
        };
    }
    if let Some((group, kept)) = kept_back(run, variant) {
        let waited = of(Kind::KeptBack, kept.requests, Some(group));
        return Harm {
            longest: kept.longest,
            ..waited
        };
    }
    if let Some((group, failed)) = failures(false) {
        return of(Kind::UnusualFailed, failed, Some(group));
    }
    if let Some((group, cut)) = shortened(run, variant, false) {
        return Harm {
            most: ("unseen".to_owned(), cut),
            ..of(Kind::UnusualFailed, cut, Some(group))
        };
    }
    if let Some((group, cut)) = cut_off(run, variant) {
        return Harm {
            most: ("cut".to_owned(), cut),
            ..of(Kind::UnusualFailed, cut, Some(group))
        };
    }
    match variant.workers.killed_by_timeout {
        0 => match longest_hold(run, variant) {
            None => of(Kind::Nothing, 0, None),
            Some((group, longest)) => Harm {
                longest,
                ..of(Kind::Held, longest.as_us(), Some(group))
            },
        },
        killed => of(Kind::Killed, killed, None),
    }
}

/// Clients that do what a browser nearby does when all is well.
fn is_healthy(run: &RunData, group: &str) -> bool {
    planned(run, group).is_some_and(|planned| planned.link.is_none() && planned.is_healthy())
}

/// Clients that are not slow by themselves, near or far: what they wait for beyond their own line is somebody's doing.
fn is_quick(run: &RunData, group: &str) -> bool {
    planned(run, group).is_some_and(GroupPlan::is_healthy)
}

fn planned<'a>(run: &'a RunData, group: &str) -> Option<&'a GroupPlan> {
    let mut plans = run.variants.iter().flat_map(|variant| &variant.plan.groups);
    plans.find(|planned| planned.name == group)
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
fn most_frequent_failure(group: &GroupSummary) -> (String, u64) {
    let by_status = statuses(group).map(|(status, count)| (status.to_string(), count));
    let by_outcome = outcomes(group).map(|(outcome, count)| (outcome.name().to_owned(), count));
    let most = by_status.chain(by_outcome).max_by_key(|(_, count)| *count);
    most.unwrap_or_default()
}

/// The group of which most were cut off by `send_timeout` while they still read what had been sent: to them the end has not come yet.
fn cut_off<'a>(run: &RunData, variant: &'a VariantSummary) -> Option<(&'a GroupSummary, u64)> {
    let data = rows_of(run, variant)?;
    let cut = |group: &GroupSummary| {
        let rows = cut_by_send_timeout(data).filter(|row| row.group == group.name);
        let unfinished = rows.filter(|row| row.outcome == Outcome::Unfinished);
        unfinished.count() as u64
    };
    let counted = variant.groups.iter().map(|group| (group, cut(group)));
    let worst = counted.max_by_key(|(_, cut)| *cut)?;
    (worst.1 > 0).then_some(worst)
}

/// The group of which most believe that they have all of an answer that was cut.
fn shortened<'a>(
    run: &RunData,
    variant: &'a VariantSummary,
    healthy: bool,
) -> Option<(&'a GroupSummary, u64)> {
    let data = rows_of(run, variant)?;
    let groups = (variant.groups.iter()).filter(|group| is_healthy(run, &group.name) == healthy);
    let cut = |group: &GroupSummary| {
        let rows = cut_unseen(data).filter(|(row, _)| row.group == group.name);
        rows.count() as u64
    };
    let worst = groups
        .map(|group| (group, cut(group)))
        .max_by_key(|(_, cut)| *cut)?;
    (worst.1 > 0).then_some(worst)
}

/// Of those that behave as they should, the group of which most requests took far longer than their handler and their line, if they were not only a few.
fn slowest<'a>(run: &RunData, variant: &'a VariantSummary) -> Option<(&'a GroupSummary, Slow)> {
    let groups = (variant.groups.iter()).filter(|group| is_quick(run, &group.name));
    let slow = groups.map(|group| (group, slow(run, variant, &group.name)));
    let worst = slow.max_by_key(|(_, slow)| (slow.requests, slow.longest));
    worst.filter(|(group, slow)| slow.requests > 0 && slow.requests * FEW >= group.requests)
}

fn slow(run: &RunData, variant: &VariantSummary, group: &str) -> Slow {
    let mut slow = Slow::default();
    let Some(data) = rows_of(run, variant) else {
        return slow;
    };
    for row in data.measured().filter(|row| row.group == group) {
        if let Some(latency) = took_long(&data.plan, row) {
            slow.requests += 1;
            slow.longest = slow.longest.max(latency);
        }
    }
    slow
}

/// The group of which most answers stood in a proxy before a byte of them came.
fn kept_back<'a>(run: &RunData, variant: &'a VariantSummary) -> Option<(&'a GroupSummary, Slow)> {
    let data = rows_of(run, variant)?;
    let kept = |group: &GroupSummary| {
        let rows = kept_back_rows(data).filter(|row| row.group == group.name);
        rows.fold(Slow::default(), |kept, row| Slow {
            requests: kept.requests + 1,
            longest: kept.longest.max(row.first_byte().unwrap_or(Span::ZERO)),
        })
    };
    let groups = variant.groups.iter().map(|group| (group, kept(group)));
    let worst = groups.max_by_key(|(_, kept)| (kept.requests, kept.longest))?;
    (worst.1.requests > 0).then_some(worst)
}

/// Of the slow clients, the group that held a worker for longest, if that was far longer than its handler takes.
fn longest_hold<'a>(
    run: &RunData,
    variant: &'a VariantSummary,
) -> Option<(&'a GroupSummary, Span)> {
    let data = rows_of(run, variant)?;
    let groups = variant
        .groups
        .iter()
        .filter(|group| !is_healthy(run, &group.name));
    let held = groups.filter_map(|group| {
        let rows = data.measured().filter(|row| row.group == group.name);
        let held = rows.filter_map(|row| {
            let fair = time_of_handler(&data.plan, &row.path).saturating_add(LONG_WAIT);
            row.hold().filter(|hold| *hold >= fair)
        });
        Some((group, held.max()?))
    });
    held.max_by_key(|(_, longest)| *longest)
}

fn rows_of<'a>(run: &'a RunData, variant: &VariantSummary) -> Option<&'a VariantData> {
    let mut variants = run.variants.iter();
    variants.find(|data| data.plan.variant == variant.name)
}

/// How many of so many requests may still wait where one in a hundred does.
fn few_by_chance(requests: u64) -> u64 {
    let expected = requests as f64 / STILL_WAIT as f64;
    (expected + CHANCE * expected.sqrt()) as u64
}

/// What was found in a variant.
pub(super) fn of_variant<'a>(
    summary: &'a Summary,
    variant: &'a str,
) -> impl Iterator<Item = &'a Finding> {
    let findings = summary.findings.iter();
    findings.filter(move |finding| finding.variant == variant)
}

/// A variant of a run, and the worst that it shows.
#[derive(Clone, Copy)]
pub(super) struct Other<'a> {
    pub(super) run: &'a RunData,
    pub(super) variant: &'a VariantSummary,
    pub(super) harm: &'a Harm<'a>,
}

impl Other<'_> {
    /// Whether of this harm so little is left here that it is gone, and nothing as bad has come in its place: who waits instead of failing is not
    /// cured, nor is who gets no answer any more.
    pub(super) fn cures(&self, harm: &Harm<'_>) -> bool {
        let left = self.harm;
        let little = left.kind == harm.kind && left.size <= harm.size / CURED;
        let lesser = left.kind < harm.kind.min(Kind::KeptBack);
        (little || lesser) && self.is_served(harm) && self.answers(harm) && !self.still_waits(harm)
    }

    /// Whether the harmed group asked here as it did: one that has no such clients, or hardly any, proves nothing.
    fn is_served(&self, harm: &Harm<'_>) -> bool {
        let Some((group, there)) = self.groups(harm) else {
            return harm.group.is_none();
        };
        // Who is answered does not ask again.
        let wanted = |group: &GroupSummary| group.requests - group.retries.min(group.requests);
        wanted(there) >= wanted(group) / 2
    }

    /// Whether the harmed group is answered at least as often as it was, but for a few.
    fn answers(&self, harm: &Harm<'_>) -> bool {
        let Some((group, there)) = self.groups(harm) else {
            return true;
        };
        let lacking = |group: &GroupSummary| group.requests - group.complete.min(group.requests);
        let before = lacking(group) * there.requests;
        let few = there.requests * group.requests / CURED;
        lacking(there) * group.requests <= before + few
    }

    /// Whether the harm was that the group waited, and some of it still do.
    fn still_waits(&self, harm: &Harm<'_>) -> bool {
        let requests = self.groups(harm).map_or(0, |(_, there)| there.requests);
        let left = self.waiting(harm).unwrap_or(0);
        left > few_by_chance(requests).max(1)
    }

    /// How many of the group wait here, if the harm was that they did.
    fn waiting(&self, harm: &Harm<'_>) -> Option<u64> {
        let group = harm.group.filter(|_| harm.kind == Kind::Waited)?;
        Some(slow(self.run, self.variant, &group.name).requests)
    }

    /// The harmed group as it was and as it is here.
    fn groups<'b>(&'b self, harm: &Harm<'b>) -> Option<(&'b GroupSummary, &'b GroupSummary)> {
        let group = harm.group?;
        let mut groups = self.variant.groups.iter();
        Some((group, groups.find(|there| there.name == group.name)?))
    }

    /// How much of this harm is left here, if that is little but no cure.
    pub(super) fn rest(&self, harm: &Harm<'_>) -> Option<u64> {
        let same = (self.harm.kind == harm.kind).then_some(self.harm.size);
        let waiting = self.waiting(harm).filter(|_| self.harm.kind <= harm.kind);
        let left = waiting.or(same)?;
        (left <= harm.size / BETTER && self.is_served(harm) && self.answers(harm)).then_some(left)
    }
}
