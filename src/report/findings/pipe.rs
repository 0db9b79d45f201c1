//! What a proxy's buffers do to those on both sides: a full temp file that keeps the backend waiting, and a response that is kept back from a client
//! that would read it.

use super::Seen;
use super::view::View;
use crate::machine::proxy_config::ProxyConfig;
use crate::record::{Hop, Outcome, RequestRecord};
use crate::report::data::VariantData;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// A shorter silence is the pace of any slow reader.
const SILENCE: Span = Span::from_ms(250);
/// A first byte that is that much later than the head is late by the proxy's doing.
const KEPT_BACK: Span = Span::from_ms(250);

/// A temp file was full, and the backend heard nothing until the client had read it.
pub(super) fn silent_hole(view: &View<'_>) -> Vec<Seen> {
    let holes: Vec<(&Hop, &RequestRecord, Span)> = (view.variant.hops.iter())
        .filter_map(|hop| {
            let row = view.request(Some(hop.request_id))?;
            let silence = hop.longest_silence.filter(|span| *span >= SILENCE)?;
            // The backend had bytes to give: it was no silence of its own.
            let blocked = row.send_blocked?;
            let is_full = is_full(config(view, hop.tier)?, hop);
            (is_full && blocked.as_ns() >= silence.as_ns() / 2).then_some((hop, row, silence))
        })
        .collect();
    let Some((first, _, _)) = holes.iter().min_by_key(|(hop, ..)| hop.accepted_at) else {
        return Vec::new();
    };
    let longest = holes.iter().map(|(_, _, silence)| *silence).max();
    let file = config(view, first.tier).map(|config| config.proxy_max_temp_file_size.0);
    let killed = holes.iter().filter(|(_, row, _)| was_killed(view, row));
    let seen = Seen::new("silent_hole", first.header_at.unwrap_or(first.accepted_at))
        .befell(holes.iter().map(|(_, row, _)| *row))
        .with("file_bytes", file)
        .span("longest_us", longest)
        .with("killed", killed.count());
    vec![seen]
}

fn config<'a>(view: &View<'a>, tier: Tier) -> Option<&'a ProxyConfig> {
    let plan = &view.variant.plan;
    match tier {
        Tier::Edge => plan.edge.as_ref(),
        Tier::Proxy => plan.proxy.as_ref(),
        Tier::Backend => None,
    }
}

/// Whether a response filled its temp file: nginx stops up to one write below the limit (`ngx_event_pipe_read_upstream`).
fn is_full(config: &ProxyConfig, hop: &Hop) -> bool {
    let limit = config.proxy_max_temp_file_size.0;
    let spilled = hop.spilled_bytes.unwrap_or(0);
    limit > 0 && spilled > 0 && spilled + config.temp_file_write_size().0 >= limit
}

/// Whether gunicorn's timeout found the worker of a request while it had it.
fn was_killed(view: &View<'_>, row: &RequestRecord) -> bool {
    let accepted = row.worker.zip(row.worker_accepted_at);
    accepted.is_some_and(|(worker, at)| view.timed_out_between(worker, at, row.worker_released_at))
}

/// A response that stood in a proxy while its client waited for the first byte.
pub(super) fn kept_back(view: &View<'_>) -> Vec<Seen> {
    let rows: Vec<&RequestRecord> = kept_back_rows(view.variant).collect();
    let Some(first) = rows.iter().min_by_key(|row| row.started_at) else {
        return Vec::new();
    };
    let longest = rows.iter().filter_map(|row| wait(row)).max();
    let tier = match view.variant.plan.edge {
        None => "only",
        Some(_) if is_of_edge(view, first) => "edge",
        Some(_) => "inner",
    };
    let from = first.upstream_header_at.unwrap_or(Timestamp::ZERO);
    let seen = Seen::new("kept_back", from)
        .befell(rows.iter().copied())
        .with("tier", tier)
        .span("longest_us", longest);
    vec![seen]
}

/// The requests whose answer had begun long before their clients, near and willing to read, saw a byte of it.
pub(in crate::report) fn kept_back_rows(
    variant: &VariantData,
) -> impl Iterator<Item = &RequestRecord> {
    let near = |name: &str| {
        let mut groups = variant.plan.groups.iter();
        groups.any(|group| group.name == name && group.is_healthy() && group.link.is_none())
    };
    (variant.requests.iter())
        .filter(|row| {
            row.outcome == Outcome::Complete && row.status.is_some_and(|status| status < 400)
        })
        .filter(|row| wait(row).is_some_and(|wait| wait >= KEPT_BACK))
        .filter(move |row| near(&row.group))
}

fn wait(row: &RequestRecord) -> Option<Span> {
    Some(row.first_byte_at?.since(row.upstream_header_at?))
}

/// Whether the edge had the head long before the client: then it is the edge that kept it.
fn is_of_edge(view: &View<'_>, row: &RequestRecord) -> bool {
    let mut hops = view.variant.hops.iter();
    let edge = hops.find(|hop| hop.tier == Tier::Edge && hop.request_id == row.request_id);
    let had_at = edge.and_then(|hop| hop.header_at);
    let waited = had_at.zip(row.first_byte_at);
    waited.is_some_and(|(had_at, first)| first.since(had_at) >= KEPT_BACK)
}
