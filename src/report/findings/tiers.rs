//! Two tiers of proxies that tell different stories of one request.

use std::collections::BTreeMap;

use super::Seen;
use super::view::{View, many, names};
use crate::record::{EndedBy, Hop};
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
    let asked = match attempts > hidden.len() {
        true => format!(", asked for {attempts} times in all,"),
        false => String::new(),
    };
    let unseen = |at: Timestamp, taken: Option<Timestamp>| taken.is_none_or(|taken| taken > at);
    let waiting = hidden
        .values()
        .filter(|(row, at)| unseen(*at, row.worker_accepted_at))
        .count();
    let where_they_were = match waiting {
        0 => "; workers had all of them in hand".to_owned(),
        n if n == hidden.len() => "; no worker had seen any of them".to_owned(),
        n => format!("; no worker had seen {n} of them"),
    };
    let text = format!(
        "the edge gave up {} of {}{asked} after {} of its proxy_read_timeout and says 504; the proxy behind it logs {CLIENT_CLOSED}, as if a client \
         had left{where_they_were}",
        many(hidden.len(), "request"),
        names(hidden.values().map(|(row, _)| row.group.as_str())),
        edge.proxy_read_timeout.human(),
    );
    vec![Seen {
        kind: "edge_gives_up",
        at: first,
        text,
    }]
}

/// Whether it is the edge's last word on a request that took too long.
fn gave_up(hop: &Hop) -> bool {
    hop.tier == crate::tier::Tier::Edge
        && hop.ended_by == EndedBy::ProxyReadTimeout
        && hop.status == 504
}
