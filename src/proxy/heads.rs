//! The heads that the proxy writes: the request upstream, the response and the error pages.

use std::io::Write as _;

use crate::machine::downstream::{Granted, glimpse};
use crate::machine::exchange::passed_on;
use crate::machine::http::nginx::{AnswerHead, Field};
use crate::machine::http::{
    CHUNKED_FIELD, Framing, PROXY_SERVER, RequestHead, connection_field, is_hidden, pads_pages,
    page, page_head,
};

/// Fields that end at the proxy on the way up.
const REQUEST_HOP_BY_HOP: [&str; 8] = [
    "host",
    "connection",
    "keep-alive",
    "te",
    "expect",
    "upgrade",
    "content-length",
    "transfer-encoding",
];

/// Fields that the proxy writes itself on the way down.
const RESPONSE_OWN: [&str; 7] = [
    "server",
    "date",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
];

/// Room for what the proxy writes itself beyond what it takes away, in most cases.
const OWN_FIELDS_BYTES: usize = 64;

/// What is remembered of a request while its response is on the way.
pub(super) struct RequestInfo {
    pub(super) id: Option<u64>,
    pub(super) version: u8,
    /// HTTP/0.9: its answer has no head.
    pub(super) simple: bool,
    pub(super) is_head: bool,
    /// Since it was passed on.
    pub(super) target: String,
    /// `GET / HTTP/1.1`, as it came.
    pub(super) line: Vec<u8>,
    pub(super) host: Option<String>,
    /// As it came: what of it a log may show, the log says.
    pub(super) referer: Option<Vec<u8>>,
    /// The same.
    pub(super) user_agent: Option<Vec<u8>>,
}

impl RequestInfo {
    /// Of a request that is served, which came in `bytes`.
    pub(super) fn new(granted: &Granted, bytes: &[u8]) -> RequestInfo {
        let head = &granted.head;
        RequestInfo {
            id: head.request_id(),
            version: head.version,
            simple: granted.simple,
            is_head: head.method == "HEAD",
            target: String::new(),
            line: bytes[granted.line.clone()].to_vec(),
            host: head.text("host"),
            referer: head.header("referer").map(<[u8]>::to_vec),
            user_agent: head.header("user-agent").map(<[u8]>::to_vec),
        }
    }

    /// A request of which no whole head has come, or one that is refused; what there is of its first line is named.
    pub(super) fn partial(bytes: &[u8]) -> RequestInfo {
        let seen = glimpse(bytes);
        RequestInfo {
            id: seen.request_id,
            line: seen.line.to_vec(),
            is_head: seen.is_head,
            simple: seen.simple,
            referer: seen.referer.map(<[u8]>::to_vec),
            user_agent: seen.user_agent.map(<[u8]>::to_vec),
            ..RequestInfo::unreadable()
        }
    }

    /// A request of which nothing has come.
    pub(super) fn unreadable() -> RequestInfo {
        RequestInfo {
            id: None,
            version: 1,
            simple: false,
            is_head: false,
            target: String::new(),
            line: Vec::new(),
            host: None,
            referer: None,
            user_agent: None,
        }
    }
}

fn put(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

/// The request as it goes upstream, up to the empty line: `opening` are its first lines, as nginx writes them, then the fields in nginx 1.22's
/// order.
pub(super) fn upstream_request(head: &RequestHead, opening: &[&str], body: Option<u64>) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len + OWN_FIELDS_BYTES);
    for part in opening {
        out.extend_from_slice(part.as_bytes());
    }
    if let Some(length) = body {
        let _ = write!(out, "Content-Length: {length}\r\n");
    }
    for header in &head.headers {
        if !is_one_of(header.name.as_bytes(), &REQUEST_HOP_BY_HOP) {
            put(&mut out, header.name.as_bytes(), &header.value);
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// The head for the client, and how its body is framed.
pub(super) struct DownstreamHead {
    pub(super) text: Vec<u8>,
    pub(super) chunked: bool,
    pub(super) keep_alive: bool,
}

/// Passes a response head on.
pub(super) fn downstream_head(
    head: &AnswerHead<'_>,
    framing: Framing,
    request: &RequestInfo,
    keep_alive: bool,
    date: &str,
) -> DownstreamHead {
    let passed = passed_on(framing, head.status, request.version);
    let chunked = passed.framing == Framing::Chunked;
    let keep_alive = keep_alive && passed.may_keep;
    let text = match request.simple {
        true => Vec::new(),
        false => head_text(head, (chunked, keep_alive), date),
    };
    DownstreamHead {
        text,
        chunked,
        keep_alive,
    }
}

fn head_text(head: &AnswerHead<'_>, (chunked, keep_alive): (bool, bool), date: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len + OWN_FIELDS_BYTES);
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(head.line);
    let _ = write!(out, "\r\nServer: {PROXY_SERVER}\r\nDate: {date}\r\n");
    let is_type = |field: &&Field<'_>| field.name.eq_ignore_ascii_case(b"content-type");
    if let Some(field) = head.headers.iter().rfind(is_type) {
        put(&mut out, b"Content-Type", field.value);
    }
    if let Some(length) = head.announced() {
        let _ = write!(out, "Content-Length: {length}\r\n");
    }
    if chunked {
        out.extend_from_slice(CHUNKED_FIELD.as_bytes());
    }
    out.extend_from_slice(connection_field(keep_alive).as_bytes());
    for field in &head.headers {
        if !is_one_of(field.name, &RESPONSE_OWN) && !is_hidden(field.name) {
            put(&mut out, field.name, field.value);
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// An error page as nginx writes it.
pub(super) struct ErrorPage {
    pub(super) text: Vec<u8>,
    pub(super) head_len: usize,
}

/// The page for `status`.
pub(super) fn error_page(
    status: u16,
    request: &RequestInfo,
    keep_alive: bool,
    date: &str,
) -> ErrorPage {
    let padded = pads_pages(request.user_agent.as_deref(), request.simple);
    let body = page(status, padded);
    let mut text = match request.simple {
        true => Vec::new(),
        false => page_head(status, date, body.len(), keep_alive).into_bytes(),
    };
    let head_len = text.len();
    if !request.is_head {
        text.extend_from_slice(body.as_bytes());
    }
    ErrorPage { text, head_len }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::downstream::{HeadVerdict, judge};
    use crate::machine::http::nginx::{Answer, answer};
    use crate::machine::proxy_config::ProxyConfig;

    #[test]
    fn the_request_is_nginx_1_22s() {
        let judged = judge(
            b"POST /a?b HTTP/1.1\r\nHost: site\r\nTE: trailers\r\nX-Slowlab-Request: 7\r\n\
              Connection: keep-alive\r\nContent-Length: 2\r\nAccept: */*\r\n\r\n",
        );
        let HeadVerdict::Head(granted) = judged else {
            panic!("it is a head")
        };
        let config: ProxyConfig = toml::from_str("").unwrap();
        let opening = config.request_opening(("POST", "/a?b"), "localhost", 1);
        let sent = upstream_request(&granted.head, &opening, Some(2));
        assert_eq!(
            String::from_utf8(sent).unwrap(),
            "POST /a?b HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\
             X-Slowlab-Request: 7\r\nAccept: */*\r\n\r\n"
        );
    }

    #[test]
    fn unknown_lengths_become_chunks_or_a_close() {
        let head = b"HTTP/1.0 200 OK\r\nServer: gunicorn\r\nX-A: b\r\n\r\n";
        let Ok(Answer::Head(head)) = answer(head) else {
            panic!("it is a head")
        };
        let mut request = RequestInfo::unreadable();
        let down = downstream_head(&head, Framing::UntilClose, &request, true, "now");
        assert!(down.chunked && down.keep_alive);
        let text = String::from_utf8(down.text).unwrap();
        assert!(text.contains("Server: slowlab\r\n") && !text.contains("gunicorn"));
        assert!(text.contains("X-A: b\r\n"));
        request.version = 0;
        let down = downstream_head(&head, Framing::UntilClose, &request, true, "now");
        assert!(!down.chunked && !down.keep_alive);
    }
}
