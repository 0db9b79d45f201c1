//! Slots and descriptors of a proxy: who sat on them when there was none left.

use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use super::view::View;
use crate::record::{Outcome, RequestRecord};
use crate::tier::Tier;
use crate::time::Timestamp;

/// `worker_connections` were all taken, and somebody was turned away.
pub(super) fn slots_exhausted(view: &View<'_>) -> Vec<Seen> {
    let refusals: Vec<_> = (view.variant.events.iter())
        .filter(|event| event.kind.is_out_of_slots())
        .collect();
    let Some(first) = refusals.first() else {
        return Vec::new();
    };
    let plan = &view.variant.plan;
    let (config, tier) = match (first.tier, &plan.edge) {
        (Some(Tier::Edge), Some(edge)) => (Some(edge), "edge"),
        (_, Some(_)) => (plan.proxy.as_ref(), "inner"),
        (_, None) => (plan.proxy.as_ref(), "only"),
    };
    let (holder, held) = holder(view, first.at);
    // Whoever was dropped as it was accepted has no name in the line.
    let turned_away: BTreeSet<Option<u64>> =
        refusals.iter().map(|event| event.request_id).collect();
    let rows = view.variant.requests.iter();
    let rows = rows.filter(|row| turned_away.contains(&Some(row.request_id)));
    let seen = Seen::new("slots_exhausted", first.at)
        .befell(rows)
        .with("tier", tier)
        .with("slots", config.map(|config| config.worker_connections))
        .with("refusals", refusals.len())
        .with("holder_group", holder)
        .with("held", held);
    vec![seen]
}

/// `worker_rlimit_nofile`: no descriptor was left for a client, for its upstream or for its temp file.
pub(super) fn files_exhausted(view: &View<'_>) -> Vec<Seen> {
    let lacks: Vec<_> = (view.variant.events.iter())
        .filter(|event| event.kind.is_out_of_files())
        .collect();
    let Some(first) = lacks.first() else {
        return Vec::new();
    };
    let plan = &view.variant.plan;
    let config = match (first.tier, &plan.edge) {
        (Some(Tier::Edge), Some(edge)) => Some(edge),
        _ => plan.proxy.as_ref(),
    };
    let (holder, held) = holder(view, first.at);
    let lacking: BTreeSet<Option<u64>> = lacks.iter().map(|event| event.request_id).collect();
    let rows = view.variant.requests.iter();
    let rows = rows.filter(|row| lacking.contains(&Some(row.request_id)));
    let limit = config.and_then(|config| config.worker_rlimit_nofile);
    let seen = Seen::new("files_exhausted", first.at)
        .befell(rows)
        .with("files", limit)
        .with("lacks", lacks.len())
        .with("holder_group", holder)
        .with("held", held);
    vec![seen]
}

/// The disk of the temp files was full: nginx ends a response there in the middle, whose status was sent long ago, and answers an upload with 500.
pub(super) fn disk_full(view: &View<'_>) -> Vec<Seen> {
    let lacks = view.variant.events.iter();
    let lacks: Vec<_> = lacks.filter(|event| event.kind.is_out_of_space()).collect();
    let Some(first) = lacks.first() else {
        return Vec::new();
    };
    let failed: BTreeSet<u64> = lacks.iter().filter_map(|event| event.request_id).collect();
    let rows = view.variant.requests.iter();
    let is_refused = |row: &&RequestRecord| row.proxy_status == Some(500);
    let harmed = rows.filter(|row| {
        let is_whole = row.outcome == Outcome::Complete && !is_refused(row);
        failed.contains(&row.request_id) && !is_whole
    });
    let disks = [&view.variant.plan.edge, &view.variant.plan.proxy];
    let disk = (disks.into_iter().flatten()).find_map(|config| config.temp_disk);
    let seen = Seen::new("disk_full", first.at)
        .befell(harmed.clone())
        .with("refused", harmed.filter(is_refused).count())
        .with("disk_bytes", disk.map(|disk| disk.0));
    vec![seen]
}

/// The group with most connections open at an instant, and how many.
fn holder<'a>(view: &View<'a>, at: Timestamp) -> (Option<&'a str>, usize) {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &view.variant.requests {
        let is_open = row.proxy_accepted_at.is_some_and(|from| from < at)
            && row.closed_at.is_none_or(|to| to > at);
        if is_open {
            *open.entry(&row.group).or_default() += 1;
        }
    }
    let most = open.into_iter().max_by_key(|(_, count)| *count);
    most.map_or((None, 0), |(group, count)| (Some(group), count))
}
