//! `http/message.py`: `Request._parse_python`, `Message.parse_headers`, `Message.set_body_reader`.

use super::names::{is_forbidden_in_trailers, is_method, is_target, is_token, is_value, singleton};
use super::python::quoted;
use super::scheme::Scheme;
use super::target::{has_form, wsgi_path};
use super::{Asked, Refused, find, head_of, header, length_of, trim};
use crate::machine::http::{Framing, Header, RequestHead};
use crate::machine::worker::{
    LIMIT_REQUEST_FIELD_SIZE, LIMIT_REQUEST_FIELDS, LIMIT_REQUEST_LINE, MAX_HEAD_BUFFER,
};

/// Reads a head.
pub(super) fn read(buffer: &[u8]) -> Result<Option<Asked>, Refused> {
    // One empty line, and only CRLF, may come before (RFC 9112, section 2.2).
    let blank = match buffer {
        [b'\r'] => return Ok(None),
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    };
    let Some(len) = request_line_len(&buffer[blank..])? else {
        return Ok(None);
    };
    let mut asked = request_line(&buffer[blank..blank + len])?;
    let begin = blank + len + 2;
    let Some(len) = fields_len(&buffer[begin..])? else {
        return Ok(None);
    };
    asked.head.len = begin + len;
    if len > 2 {
        let fields = &buffer[begin..begin + len - 4];
        let read = read_fields(fields, Some(&asked.head))?;
        (asked.head.headers, asked.expects) = (read.headers, read.expects);
    }
    frame(&mut asked)?;
    Ok(Some(asked))
}

/// `read_line`.
fn request_line_len(data: &[u8]) -> Result<Option<usize>, Refused> {
    let end = find(data, b"\r\n");
    if data[..end.unwrap_or(data.len())].contains(&b'\n') {
        return Err(bad_line(b"bare LF as line terminator"));
    }
    let too_large = |len: usize| {
        let message = format!("Request Line is too large ({len} > {LIMIT_REQUEST_LINE})");
        Err(Refused::new(414, message))
    };
    match end {
        Some(len) if len > LIMIT_REQUEST_LINE => too_large(len),
        None if data.len() > LIMIT_REQUEST_LINE + 2 => too_large(data.len()),
        end => Ok(end),
    }
}

fn bad_line(line: &[u8]) -> Refused {
    let what = quoted(line);
    Refused::bad(format!(
        "Invalid Request Line 'Invalid HTTP request line: {what}'"
    ))
}

fn bad_version(what: &str) -> Refused {
    Refused::bad(format!(
        "Invalid HTTP Version 'Invalid HTTP Version: {what}'"
    ))
}

/// `InvalidHeader`.
pub(super) fn bad_field(what: &[u8]) -> Refused {
    Refused::bad(format!("Invalid HTTP Header: {}", quoted(what)))
}

/// `InvalidHeaderName`.
fn bad_name(what: &[u8]) -> Refused {
    Refused::bad(format!("Invalid HTTP header name: {}", quoted(what)))
}

/// `LimitRequestHeaders`.
pub(super) fn too_large(what: &str) -> Refused {
    Refused::new(431, format!("Error parsing headers: '{what}'"))
}

/// `parse_request_line`.
fn request_line(line: &[u8]) -> Result<Asked, Refused> {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let (Some(method), Some(target), Some(version)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(bad_line(line));
    };
    if !is_method(method) {
        let what = quoted(method);
        return Err(Refused::bad(format!(
            "Invalid Method 'Invalid HTTP method: {what}'"
        )));
    }
    if !is_target(target) || target.is_empty() || !has_form(method, target) {
        return Err(bad_line(line));
    }
    let head = head_of((method, target), 0);
    let Some(path) = wsgi_path(&head.target) else {
        return Err(bad_line(line));
    };
    let version = match version {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            (major - b'0', minor - b'0')
        }
        _ => return Err(bad_version(&quoted(version))),
    };
    if version.0 != 1 {
        return Err(bad_version(&format!("({}, {})", version.0, version.1)));
    }
    Ok(Asked {
        head: RequestHead {
            version: version.1,
            ..head
        },
        framing: Framing::None,
        path,
        keep_alive: false,
        expects: false,
    })
}

/// Bytes of the fields and the empty line behind them.
fn fields_len(data: &[u8]) -> Result<Option<usize>, Refused> {
    if data.starts_with(b"\r\n") {
        return Ok(Some(2));
    }
    if data.len() > MAX_HEAD_BUFFER {
        return Err(too_large("max buffer headers"));
    }
    match find(data, b"\r\n\r\n") {
        Some(end) => Ok(Some(end + 4)),
        None if has_bare_line_feed(data) => Err(bad_field(b"bare LF as line terminator")),
        None => Ok(None),
    }
}

/// Whether an LF stands without its CR.
pub(super) fn has_bare_line_feed(data: &[u8]) -> bool {
    let mut bytes = data.iter().enumerate();
    bytes.any(|(index, byte)| *byte == b'\n' && (index == 0 || data[index - 1] != b'\r'))
}

#[derive(Debug, Default)]
pub(super) struct Fields {
    headers: Vec<Header>,
    expects: bool,
    seen: [bool; 2],
    scheme: Scheme,
}

/// `parse_headers`, of a head whose request line is in `head`, or of trailers (`from_trailer`) where there is none.
pub(super) fn read_fields(data: &[u8], head: Option<&RequestHead>) -> Result<Fields, Refused> {
    let mut fields = Fields::default();
    let mut rest = Some(data);
    while let Some(data) = rest {
        if fields.headers.len() >= LIMIT_REQUEST_FIELDS {
            return Err(too_large("limit request headers fields"));
        }
        let end = find(data, b"\r\n");
        let line = &data[..end.unwrap_or(data.len())];
        rest = end.map(|end| &data[end + 2..]);
        let name_len = line.iter().position(|byte| *byte == b':');
        let Some(name_len) = name_len.filter(|len| *len > 0) else {
            return Err(bad_field(line));
        };
        let (name, value) = (&line[..name_len], trim(&line[name_len + 1..]));
        if !is_token(name) {
            return Err(bad_name(name));
        }
        let upper = || name.to_ascii_uppercase();
        if head.is_none() && is_forbidden_in_trailers(name) {
            return Err(bad_name(&upper()));
        }
        if rest.is_some_and(|next| next.first().is_some_and(super::is_blank)) {
            let what = quoted(&upper());
            let message = format!("Obsolete line folding is unacceptable: {what}");
            return Err(Refused::bad(message));
        }
        if !is_value(value) {
            return Err(bad_field(&upper()));
        }
        if line.len() + 2 > LIMIT_REQUEST_FIELD_SIZE {
            return Err(too_large("limit request headers fields size"));
        }
        fields.add(name, value, head)?;
    }
    Ok(fields)
}

impl Fields {
    /// `_apply_header_policy`, for a peer of this machine.
    fn add(
        &mut self,
        name: &[u8],
        value: &[u8],
        head: Option<&RequestHead>,
    ) -> Result<(), Refused> {
        if let Some(index) = singleton(name)
            && std::mem::replace(&mut self.seen[index], true)
        {
            return Err(known(bad_field(&name.to_ascii_uppercase()), head));
        }
        if let Some(head) = head {
            if name.eq_ignore_ascii_case(b"expect") {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    let what = quoted(value);
                    let message = format!("Unable to comply with expectation: {what}");
                    return Err(Refused::new(417, message));
                }
                self.expects |= head.version > 0;
            }
            self.scheme.hear(name, value)?;
        }
        // `header_map` is "drop", but for what a proxy may set.
        let set_by_proxy = [&b"script_name"[..], b"path_info"];
        let is_set_by_proxy = |other: &&[u8]| name.eq_ignore_ascii_case(other);
        if !name.contains(&b'_') || set_by_proxy.iter().any(is_set_by_proxy) {
            self.headers.push(header(name, value));
        }
        Ok(())
    }
}

fn known(refused: Refused, head: Option<&RequestHead>) -> Refused {
    Refused {
        known: head.cloned(),
        ..refused
    }
}

/// `set_body_reader`, `should_close`.
fn frame(asked: &mut Asked) -> Result<(), Refused> {
    let head = &asked.head;
    let bad = |what: &[u8]| known(bad_field(what), Some(head));
    let (mut length, mut coded, mut chunked, mut closes) = (None, false, false, false);
    for field in &head.headers {
        if field.name.eq_ignore_ascii_case("content-length") {
            if length.replace(field.value.as_slice()).is_some() {
                return Err(bad(b"CONTENT-LENGTH"));
            }
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            coded = true;
            for coding in field.value.split(|byte| *byte == b',') {
                let coding = trim(coding).to_ascii_lowercase();
                let known = [
                    &b"chunked"[..],
                    b"identity",
                    b"compress",
                    b"deflate",
                    b"gzip",
                ];
                if !known.contains(&coding.as_slice()) {
                    let what = quoted(&field.value);
                    let message = format!("Unsupported transfer coding: {what}");
                    return Err(Refused::new(501, message));
                }
                if chunked {
                    return Err(bad(b"TRANSFER-ENCODING"));
                }
                chunked = coding == b"chunked";
                closes |= !chunked && coding != b"identity";
            }
        }
    }
    if coded && (!chunked || head.version == 0) {
        return Err(bad(b"TRANSFER-ENCODING"));
    }
    asked.framing = match (chunked, length) {
        (true, Some(_)) => return Err(bad(b"CONTENT-LENGTH")),
        (true, None) => Framing::Chunked,
        (false, Some(digits)) => match length_of(digits) {
            Some(length) => Framing::Length(length),
            None => return Err(bad(b"CONTENT-LENGTH")),
        },
        (false, None) => Framing::None,
    };
    asked.keep_alive = !closes && head.method != "CONNECT" && wants_more(head);
    Ok(())
}

/// What the first `Connection` says, if it says nothing else, or the version.
pub(super) fn wants_more(head: &RequestHead) -> bool {
    let said = head
        .header("connection")
        .map(|value| trim(value).to_ascii_lowercase());
    match said.as_deref() {
        Some(b"close") => false,
        Some(b"keep-alive") => true,
        _ => head.version > 0,
    }
}
