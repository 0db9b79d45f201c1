//! The heads that travel: the same texts, or at least lengths, as in the lab, so that byte counts agree.

use std::net::Ipv4Addr;

use super::ctx::Asks;
use crate::machine::exchange::passed_on;
use crate::machine::http::{
    CHUNKED_FIELD, Framing, Header, PROXY_SERVER, accel_buffering, connection_field, is_hidden,
    logged_status, page, page_head, parse_response, response_framing,
};
use crate::machine::upstream_config::HttpVersion;
use crate::machine::worker::Payload;
use crate::plan::Plan;
use crate::tier::Tier;

/// An HTTP date, for its length.
const DATE: &str = "Sun, 22 Nov 2026 21:39:02 GMT";

/// A response as its reader must know it: the bytes themselves do not exist here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: u64,
    /// How its body ends.
    pub(super) framing: Framing,
    pub(super) keep_alive: bool,
    /// gunicorn's page for an error, whose head names neither server nor date.
    pub(super) is_page: bool,
    /// `X-Accel-Buffering`.
    pub(super) accel_buffering: Option<bool>,
    /// Bytes of the head that a proxy does not pass on.
    pub(super) hidden: u16,
}

impl Response {
    /// Bytes of its body, if its head says how many.
    pub(super) fn length(&self) -> Option<u64> {
        match self.framing {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        }
    }
}

/// The index of a tier from the outside in; the backend comes after all proxies.
pub(super) fn index_of(plan: &Plan, tier: Tier) -> usize {
    let tiers = plan.tiers();
    let index = tiers.iter().position(|of| of.tier == tier);
    index.unwrap_or(tiers.len())
}

/// The index of the tier that passed a request on to the one with the index `at`; none if that one is whom the sender asked.
pub(super) fn passed_on_by(plan: &Plan, asks: Asks, at: usize) -> Option<usize> {
    at.checked_sub(1).filter(|_| at > asked_first(plan, asks))
}

/// The index of the tier that a sender asks.
pub(super) fn asked_first(plan: &Plan, asks: Asks) -> usize {
    match asks {
        Asks::Client { .. } => 0,
        Asks::Probe(probe) => index_of(plan, plan.probes[usize::from(probe)].to),
    }
}

/// Whether whoever speaks to the proxies of the tier with this index wants to keep its connection.
pub(super) fn keeps_alive(plan: &Plan, asks: Asks, at: usize) -> bool {
    match (passed_on_by(plan, asks, at), asks) {
        (Some(before), _) => plan.tiers()[before].config.upstream.keepalive > 0,
        (None, Asks::Client { group, .. }) => plan.groups[group as usize].keepalive,
        (None, Asks::Probe(_)) => false,
    }
}

/// Where whoever asks comes from.
pub(super) fn address(plan: &Plan, asks: Asks) -> Ipv4Addr {
    let source = match asks {
        Asks::Client { group, address, .. } => {
            plan.groups[group as usize].source(group, address.into())
        }
        Asks::Probe(_) => None,
    };
    source.unwrap_or(Ipv4Addr::LOCALHOST)
}

/// Whether the request may be sent to another peer after it has failed.
pub(super) fn is_idempotent(plan: &Plan, asks: Asks) -> bool {
    match asks {
        Asks::Client { group, .. } => plan.groups[group as usize].method.is_idempotent(),
        Asks::Probe(_) => true,
    }
}

/// Heads that were written and read before: workers and proxies say the same again and again.
#[derive(Debug, Default)]
pub(super) struct Announced {
    by_workers: Vec<(Payload, Response)>,
    /// nginx's pages for errors of its own, by status and whether the connection is kept: a dozen at most.
    pages: Vec<((u16, bool), Response)>,
}

/// A plan has a few handlers, and each a few sizes; where every request has a size of its own, nothing is to be gained.
const MOST_ANNOUNCED: usize = 8;

impl Announced {
    /// What a payload that begins a response announces; `None` for a piece of a body.
    pub(super) fn of(&mut self, payload: &Payload) -> Option<Response> {
        let mut known = self.by_workers.iter();
        if let Some((_, response)) = known.find(|(known, _)| known == payload) {
            return Some(*response);
        }
        let response = response_of(payload)?;
        if self.by_workers.len() < MOST_ANNOUNCED {
            self.by_workers.push((payload.clone(), response));
        }
        Some(response)
    }

    /// nginx's page for an error of its own.
    pub(super) fn page(&mut self, status: u16, keep_alive: bool) -> Response {
        let key = (status, keep_alive);
        let mut known = self.pages.iter();
        if let Some((_, response)) = known.find(|(known, _)| *known == key) {
            return *response;
        }
        let response = error_page(status, keep_alive);
        self.pages.push((key, response));
        response
    }
}

fn response_of(payload: &Payload) -> Option<Response> {
    let is_page = match payload {
        Payload::Head { .. } => false,
        Payload::ErrorPage { .. } | Payload::PlainPage { .. } | Payload::H11Page { .. } => true,
        _ => return None,
    };
    let mut bytes = Vec::new();
    payload.write_to(DATE, &mut bytes);
    let head = parse_response(&bytes)
        .expect("our own heads are well-formed")
        .expect("our own heads are whole");
    let framing = response_framing(&head, false).expect("our own heads are well-formed");
    Some(Response {
        status: head.status,
        head: head.len as u64,
        framing,
        keep_alive: head.keep_alive(),
        is_page,
        accel_buffering: accel_buffering(&head.headers),
        hidden: hidden_bytes(&head.headers),
    })
}

/// The lines of fields that stay at the proxy.
fn hidden_bytes(headers: &[Header]) -> u16 {
    let hidden = headers
        .iter()
        .filter(|header| is_hidden(header.name.as_bytes()));
    let bytes: usize = hidden
        .map(|header| header.name.len() + ": ".len() + header.value.len() + "\r\n".len())
        .sum();
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// The minor version of HTTP that whoever speaks to the proxies of the tier with this index speaks.
pub(super) fn version_of(plan: &Plan, asks: Asks, at: usize) -> u8 {
    let before = passed_on_by(plan, asks, at).map(|before| plan.tiers()[before].config);
    match before.map(|config| config.proxy_http_version) {
        Some(HttpVersion::V10) => 0,
        Some(HttpVersion::V11) | None => 1,
    }
}

/// The response as the proxy passes it on to who speaks HTTP/1.`version`: its own `Connection`, `Server` and `Date`, chunks where no length is
/// known, all else as it came.
pub(super) fn downstream(upstream: Response, keep_alive: bool, version: u8) -> Response {
    let passed = passed_on(upstream.framing, upstream.status, version);
    let framing = passed.framing;
    let keep_alive = keep_alive && passed.may_keep;
    let field = |framing| match framing {
        Framing::Chunked => CHUNKED_FIELD.len() as u64,
        Framing::None | Framing::Length(_) | Framing::UntilClose => 0,
    };
    let own = if upstream.is_page {
        format!("Server: {PROXY_SERVER}\r\nDate: {DATE}\r\n").len()
    } else {
        0
    };
    let (came, goes) = (
        connection_field(upstream.keep_alive).len(),
        connection_field(keep_alive).len(),
    );
    Response {
        head: upstream.head - came as u64 - u64::from(upstream.hidden) - field(upstream.framing)
            + (goes + own) as u64
            + field(framing),
        framing,
        keep_alive,
        // Whatever the worker left out, the head has by now.
        is_page: false,
        accel_buffering: None,
        hidden: 0,
        ..upstream
    }
}

fn error_page(status: u16, keep_alive: bool) -> Response {
    let page = page(status, false);
    let head = page_head(status, DATE, page.len(), keep_alive);
    Response {
        status: logged_status(status),
        head: head.len() as u64,
        framing: Framing::Length(page.len() as u64),
        keep_alive,
        is_page: false,
        accel_buffering: None,
        hidden: 0,
    }
}
