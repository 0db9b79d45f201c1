//! A proxy and the peers that it asks: connections that ended while they were kept, and peers that are left out although they are well.

use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use super::view::View;
use crate::record::{EndedBy, HoldEnd, Hop};
use crate::tier::Tier;
use crate::time::Timestamp;

/// What nginx answers where an attempt failed and it may not ask again.
const BAD_GATEWAY: u16 = 502;

/// Requests that were sent over a kept connection which its other end closed: repeated where that is allowed, 502 where it is not.
pub(super) fn stale_keepalive(view: &View<'_>) -> Vec<Seen> {
    let (attempts, killed) = (attempts(view), killed(view));
    let (mut failed, mut repeated, mut first) = (Vec::new(), 0_u64, None::<Timestamp>);
    for (id, hops) in &attempts {
        let stale = hops.iter().filter(|hop| met_its_end(hop));
        let Some(at) = stale
            .map(|hop| hop.released_at.unwrap_or(hop.accepted_at))
            .min()
        else {
            continue;
        };
        let Some(row) = view.request(Some(*id)).filter(|_| !killed.contains(id)) else {
            continue;
        };
        match hops.last() {
            Some(last) if met_its_end(last) => {
                failed.push(row);
                first = Some(first.map_or(at, |first| first.min(at)));
            }
            _ => repeated += 1,
        }
    }
    let Some(first) = first else {
        return Vec::new();
    };
    let proxy = view.variant.plan.proxy.as_ref();
    let seen = Seen::new("stale_keepalive", first)
        .befell(failed.iter().copied())
        .with("repeated", repeated)
        .span("backend_us", view.variant.plan.backend.keepalive)
        .span(
            "proxy_us",
            proxy.map(|proxy| proxy.upstream.keepalive_timeout),
        );
    vec![seen]
}

/// What `[proxy]` tried for each request, in order.
fn attempts<'a>(view: &View<'a>) -> BTreeMap<u64, Vec<&'a Hop>> {
    let mut attempts: BTreeMap<u64, Vec<&Hop>> = BTreeMap::new();
    for hop in view
        .variant
        .hops
        .iter()
        .filter(|hop| hop.tier == Tier::Proxy)
    {
        attempts.entry(hop.request_id).or_default().push(hop);
    }
    for hops in attempts.values_mut() {
        hops.sort_by_key(|hop| hop.attempt);
    }
    attempts
}

/// Whether an attempt over a kept connection got nothing but its end.
fn met_its_end(hop: &Hop) -> bool {
    hop.reused == Some(true)
        && hop.status == BAD_GATEWAY
        && hop.ended_by == EndedBy::Upstream
        && hop.header_at.is_none()
}

/// Requests whose connection ended because the worker did.
fn killed(view: &View<'_>) -> BTreeSet<u64> {
    let killed = (view.variant.holds.iter()).filter(|hold| hold.ended == HoldEnd::Killed);
    killed.filter_map(|hold| hold.request_id).collect()
}

/// Every peer was left out for its failures, so that requests were refused at once that any of them would have served.
pub(super) fn no_live_upstreams(view: &View<'_>) -> Vec<Seen> {
    let refusals: Vec<_> = (view.variant.events.iter())
        .filter(|event| event.kind.is_none_alive())
        .collect();
    let Some(first) = refusals.first() else {
        return Vec::new();
    };
    let tier = first.tier.unwrap_or(Tier::Proxy);
    let plan = &view.variant.plan;
    let (config, peers) = match (tier, &plan.edge, &plan.proxy) {
        (Tier::Edge, Some(edge), Some(proxy)) => (edge, proxy.instances),
        (_, _, Some(proxy)) => (proxy, plan.backend.instances),
        _ => return Vec::new(),
    };
    // The last failure of each peer before nobody was left.
    let mut last: BTreeMap<Option<u32>, &Hop> = BTreeMap::new();
    for hop in &view.variant.hops {
        let failed = hop.tier == tier && hop.peer.is_some() && matches!(hop.status, 502 | 504);
        if failed && hop.released_at.is_some_and(|at| at <= first.at) {
            let known = last.entry(hop.peer).or_insert(hop);
            if known.released_at < hop.released_at {
                *known = hop;
            }
        }
    }
    let timers: BTreeSet<Option<&str>> = last.values().map(|hop| hop.timer.as_deref()).collect();
    let how = match timers.iter().next() {
        Some(Some(timer)) if timers.len() == 1 => *timer,
        _ => "error",
    };
    let refused: BTreeSet<Option<u64>> = refusals.iter().map(|event| event.request_id).collect();
    let rows = view.variant.requests.iter();
    let rows = rows.filter(|row| refused.contains(&Some(row.request_id)));
    let seen = Seen::new("no_live_upstreams", first.at)
        .befell(rows)
        .with("peers", peers)
        .span("left_out_us", config.upstream.fail_timeout)
        .with("how", how)
        .groups(
            "blamed_groups",
            last.values().filter_map(|hop| hop.group.as_deref()),
        );
    vec![seen]
}
