//! The one sentence of a run: who was harmed most, by what, and which variant of this run cures it.
//!
//! It is computed from numbers and findings. Harm to clients that behave as they should comes before harm to those that are slow or leave: a
//! reader that is cut off for its slowness may be the cure of another's outage. A cure is a variant of this very run in which that harm is
//! gone and no other has come in its place; where there is none, none is named. One that only leaves the cause out is a control, and called that.

mod cause;
mod control;
mod cures;
mod harm;
mod weigh;

pub use weigh::{Harmed, cures, harmed};

use cause::{because, cause, with_unfelt};
use cures::with_cures;
use harm::{Harm, Kind, Other, harm};

use super::data::RunData;
use super::findings::Seen;
use super::stages;
use super::words::Words;
use crate::plan::BASELINE;
use crate::record::summary::{Headline, Summary, VariantSummary};
use crate::time::Timestamp;

/// Of a run whose numbers and findings are there.
pub fn headline(run: &RunData, summary: &Summary, words: &Words) -> Headline {
    if let Some((variant, seen)) = summary.variants.first().and_then(of_stages) {
        return told(seen, &variant.name, words);
    }
    let harms: Vec<(&VariantSummary, Harm<'_>)> = (summary.variants.iter())
        .map(|variant| (variant, harm(run, variant)))
        .collect();
    // Of equals the first.
    let worst = (harms.iter().rev()).max_by_key(|(_, harm)| (harm.kind, harm.size));
    let plain = harms.iter().find(|(variant, _)| variant.name == BASELINE);
    // What the configuration as it stands does is the question; the variants are answers.
    let all_well = worst.is_none_or(|(_, harm)| harm.kind == Kind::Nothing);
    let is_worst = |harm: &Harm<'_>| worst.is_some_and(|(_, worst)| worst.kind == harm.kind);
    let subject = plain.filter(|(_, harm)| all_well || harm.kind > Kind::Killed || is_worst(harm));
    let subject = subject.or(worst);
    let Some((variant, harm)) = subject else {
        return told(Seen::new("untested", Timestamp::ZERO), BASELINE, words);
    };
    let mut seen = sentence(variant, harm);
    if harm.kind > Kind::Nothing {
        let others = harms
            .iter()
            .map(|(variant, harm)| Other { run, variant, harm });
        let others = others.filter(|other| other.variant.name != variant.name);
        seen = with_cures(seen, run, (variant, harm), others.collect());
        let group = harm.group.map(|group| group.name.as_str());
        if let Some(cause) = cause(summary, &variant.name, group) {
            seen = because(seen, cause);
        }
    } else {
        seen = with_unfelt(seen, summary, &variant.name);
    }
    told(seen, &variant.name, words)
}

/// A run of pipelines is about their brake.
fn of_stages(variant: &VariantSummary) -> Option<(&VariantSummary, Seen)> {
    Some((variant, stages::sentence(variant)?))
}

fn told(seen: Seen, variant: &str, words: &Words) -> Headline {
    let mut headline = Headline {
        kind: seen.kind.to_owned(),
        variant: variant.to_owned(),
        text: String::new(),
        fields: seen.fields,
    };
    headline.text = words.headline(&headline);
    headline
}

fn sentence(variant: &VariantSummary, harm: &Harm<'_>) -> Seen {
    let about = |kind| {
        let seen = Seen::new(kind, Timestamp::ZERO);
        match harm.group {
            Some(group) => seen
                .with("group", group.name.as_str())
                .with("requests", group.requests),
            None => seen,
        }
    };
    match (harm.kind, harm.group) {
        (Kind::Failed | Kind::UnusualFailed, Some(_)) => about("failed")
            .with("how", harm.most.0.as_str())
            .with("failed", harm.size)
            .with("most", harm.most.1),
        (Kind::Waited, Some(_)) => about("waited")
            .with("slow", harm.size)
            .span("longest_us", harm.longest),
        (Kind::KeptBack, Some(_)) => about("kept-back")
            .with("kept", harm.size)
            .span("longest_us", harm.longest),
        (Kind::Held, Some(_)) => about("held").span("longest_us", harm.longest),
        (Kind::Killed, _) => about("killed").with("killed", harm.size),
        _ => {
            let groups = variant.groups.iter();
            let requests: u64 = groups.clone().map(|group| group.requests).sum();
            let slowest = groups.filter_map(|group| group.latency_us.max).max();
            about("nothing")
                .with("requests", requests)
                .with("slowest_us", slowest)
        }
    }
}

#[cfg(test)]
mod tests;
