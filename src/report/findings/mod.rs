//! What a run showed, in plain words: numbers and culprits, from the records only.
//!
//! A finding names what happened, never what a configuration ought to be. Each kind has a function of its own that looks at one variant;
//! it says nothing where the records do not carry it (the reference engine may not know a worker's states).

mod clients;
mod probes;
mod proxy;
mod queue;
mod starvation;
mod tiers;
mod view;
mod workers;

use crate::record::summary::{Finding, Summary, VariantSummary};
use crate::report::data::RunData;

use view::View;

/// One kind of finding.
type Look = fn(&View<'_>) -> Vec<Seen>;

/// A finding before its variant is filled in.
struct Seen {
    kind: &'static str,
    at: crate::time::Timestamp,
    text: String,
}

/// In the order in which they are told when they begin at the same instant.
const LOOKS: [Look; 15] = [
    starvation::starvation,
    queue::read_timeout_misfire,
    queue::zombie_work,
    queue::full_unix_queue,
    queue::syn_retries,
    workers::killed_in_send,
    workers::killed_in_app,
    workers::killed_from_outside,
    probes::probe_kill,
    tiers::edge_gives_up,
    proxy::wall_clock_misfire,
    proxy::send_timeout,
    proxy::hidden_truncation,
    proxy::spill,
    clients::coordinated_omission,
];

/// Everything that can be said of a run, variant by variant, each by time.
pub fn find(run: &RunData, summary: &Summary) -> Vec<Finding> {
    let mut findings = Vec::new();
    for variant in &run.variants {
        let mut summaries = summary.variants.iter();
        let Some(numbers) = summaries.find(|numbers| numbers.name == variant.plan.variant) else {
            continue;
        };
        findings.extend(find_in(&View::new(variant, numbers), numbers));
    }
    findings
}

fn find_in(view: &View<'_>, numbers: &VariantSummary) -> Vec<Finding> {
    let mut seen: Vec<Seen> = LOOKS.iter().flat_map(|look| look(view)).collect();
    seen.sort_by_key(|seen| seen.at);
    seen.into_iter()
        .map(|seen| Finding {
            kind: seen.kind.to_owned(),
            variant: numbers.name.clone(),
            at_s: seen.at.as_secs_f64(),
            text: seen.text,
        })
        .collect()
}

#[cfg(test)]
pub(in crate::report) mod tests;
