//! The bytes of a response: deterministic, and known in length without being built.

use std::collections::BTreeMap;

use crate::machine::handler;
use crate::machine::http::{
    CHUNK_END, CHUNKED_FIELD, Framing, LAST_CHUNK, chunk_len, connection_field,
};

/// The body, over and over: so that a body's bytes depend on their offset only and a reader can check them.
pub const BODY_PATTERN: &[u8; 64] =
    b"slowlab body 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKL\n";

/// Length of an HTTP date (`Sun, 22 Nov 2026 21:39:02 GMT`).
const DATE_LEN: usize = 29;

/// Something to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// `100 Continue`.
    Continue,
    /// A response head.
    Head {
        /// Status code.
        status: u16,
        /// Minor version of HTTP: gunicorn answers in that of the request.
        version: u8,
        /// How long its body is, or how it ends.
        framing: Framing,
        /// Further fields; a `Content-Type` among them replaces ours.
        headers: BTreeMap<String, String>,
        /// Whether the connection stays open for another request.
        keep_alive: bool,
    },
    /// A piece of the body.
    Body {
        /// Where in the body it starts.
        offset: u64,
        /// Its length in bytes.
        len: u64,
    },
    /// The same as a chunk (gunicorn `util.write_chunk`).
    Chunk {
        /// Where in the body it starts.
        offset: u64,
        /// How much of the body it is, in bytes.
        len: u64,
    },
    /// The last chunk, which is empty.
    LastChunk,
    /// gunicorn's HTML page for an error (`util.write_error`), head included.
    ErrorPage {
        /// Status code.
        status: u16,
        /// What is wrong, below the heading.
        message: String,
    },
    /// asgi's page for an error (`_send_error_response`), head included.
    PlainPage {
        /// Status code.
        status: u16,
        /// All that the page says.
        message: String,
    },
    /// uvicorn's page for whatever is no request (`send_400_response`), head included.
    H11Page {
        /// In chunks: the request's version is known, and is HTTP/1.1.
        chunked: bool,
    },
}

impl Payload {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Payload::Body { len, .. } => *len,
            Payload::Chunk { len, .. } => chunk_len(*len),
            Payload::LastChunk => LAST_CHUNK.len() as u64,
            other => {
                let date = "x".repeat(DATE_LEN);
                let mut bytes = Vec::new();
                other.write_to(&date, &mut bytes);
                bytes.len() as u64
            }
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the body among them.
    pub fn body_bytes(&self) -> u64 {
        match self {
            Payload::Body { len, .. } | Payload::Chunk { len, .. } => *len,
            Payload::Continue
            | Payload::Head { .. }
            | Payload::LastChunk
            | Payload::ErrorPage { .. }
            | Payload::PlainPage { .. }
            | Payload::H11Page { .. } => 0,
        }
    }

    /// Appends the bytes; `date` is the HTTP date of now.
    pub fn write_to(&self, date: &str, out: &mut Vec<u8>) {
        match self {
            Payload::Continue => out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n"),
            Payload::Head {
                status,
                version,
                framing,
                headers,
                keep_alive,
            } => write_head(
                out,
                (*version, *status, date),
                (*framing, *keep_alive),
                headers,
            ),
            Payload::Body { offset, len } => write_body(out, *offset, *len),
            Payload::Chunk { offset, len } => {
                out.extend_from_slice(chunk_size(*len).as_bytes());
                write_body(out, *offset, *len);
                out.extend_from_slice(CHUNK_END.as_bytes());
            }
            Payload::LastChunk => out.extend_from_slice(LAST_CHUNK.as_bytes()),
            Payload::ErrorPage { status, message } => {
                let page = latin_1(&error_page(reason(*status), message));
                let head = format!(
                    "HTTP/1.1 {status} {}\r\nConnection: close\r\nContent-Type: text/html\r\n\
                     Content-Length: {}\r\n\r\n",
                    reason(*status),
                    page.len()
                );
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(&page);
            }
            Payload::PlainPage { status, message } => {
                // It says which one it speaks (RFC 6455, section 4.2.2).
                let version = match status {
                    426 => "Sec-WebSocket-Version: 13\r\n",
                    _ => "",
                };
                let head = format!(
                    "HTTP/1.1 {status} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
                     {version}Connection: close\r\n\r\n{message}",
                    plain_reason(*status),
                    message.len()
                );
                out.extend_from_slice(head.as_bytes());
            }
            Payload::H11Page { chunked } => write_h11_page(out, *chunked),
        }
    }
}

/// gunicorn's pages are in the encoding that a request is read in.
fn latin_1(text: &str) -> Vec<u8> {
    let byte = |char| u8::try_from(u32::from(char)).unwrap_or(b'?');
    text.chars().map(byte).collect()
}

fn write_h11_page(out: &mut Vec<u8>, chunked: bool) {
    const PAGE: &str = "Invalid HTTP request received.";
    let mut text =
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n".to_owned();
    // h11 closes by itself where it does not know the version, and writes that its own way.
    text.push_str(match chunked {
        true => "connection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        false => "Connection: close\r\n\r\n",
    });
    match chunked {
        true => text.extend([
            &crate::machine::http::chunk_size(PAGE.len() as u64),
            PAGE,
            CHUNK_END,
            LAST_CHUNK,
        ]),
        false => text.push_str(PAGE),
    }
    out.extend_from_slice(text.as_bytes());
}

/// A response head of an application behind gunicorn: its own fields, then those of the application.
fn write_head(
    out: &mut Vec<u8>,
    (version, status, date): (u8, u16, &str),
    (framing, keep_alive): (Framing, bool),
    headers: &BTreeMap<String, String>,
) {
    let mut text = format!(
        "HTTP/1.{version} {status} {}\r\nServer: slowlab\r\nDate: {date}\r\n{}",
        handler::reason(status),
        connection_field(keep_alive),
    );
    if framing == Framing::Chunked {
        text.push_str(CHUNKED_FIELD);
    }
    let typed = headers
        .keys()
        .any(|name| name.eq_ignore_ascii_case("content-type"));
    if !typed {
        text.push_str("Content-Type: application/octet-stream\r\n");
    }
    for (name, value) in headers {
        text.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    if let Framing::Length(length) = framing {
        text.extend(["Content-Length: ", &length.to_string(), "\r\n"]);
    }
    text.push_str("\r\n");
    out.extend_from_slice(text.as_bytes());
}

/// gunicorn writes the size in capitals.
fn chunk_size(bytes: u64) -> String {
    format!("{bytes:X}\r\n")
}

fn write_body(out: &mut Vec<u8>, offset: u64, len: u64) {
    let skip = (offset % BODY_PATTERN.len() as u64) as usize;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    extend_with_pattern(out, skip, len);
}

/// Appends `len` bytes of the endless pattern from `skip` on, by doubling whole periods of what is there.
fn extend_with_pattern(out: &mut Vec<u8>, skip: usize, len: usize) {
    let (start, end) = (out.len(), out.len() + len);
    out.extend_from_slice(&BODY_PATTERN[skip..]);
    out.extend_from_slice(&BODY_PATTERN[..skip]);
    while out.len() < end {
        let have = out.len() - start;
        out.extend_from_within(start..start + have.min(end - out.len()));
    }
    out.truncate(end);
}

fn error_page(reason: &str, message: &str) -> String {
    let message = message
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;");
    format!(
        "<html>\n  <head>\n    <title>{reason}</title>\n  </head>\n  <body>\n    <h1><p>{reason}</p></h1>\n    \
         {message}\n  </body>\n</html>\n"
    )
}

/// Reason phrases of asgi's pages.
fn plain_reason(status: u16) -> &'static str {
    match status {
        426 => "Upgrade Required",
        501 => "Not Implemented",
        status => reason(status),
    }
}

/// Reason phrases of gunicorn's own pages; it sends 501 with that of 400.
fn reason(status: u16) -> &'static str {
    match status {
        414 => "URI Too Long",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        _ => "Bad Request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(framing: Framing) -> Payload {
        Payload::Head {
            status: 200,
            version: 1,
            framing,
            headers: BTreeMap::new(),
            keep_alive: false,
        }
    }

    #[test]
    fn a_head_says_how_its_body_ends() {
        let text = |framing| {
            let mut bytes = Vec::new();
            head(framing).write_to("now", &mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        let known = text(Framing::Length(7));
        assert!(known.ends_with("\r\nContent-Length: 7\r\n\r\n"), "{known}");
        let chunked = text(Framing::Chunked);
        let order = "Connection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: ";
        assert!(
            chunked.contains(order) && !chunked.contains("Length"),
            "{chunked}"
        );
        let open = text(Framing::UntilClose);
        assert!(
            !open.contains("Length") && !open.contains("chunked"),
            "{open}"
        );
    }

    #[test]
    fn chunks_are_gunicorns() {
        let mut bytes = Vec::new();
        Payload::Chunk { offset: 0, len: 26 }.write_to("", &mut bytes);
        Payload::LastChunk.write_to("", &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "1A\r\nslowlab body 0123456789 ab\r\n0\r\n\r\n");
    }

    #[test]
    fn lengths_are_those_of_the_bytes() {
        let date = "Sun, 22 Nov 2026 21:39:02 GMT";
        for payload in [
            Payload::Continue,
            head(Framing::Length(4 << 20)),
            head(Framing::Chunked),
            head(Framing::UntilClose),
            Payload::Chunk {
                offset: 70,
                len: 1000,
            },
            Payload::LastChunk,
            Payload::Body {
                offset: 70,
                len: 1000,
            },
            Payload::ErrorPage {
                status: 400,
                message: "a < b \u{e9}".to_owned(),
            },
            Payload::PlainPage {
                status: 431,
                message: "\u{e9}".to_owned(),
            },
            Payload::H11Page { chunked: true },
        ] {
            let mut bytes = Vec::new();
            payload.write_to(date, &mut bytes);
            assert_eq!(bytes.len() as u64, payload.len(), "{payload:?}");
        }
    }

    #[test]
    fn the_500_page_is_gunicorns_244_bytes() {
        let page = Payload::ErrorPage {
            status: 500,
            message: String::new(),
        };
        assert_eq!(page.len(), 244);
    }

    #[test]
    fn pieces_of_a_body_join_up() {
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        Payload::Body {
            offset: 0,
            len: 500,
        }
        .write_to("", &mut whole);
        for offset in (0..500).step_by(50) {
            Payload::Body { offset, len: 50 }.write_to("", &mut pieces);
        }
        assert_eq!(whole, pieces);
        assert!(
            whole
                .iter()
                .zip(BODY_PATTERN.iter().cycle())
                .all(|(a, b)| a == b)
        );
    }
}
