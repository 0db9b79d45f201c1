//! What a run showed, in plain words: numbers and culprits, from the records only.
//!
//! A finding names what happened, never what a configuration ought to be. It is a fact: a kind, an instant, fields and the requests that show
//! it; its sentence is made of these by the catalogues of [`super::words`]. Each kind has a function of its own that looks at one variant;
//! it says nothing where the records do not carry it (the reference engine may not know a worker's states).

mod brake;
mod clients;
mod deploys;
mod existence;
mod heart;
mod hoarding;
mod holds;
mod line;
mod peers;
mod pipe;
mod probes;
mod proxy;
mod queue;
mod retries;
mod seen;
mod slots;
mod stall;
mod starvation;
mod tiers;
mod unseen;
mod view;
mod workers;

use crate::record::summary::{Finding, Summary};
use crate::report::data::RunData;
use crate::report::words::Words;

pub(super) use pipe::kept_back_rows;
pub(super) use proxy::cut_by_send_timeout;
pub(super) use seen::Seen;
pub(super) use unseen::cut_unseen;
use view::View;

/// One kind of finding.
type Look = fn(&View<'_>) -> Vec<Seen>;

/// In the order in which they are told when they begin at the same instant.
const LOOKS: [Look; 43] = [
    brake::brake,
    brake::stage_spilled,
    existence::blocked_on_a_log,
    existence::load_without_cpu,
    existence::deleted_but_open,
    existence::hole_in_a_log,
    existence::serves_nobody,
    heart::slow_heartbeat,
    starvation::starvation,
    hoarding::hoarding,
    stall::loop_stalled,
    queue::read_timeout_misfire,
    slots::slots_exhausted,
    slots::files_exhausted,
    slots::disk_full,
    peers::no_live_upstreams,
    peers::stale_keepalive,
    deploys::backend_stopped,
    deploys::boot_failure,
    deploys::reload_cut,
    retries::retry_amplification,
    queue::zombie_work,
    queue::full_unix_queue,
    queue::socket_refused,
    queue::syn_retries,
    workers::killed_in_send,
    workers::killed_in_app,
    workers::killed_from_outside,
    probes::probe_kill,
    tiers::edge_gives_up,
    proxy::wall_clock_misfire,
    proxy::send_timeout,
    proxy::hidden_truncation,
    unseen::unseen_cut,
    pipe::silent_hole,
    pipe::kept_back,
    line::bufferbloat,
    holds::upload_hold,
    holds::linger_hold,
    holds::hidden_by_the_kernel,
    proxy::spill,
    clients::generator_saturated,
    clients::coordinated_omission,
];

/// Everything that can be said of a run, variant by variant, each by time, in these words.
pub fn find(run: &RunData, summary: &Summary, words: &Words) -> Vec<Finding> {
    let mut findings = Vec::new();
    for variant in &run.variants {
        let mut summaries = summary.variants.iter();
        let Some(numbers) = summaries.find(|numbers| numbers.name == variant.plan.variant) else {
            continue;
        };
        findings.extend(find_in(&View::new(variant, numbers), words));
    }
    findings
}

fn find_in(view: &View<'_>, words: &Words) -> Vec<Finding> {
    let mut seen: Vec<Seen> = LOOKS.iter().flat_map(|look| look(view)).collect();
    seen.sort_by_key(|seen| seen.at);
    let variant = &view.numbers.name;
    let told = seen.into_iter().map(|seen| seen.told(variant, words));
    told.collect()
}

#[cfg(test)]
pub(in crate::report) mod tests;
