//! Which finding says why.

use serde_json::Value;

use super::harm::of_variant;
use crate::record::summary::{Finding, Summary};
use crate::report::findings::Seen;

/// Kinds of findings that say why, the most telling first.
pub(super) const CAUSES: [&str; 32] = [
    "blocked_on_a_log",
    "slow_heartbeat",
    "load_without_cpu",
    "serves_nobody",
    "probe_kill",
    "boot_failure",
    "backend_stopped",
    "reload_cut",
    "no_live_upstreams",
    "slots_exhausted",
    "files_exhausted",
    "disk_full",
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
    "socket_refused",
    "syn_retries",
    "edge_gives_up",
    "wall_clock_misfire",
    "send_timeout",
    "kept_back",
    "bufferbloat",
    "retry_amplification",
    "linger_hold",
    "zombie_work",
];

/// Kinds of findings that no client feels: told where nobody was harmed.
pub(super) const UNFELT: [&str; 3] = ["load_without_cpu", "deleted_but_open", "hole_in_a_log"];

/// What a variant suffers from and no client feels, if anything.
fn unfelt<'a>(summary: &'a Summary, variant: &'a str) -> Option<&'a Finding> {
    let mut findings = of_variant(summary, variant);
    findings.find(|finding| UNFELT.contains(&&*finding.kind))
}

/// What is said of a variant in which nobody was harmed, with what no client feels of it, and where that is not so.
pub(super) fn with_unfelt(seen: Seen, summary: &Summary, variant: &str) -> Seen {
    let Some(cause) = unfelt(summary, variant) else {
        return seen;
    };
    let has =
        |other: &&str| unfelt(summary, other).is_some_and(|finding| finding.kind == cause.kind);
    let others = summary.variants.iter().map(|other| other.name.as_str());
    let well: Vec<&str> = others.filter(|other| !has(other)).collect();
    because(seen, cause)
        .with("cure_variants", well)
        .with("others", summary.variants.len() - 1)
}

/// With a finding as the reason.
pub(super) fn because(mut seen: Seen, cause: &Finding) -> Seen {
    seen = seen.with("cause", cause.kind.as_str());
    for (name, value) in &cause.fields {
        seen = seen.with(&format!("cause_{name}"), value.clone());
    }
    seen
}

/// The most telling reason: of those that name whom they befell, one that names the harmed group before all others.
pub(super) fn cause<'a>(
    summary: &'a Summary,
    variant: &'a str,
    group: Option<&str>,
) -> Option<&'a Finding> {
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
