//! Request heads as nginx 1.22 takes them: what is a head, what is ignored, and what gets which status, as early as nginx says so
//! (`ngx_http_process_request_line`, `ngx_http_process_request_headers`, `ngx_http_process_request_header`).
//!
//! The statuses are held against a real nginx, shape by shape (tests/shapes).

use std::ops::Range;

use super::{HEADER_BUFFER, LARGE_HEADER_BUFFER, LARGE_HEADER_BUFFERS};
use crate::machine::http::nginx::{
    Asked, FieldLine, RequestLine, Stop, Version, field_line, is_host, is_sane, keeps_alive,
    length_of, request_line,
};
use crate::machine::http::{HEADER_TOO_LARGE, Header, RequestHead, field};
use crate::machine::pipe::RequestBody;

/// What the bytes received so far amount to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeadVerdict {
    /// Not yet a whole head.
    More {
        /// Whether the request line is whole.
        line: bool,
    },
    /// A request that is served.
    Head(Box<Granted>),
    /// A request that is refused.
    Refused(Refusal),
}

/// A request that is served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// Its head; of an absolute target only the path and what follows it.
    pub head: RequestHead,
    /// How its body is delimited.
    pub body: RequestBody,
    /// Where its first line is.
    pub line: Range<usize>,
    /// Whether the client would send another one.
    pub keep_alive: bool,
    /// HTTP/0.9: the answer has no head.
    pub simple: bool,
}

/// Why a head is refused, and with which status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The page's status.
    pub status: u16,
    /// As nginx's error log says it without its "while".
    pub why: &'static str,
    /// Whether the request line was whole, and good.
    pub line: bool,
    /// Whether bytes are left that nobody looks at any more (`header_in->pos < header_in->last`).
    pub unread: bool,
    /// Bytes of a body that the head has announced and that have not come: nginx waits for them even so.
    pub left: u64,
}

const fn refuse(status: u16, why: &'static str) -> Refusal {
    Refusal {
        status,
        why,
        line: true,
        unread: true,
        left: 0,
    }
}

const BAD_REQUEST: Refusal = refuse(400, "client sent invalid request");
const BAD_FIELD: Refusal = refuse(400, "client sent invalid header line");
const TWICE: Refusal = refuse(400, "client sent duplicate header line");
const NO_HOST: Refusal = refuse(400, "client sent HTTP/1.1 request without \"Host\" header");
const BAD_LENGTH: Refusal = refuse(400, "client sent invalid \"Content-Length\" header");
const OLD_CODING: Refusal = refuse(
    400,
    "client sent HTTP/1.0 request with \"Transfer-Encoding\" header",
);
const CODING: Refusal = refuse(501, "client sent unknown \"Transfer-Encoding\"");
const LENGTH_AND_CODING: Refusal = refuse(
    400,
    "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time",
);

/// Fields that may be there once only (`ngx_http_process_unique_header_line`, `ngx_http_process_host`).
const UNIQUE: [&str; 11] = [
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    "expect",
    "authorization",
    "if-modified-since",
    "if-unmodified-since",
    "if-match",
    "if-none-match",
    "if-range",
    "content-range",
];
const HOST: &str = "host";
const CONTENT_LENGTH: &str = "content-length";
const TRANSFER_ENCODING: &str = "transfer-encoding";

/// Judges the bytes received so far.
pub fn judge(buffer: &[u8]) -> HeadVerdict {
    read(buffer).unwrap_or_else(HeadVerdict::Refused)
}

fn read(buffer: &[u8]) -> Result<HeadVerdict, Refusal> {
    let blank = blank_bytes(buffer);
    let mut buffers = Buffers::behind(blank);
    let shown = buffers.show(buffer, blank);
    let line = match request_line(shown) {
        Ok(line) => line,
        Err(Stop::More) if buffers.has_room(shown.len() - blank) => {
            return Ok(HeadVerdict::More { line: false });
        }
        Err(stop) => return Err(refusal_of_line(stop)),
    };
    check_line(buffer, &line)?;
    buffers.take(line.len - blank);
    if line.version == Version::Simple {
        let fields = Fields::default();
        return fields.grant(buffer, line.clone(), line.len);
    }
    read_fields(buffer, line, buffers)
}

fn read_fields(
    buffer: &[u8],
    line: RequestLine,
    mut buffers: Buffers,
) -> Result<HeadVerdict, Refusal> {
    let mut fields = Fields::default();
    let mut at = line.len;
    loop {
        let shown = &buffers.show(buffer, at)[at..];
        match field_line(shown, false) {
            Ok(FieldLine::End { len }) => {
                let (end, rest) = (at + len, (buffer.len() - at - len) as u64);
                let announced = fields.get(CONTENT_LENGTH).and_then(length_of);
                let left = announced.unwrap_or(0).saturating_sub(rest);
                return fields.grant(buffer, line, end).map_err(|refusal| Refusal {
                    unread: rest > 0,
                    left: if refusal == NO_HOST { 0 } else { left },
                    ..refusal
                });
            }
            Ok(FieldLine::Field {
                name,
                value,
                plain,
                len,
            }) => {
                // `ignore_invalid_headers` is on, `underscores_in_headers` off.
                at += len;
                buffers.take(len);
                if plain && !shown[name.clone()].contains(&b'_') {
                    let unread = at < buffer.len();
                    let added = fields.add(&shown[name], &shown[value]);
                    added.map_err(|refusal| Refusal { unread, ..refusal })?;
                }
            }
            Err(Stop::More) if buffers.has_room(shown.len()) => {
                return Ok(HeadVerdict::More { line: true });
            }
            Err(Stop::More) if at == line.len && shown.is_empty() => {
                return Err(refuse(HEADER_TOO_LARGE, "client sent too large request"));
            }
            Err(Stop::More) => {
                let why = "client sent too long header line";
                return Err(refuse(HEADER_TOO_LARGE, why));
            }
            Err(_) => return Err(BAD_FIELD),
        }
    }
}

/// Empty lines before the request.
pub(super) fn blank_bytes(buffer: &[u8]) -> usize {
    let is_blank = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let blank = buffer.iter().position(|byte| !is_blank(byte));
    blank.unwrap_or(buffer.len())
}

fn refusal_of_line(stop: Stop) -> Refusal {
    let (status, why) = match stop {
        Stop::More => (414, "client sent too long URI"),
        Stop::Method => (400, "client sent invalid method"),
        Stop::SimpleMethod => (400, "client sent invalid method in HTTP/0.9 request"),
        Stop::Version => (505, "client sent invalid version"),
        Stop::Request | Stop::Field | Stop::Status => (BAD_REQUEST.status, BAD_REQUEST.why),
    };
    Refusal {
        line: false,
        // A line that is too long fills its buffer.
        unread: stop != Stop::More,
        ..refuse(status, why)
    }
}

/// `ngx_http_process_request_uri`, and the host of an absolute target.
fn check_line(buffer: &[u8], line: &RequestLine) -> Result<(), Refusal> {
    let refusal = match (&line.asked, &line.host) {
        (Asked::Path { at, complex: true }, _) if !is_sane(&buffer[at.clone()]) => BAD_REQUEST,
        (_, Some(host)) if !is_host(&buffer[host.clone()]) => {
            refuse(400, "client sent invalid host in request line")
        }
        _ => return Ok(()),
    };
    Err(Refusal {
        line: false,
        ..refusal
    })
}

/// The buffers of a head: a line must lie in one of them (`ngx_http_alloc_large_header_buffer`).
#[derive(Clone, Copy, Debug)]
struct Buffers {
    left: u64,
    large: u64,
}

impl Buffers {
    /// Behind so many bytes of empty lines: a buffer that is full of them is used again.
    fn behind(blank: usize) -> Buffers {
        Buffers {
            left: HEADER_BUFFER - blank as u64 % HEADER_BUFFER,
            large: 0,
        }
    }

    /// Bytes that the next line may have at most.
    fn room(&self) -> u64 {
        match self.large < LARGE_HEADER_BUFFERS {
            true => LARGE_HEADER_BUFFER,
            false => self.left,
        }
    }

    /// What nginx sees of `buffer` while it reads the line that begins at `at`.
    fn show<'b>(&self, buffer: &'b [u8], at: usize) -> &'b [u8] {
        let end = at + self.room() as usize;
        &buffer[..buffer.len().min(end)]
    }

    /// Whether a line of which so many bytes are there may go on.
    fn has_room(&self, len: usize) -> bool {
        (len as u64) < self.room()
    }

    /// A whole line of so many bytes.
    fn take(&mut self, len: usize) {
        let len = len as u64;
        match self.left.checked_sub(len) {
            Some(left) => self.left = left,
            None => {
                self.large += 1;
                self.left = LARGE_HEADER_BUFFER - len;
            }
        }
    }
}

/// The fields so far.
#[derive(Debug, Default)]
struct Fields {
    headers: Vec<Header>,
    /// Which of [`UNIQUE`] are among them.
    seen: [bool; UNIQUE.len()],
}

impl Fields {
    fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        let unique = UNIQUE
            .iter()
            .position(|unique| name.eq_ignore_ascii_case(unique.as_bytes()));
        if let Some(index) = unique
            && std::mem::replace(&mut self.seen[index], true)
        {
            return Err(match UNIQUE[index] {
                HOST => refuse(400, "client sent duplicate host header"),
                _ => TWICE,
            });
        }
        if unique.is_some_and(|index| UNIQUE[index] == HOST) && !is_host(value) {
            return Err(refuse(400, "client sent invalid host header"));
        }
        self.headers.push(Header {
            name: String::from_utf8_lossy(name).into_owned(),
            value: value.to_vec(),
        });
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        field(&self.headers, name)
    }

    /// The head is whole.
    fn grant(self, buffer: &[u8], line: RequestLine, len: usize) -> Result<HeadVerdict, Refusal> {
        if line.version > Version::One(0) && self.get(HOST).is_none() {
            return Err(NO_HOST);
        }
        let body = self.body(line.version)?;
        let text = |at: Range<usize>| String::from_utf8_lossy(&buffer[at]).into_owned();
        let method = text(line.method);
        match method.as_str() {
            "CONNECT" => return Err(refuse(405, "client sent CONNECT method")),
            "TRACE" => return Err(refuse(405, "client sent TRACE method")),
            _ => {}
        }
        let head = RequestHead {
            method,
            target: match line.asked {
                Asked::Path { at, .. } => text(at),
                Asked::Root => "/".to_owned(),
                Asked::Arguments(at) => target_of_arguments(&text(at)),
            },
            version: u8::from(line.version > Version::One(0)),
            headers: self.headers,
            len,
        };
        Ok(HeadVerdict::Head(Box::new(Granted {
            keep_alive: keeps_alive(&head.headers, line.version),
            simple: line.version == Version::Simple,
            head,
            body,
            line: line.line,
        })))
    }

    /// How the body is delimited.
    fn body(&self, version: Version) -> Result<RequestBody, Refusal> {
        let length = match self.get(CONTENT_LENGTH) {
            Some(text) => Some(length_of(text).ok_or(BAD_LENGTH)?),
            None => None,
        };
        match self.get(TRANSFER_ENCODING) {
            None => Ok(length.map_or(RequestBody::None, RequestBody::Length)),
            Some(_) if version < Version::One(1) => Err(OLD_CODING),
            Some(coding) if !coding.eq_ignore_ascii_case(b"chunked") => Err(CODING),
            Some(_) if length.is_some() => Err(LENGTH_AND_CODING),
            Some(_) => Ok(RequestBody::Chunked),
        }
    }
}

/// The path that an absolute target does not have, and its arguments up to a fragment.
fn target_of_arguments(arguments: &str) -> String {
    let arguments = arguments.split('#').next().unwrap_or_default();
    match arguments.is_empty() {
        true => "/".to_owned(),
        false => format!("/?{arguments}"),
    }
}
