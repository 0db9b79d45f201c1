//! The heads that travel: the same texts, or at least lengths, as in the lab, so that byte counts agree.

use crate::machine::http::{
    CLIENTS_HOST, Header, PROXY_SERVER, REQUEST_ID_HEADER, Upload, accel_buffering,
    connection_field, is_hidden, page, page_head, page_keeps_alive, parse_response,
};
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::worker::Payload;
use crate::plan::{GroupPlan, Plan};

/// An HTTP date, for its length.
const DATE: &str = "Sun, 22 Nov 2026 21:39:02 GMT";

/// A response as its reader must know it: the bytes themselves do not exist here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: u64,
    pub(super) length: u64,
    pub(super) keep_alive: bool,
    /// gunicorn's page for an error, whose head names neither server nor date.
    pub(super) is_page: bool,
    /// `X-Accel-Buffering`.
    pub(super) accel_buffering: Option<bool>,
    /// Bytes of the head that a proxy does not pass on.
    pub(super) hidden: u16,
}

/// What a proxy before so many peers makes of it.
pub(super) fn upstream_request(
    (proxy, peers): (&ProxyConfig, usize),
    group: &GroupPlan,
    request_id: u64,
) -> String {
    let line = format!("{} {}", group.method, group.path);
    format!(
        "{opening}{length}User-Agent: slowlab/{version}\r\n{REQUEST_ID_HEADER}: {request_id}\r\n\r\n",
        opening = proxy.request_opening(&line, "localhost", peers),
        length = upstream_body(group).head_field(),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// The body behind it: of chunks the proxy has made one piece of known length.
fn upstream_body(group: &GroupPlan) -> Upload {
    Upload {
        chunked: false,
        ..group.upload()
    }
}

/// The request as whoever listens at the backend reads it: the proxy's, or without one the client's own.
pub(super) fn request_at_backend(plan: &Plan, group: u32, request_id: u64) -> (String, Upload) {
    let group = &plan.groups[group as usize];
    match &plan.proxy {
        Some(proxy) => {
            let peers = plan.backend.instances.max(1) as usize;
            let text = upstream_request((proxy, peers), group, request_id);
            (text, upstream_body(group))
        }
        None => {
            let text = group.request_text(CLIENTS_HOST, request_id);
            (text, group.upload())
        }
    }
}

/// What a payload that begins a response announces; `None` for a piece of a body.
pub(super) fn response_of(payload: &Payload) -> Option<Response> {
    if !matches!(payload, Payload::Head { .. } | Payload::ErrorPage { .. }) {
        return None;
    }
    let mut bytes = Vec::new();
    payload.write_to(DATE, &mut bytes);
    let head = parse_response(&bytes)
        .expect("our own heads are well-formed")
        .expect("our own heads are whole");
    let length = head
        .header("content-length")
        .and_then(|value| std::str::from_utf8(value).ok()?.parse().ok())
        .expect("our own heads announce a length");
    Some(Response {
        status: head.status,
        head: head.len as u64,
        length,
        keep_alive: head.keep_alive(),
        is_page: matches!(payload, Payload::ErrorPage { .. }),
        accel_buffering: accel_buffering(&head),
        hidden: hidden_bytes(&head.headers),
    })
}

/// The lines of fields that stay at the proxy.
fn hidden_bytes(headers: &[Header]) -> u16 {
    let hidden = headers.iter().filter(|header| is_hidden(&header.name));
    let bytes: usize = hidden
        .map(|header| header.name.len() + ": ".len() + header.value.len() + "\r\n".len())
        .sum();
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// The response as the proxy passes it on: its own `Connection`, `Server` and `Date`, all else as it came.
pub(super) fn downstream(upstream: Response, keep_alive: bool) -> Response {
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
        head: upstream.head - came as u64 - u64::from(upstream.hidden) + (goes + own) as u64,
        keep_alive,
        accel_buffering: None,
        hidden: 0,
        ..upstream
    }
}

/// nginx's page for an error of its own.
pub(super) fn error_page(status: u16, keep_alive: bool) -> Response {
    let keep_alive = keep_alive && page_keeps_alive(status);
    let page = page(status);
    let head = page_head(status, DATE, page.len(), keep_alive);
    Response {
        status,
        head: head.len() as u64,
        length: page.len() as u64,
        keep_alive,
        is_page: false,
        accel_buffering: None,
        hidden: 0,
    }
}
