//! Request heads as nginx 1.22 reads them: what is a head, what is ignored, and what gets which status.
//!
//! The statuses were compared with a real nginx, shape by shape. Where it answers 494, the log and the client see 400.

use super::{HEADER_BUFFER, LARGE_HEADER_BUFFER, LARGE_HEADER_BUFFERS};
use crate::machine::http::{Header, RequestHead};
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
    Head(Box<RequestHead>, RequestBody),
    /// A request that is refused.
    Refused(Refusal),
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
}

const fn refuse(status: u16, why: &'static str) -> Refusal {
    let line = true;
    Refusal { status, why, line }
}

const BAD_METHOD: Refusal = refuse(400, "client sent invalid method");
const BAD_REQUEST: Refusal = refuse(400, "client sent invalid request");
const BAD_VERSION: Refusal = refuse(505, "client sent invalid version");
const BAD_FIELD: Refusal = refuse(400, "client sent invalid header line");
const BAD_HOST: Refusal = refuse(400, "client sent invalid host header");
const TWICE: Refusal = refuse(400, "client sent duplicate header line");
const LONG_LINE: Refusal = refuse(414, "client sent too long URI");
const LONG_FIELD: Refusal = refuse(400, "client sent too long header line");
const LARGE_HEAD: Refusal = refuse(400, "client sent too large request");

/// Judges the bytes received so far.
pub fn judge(buffer: &[u8]) -> HeadVerdict {
    let start = buffer
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))
        .unwrap_or(buffer.len());
    let (mut at, mut buffers) = (start, Buffers::default());
    let mut request = None;
    let mut headers = Vec::new();
    while let Some(len) = buffer[at..].iter().position(|byte| *byte == b'\n') {
        let line = &buffer[at..at + len];
        at += len + 1;
        let whole = line.strip_suffix(b"\r").unwrap_or(line);
        let verdict = match (&request, buffers.take(len as u64 + 1)) {
            (None, Err(_)) => Err(LONG_LINE),
            (Some(_), Err(refusal)) => Err(refusal),
            (None, Ok(())) => request_line(whole).map(|line| request = Some(line)),
            (Some(line), Ok(())) if whole.is_empty() => return finish(line, headers, at),
            (Some(_), Ok(())) => field(whole).map(|field| headers.extend(field)),
        };
        if let Err(refusal) = verdict {
            let line = request.is_some();
            return HeadVerdict::Refused(Refusal { line, ..refusal });
        }
    }
    let line = request.is_some();
    match buffers.fits((buffer.len() - at) as u64) {
        Ok(()) => HeadVerdict::More { line },
        Err(_) if !line => HeadVerdict::Refused(Refusal { line, ..LONG_LINE }),
        Err(refusal) => HeadVerdict::Refused(refusal),
    }
}

/// The buffers of a head: a line must lie in one of them (`ngx_http_alloc_large_header_buffer`).
#[derive(Clone, Copy, Debug)]
struct Buffers {
    left: u64,
    large: u64,
}

impl Default for Buffers {
    fn default() -> Buffers {
        Buffers {
            left: HEADER_BUFFER,
            large: 0,
        }
    }
}

impl Buffers {
    /// A whole line of so many bytes.
    fn take(&mut self, len: u64) -> Result<(), Refusal> {
        if len <= self.left {
            self.left -= len;
            return Ok(());
        }
        self.fits(len)?;
        self.large += 1;
        self.left = LARGE_HEADER_BUFFER - len;
        Ok(())
    }

    /// Whether a line that has so many bytes so far may go on.
    fn fits(&self, len: u64) -> Result<(), Refusal> {
        if len <= self.left {
            return Ok(());
        }
        match self.large < LARGE_HEADER_BUFFERS {
            false => Err(LARGE_HEAD),
            true if len > LARGE_HEADER_BUFFER => Err(LONG_FIELD),
            true => Ok(()),
        }
    }
}

struct RequestLine {
    method: String,
    target: String,
    version: u8,
}

fn request_line(line: &[u8]) -> Result<RequestLine, Refusal> {
    let end = line.iter().position(|byte| *byte == b' ');
    let (method, rest) = line.split_at(end.unwrap_or(line.len()));
    let is_method = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'_' | b'-');
    if method.is_empty() || !method.iter().all(is_method) {
        return Err(BAD_METHOD);
    }
    let rest = trim_spaces(rest);
    let end = rest.iter().position(|byte| *byte == b' ');
    let (target, version) = rest.split_at(end.unwrap_or(rest.len()));
    let target = target_of(target)?;
    let version = version_of(trim_spaces(version))?;
    let method = String::from_utf8_lossy(method).into_owned();
    if method == "TRACE" {
        return Err(refuse(405, "client sent TRACE method"));
    }
    Ok(RequestLine {
        method,
        target,
        version,
    })
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let from = text.iter().position(|byte| *byte != b' ');
    let text = &text[from.unwrap_or(text.len())..];
    let to = text.iter().rposition(|byte| *byte != b' ');
    &text[..to.map_or(0, |to| to + 1)]
}

/// The target as it goes upstream: nginx leaves scheme and host of an absolute one away.
fn target_of(target: &[u8]) -> Result<String, Refusal> {
    let path = match target.windows(3).position(|part| part == b"://") {
        Some(at) if target[..at].iter().all(u8::is_ascii_alphabetic) && at > 0 => {
            let rest = &target[at + 3..];
            let slash = rest.iter().position(|byte| *byte == b'/');
            slash.map_or(&b"/"[..], |slash| &rest[slash..])
        }
        _ => target,
    };
    let is_control = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
    if path.first() != Some(&b'/') || path.iter().any(is_control) || !climbs_never(path) {
        return Err(BAD_REQUEST);
    }
    Ok(String::from_utf8_lossy(path).into_owned())
}

/// Whether the path is well encoded and stays below its root (`ngx_http_parse_complex_uri`).
fn climbs_never(path: &[u8]) -> bool {
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#'));
    let Some(decoded) = decoded(&path[..end.unwrap_or(path.len())]) else {
        return false;
    };
    let mut depth = 0_usize;
    for part in decoded.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if depth == 0 => return false,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    true
}

/// Without its percent signs; `None` for one that is none, or a NUL.
fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.iter();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || char::from(*bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => *byte,
        };
        if byte == 0 {
            return None;
        }
        out.push(byte);
    }
    Some(out)
}

/// The minor version, of which 1 stands for all above; HTTP/0.9 is not spoken here.
fn version_of(version: &[u8]) -> Result<u8, Refusal> {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u16>().ok();
    let parsed = version.strip_prefix(b"HTTP/").and_then(|version| {
        let dot = version.iter().position(|byte| *byte == b'.')?;
        Some((number(&version[..dot])?, number(&version[dot + 1..])?))
    });
    match parsed {
        Some((0, _)) | None => Err(BAD_REQUEST),
        Some((1, minor)) => Ok(u8::from(minor > 0)),
        Some(_) => Err(BAD_VERSION),
    }
}

/// A field, or none if nginx ignores the line (`ignore_invalid_headers`, `underscores_in_headers`).
fn field(line: &[u8]) -> Result<Option<Header>, Refusal> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.unwrap_or(line.len()));
    let value = value.strip_prefix(b":").unwrap_or(value);
    let breaks = |byte: &u8| *byte <= 0x20 || *byte == 0x7f;
    if name.is_empty() || name.iter().any(breaks) {
        return Err(BAD_FIELD);
    }
    if value.iter().any(|byte| matches!(byte, 0 | b'\r')) {
        return Err(BAD_FIELD);
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    Ok(name.iter().all(plain).then(|| Header {
        name: String::from_utf8_lossy(name).into_owned(),
        value: trim_spaces(value).to_vec(),
    }))
}

fn finish(line: &RequestLine, headers: Vec<Header>, len: usize) -> HeadVerdict {
    let head = RequestHead {
        method: line.method.clone(),
        target: line.target.clone(),
        version: line.version,
        headers,
        len,
    };
    let checked = check_host(&head).and_then(|()| body_of(&head));
    match checked {
        Ok(body) => HeadVerdict::Head(Box::new(head), body),
        Err(refusal) => HeadVerdict::Refused(refusal),
    }
}

/// The only field of that name (`ngx_http_process_unique_header_line`).
fn only<'h>(head: &'h RequestHead, name: &str) -> Result<Option<&'h [u8]>, Refusal> {
    let mut values = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_slice());
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(TWICE),
        (value, None) => Ok(value),
    }
}

fn check_host(head: &RequestHead) -> Result<(), Refusal> {
    let breaks = |byte: &u8| *byte <= 0x20 || matches!(byte, b'/' | 0x7f);
    match only(head, "host")? {
        Some(host) if host.is_empty() || host.iter().any(breaks) => Err(BAD_HOST),
        None if head.version > 0 => Err(refuse(
            400,
            "client sent HTTP/1.1 request without \"Host\" header",
        )),
        _ => Ok(()),
    }
}

/// How the body is delimited (`ngx_http_process_request_header`).
fn body_of(head: &RequestHead) -> Result<RequestBody, Refusal> {
    let length = match only(head, "content-length")? {
        Some(text) => Some(
            length_of(text).ok_or(refuse(400, "client sent invalid \"Content-Length\" header"))?,
        ),
        None => None,
    };
    match only(head, "transfer-encoding")? {
        None => Ok(length.map_or(RequestBody::None, RequestBody::Length)),
        Some(_) if head.version == 0 => Err(refuse(
            400,
            "client sent HTTP/1.0 request with \"Transfer-Encoding\" header",
        )),
        Some(coding) if !coding.eq_ignore_ascii_case(b"chunked") => {
            Err(refuse(501, "client sent unknown \"Transfer-Encoding\""))
        }
        Some(_) if length.is_some() => Err(refuse(
            400,
            "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time",
        )),
        Some(_) => Ok(RequestBody::Chunked),
    }
}

/// `ngx_atoof`.
fn length_of(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: u64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    i64::try_from(length).is_ok().then_some(length)
}
