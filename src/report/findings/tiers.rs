//! Two tiers of proxies that tell different stories of one request.

use std::collections::BTreeMap;

use super::Seen;
use super::view::View;
use crate::record::{EndedBy, Hop};
use crate::tier::Tier;
use crate::time::Timestamp;

/// The status of a request that its client left.
const CLIENT_CLOSED: u16 = 499;

/// The edge gave a request up, and the proxy behind it logs that the client left: neither log names a slow backend and a patient user.
pub(super) fn edge_gives_up(view: &View<'_>) -> Vec<Seen> {
    let Some(edge) = &view.variant.plan.edge else {
        return Vec::new();
    };
    let (mut hidden, mut attempts) = (BTreeMap::new(), 0);
    for outer in view.variant.hops.iter().filter(|hop| gave_up(hop)) {
        let Some((row, inner)) = view
            .request(Some(outer.request_id))
            .zip(view.inner_hop(outer.request_id))
        else {
            continue;
        };
        if inner.status == CLIENT_CLOSED {
            attempts += 1;
            let at = outer.released_at.unwrap_or(outer.accepted_at);
            hidden.entry(outer.request_id).or_insert((row, at));
        }
    }
    let Some(first) = hidden.values().map(|(_, at)| *at).min() else {
        return Vec::new();
    };
    let unseen = |at: Timestamp, taken: Option<Timestamp>| taken.is_none_or(|taken| taken > at);
    let waiting = hidden
        .values()
        .filter(|(row, at)| unseen(*at, row.worker_accepted_at))
        .count();
    let place = match waiting {
        0 => "workers",
        n if n == hidden.len() => "queue",
        _ => "both",
    };
    let asked = match attempts > hidden.len() {
        true => "again",
        false => "once",
    };
    let seen = Seen::new("edge_gives_up", first)
        .befell(hidden.values().map(|(row, _)| *row))
        .span("timeout_us", edge.proxy_read_timeout)
        .with("attempts", attempts)
        .with("asked", asked)
        .with("logged_status", CLIENT_CLOSED)
        .with("place", place)
        .with("waiting", waiting);
    vec![seen]
}

/// Whether it is the edge's last word on a request that took too long.
fn gave_up(hop: &Hop) -> bool {
    hop.tier == Tier::Edge && hop.ended_by == EndedBy::ProxyReadTimeout && hop.status == 504
}
