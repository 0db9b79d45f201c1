//! The one sentence of a run: who was harmed most, by what, and which variant of this run cures it.
//!
//! It is computed from numbers and findings. Harm to clients that behave as they should comes before harm to those that are slow or leave: a
//! reader that is cut off for its slowness may be the cure of another's outage. A cure is a variant of this very run in which that harm is
//! gone and no other has come in its place; where there is none, none is named.

mod harm;

use serde_json::Value;

use harm::{Harm, Kind, harm, is_cure, is_served, of_variant};

use super::data::RunData;
use super::findings::Seen;
use super::words::Words;
use crate::plan::BASELINE;
use crate::record::summary::{Finding, Headline, Summary, VariantSummary};
use crate::time::Timestamp;

/// Kinds of findings that say why, the most telling first.
const CAUSES: [&str; 24] = [
    "probe_kill",
    "boot_failure",
    "backend_stopped",
    "reload_cut",
    "no_live_upstreams",
    "slots_exhausted",
    "starvation",
    "hoarding",
    "loop_stalled",
    "silent_hole",
    "worker_timeout_in_send",
    "stale_keepalive",
    "upload_hold",
    "worker_timeout",
    "worker_killed_from_outside",
    "full_unix_queue",
    "syn_retries",
    "edge_gives_up",
    "wall_clock_misfire",
    "send_timeout",
    "kept_back",
    "retry_amplification",
    "linger_hold",
    "zombie_work",
];

/// Of a run whose numbers and findings are there.
pub fn headline(run: &RunData, summary: &Summary, words: &Words) -> Headline {
    let harms: Vec<(&VariantSummary, Harm<'_>)> = (summary.variants.iter())
        .map(|variant| (variant, harm(run, variant)))
        .collect();
    let worst = harms.iter().max_by_key(|(_, harm)| (harm.kind, harm.size));
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
        let cures = (harms.iter())
            .filter(|(other, left)| other.name != variant.name && is_cure(harm, left))
            .filter(|(other, _)| is_served(harm, other))
            .map(|(other, _)| other.name.as_str());
        seen = seen
            .with("cure_variants", cures.collect::<Vec<&str>>())
            .with("others", harms.len() - 1);
        let group = harm.group.map(|group| group.name.as_str());
        if let Some(cause) = cause(summary, &variant.name, group) {
            seen = seen.with("cause", cause.kind.as_str());
            for (name, value) in &cause.fields {
                seen = seen.with(&format!("cause_{name}"), value.clone());
            }
        }
    }
    told(seen, &variant.name, words)
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

/// The most telling reason: of those that name whom they befell, one that names the harmed group before all others.
fn cause<'a>(summary: &'a Summary, variant: &'a str, group: Option<&str>) -> Option<&'a Finding> {
    let causes = CAUSES.iter().filter_map(|kind| {
        let mut findings = of_variant(summary, variant);
        findings.find(|finding| finding.kind == *kind)
    });
    let concerns = |finding: &&Finding| {
        let befell = finding.fields.get("groups").and_then(Value::as_array);
        let befell = befell.filter(|groups| !groups.is_empty());
        befell.is_none_or(|groups| groups.iter().any(|name| name.as_str() == group))
    };
    causes
        .clone()
        .find(concerns)
        .or_else(|| causes.clone().next())
}

#[cfg(test)]
mod tests;
