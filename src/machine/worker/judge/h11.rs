//! h11's `_readers.py`, `_abnf.py` and `_headers.py`, as uvicorn's `h11_impl.py` uses them: whatever is wrong gets the same page with 400.

use super::names::is_token;
use super::target::asgi_path;
use super::{Asked, Refused, head_of, header, is_blank, length_of, trim, trim_start};
use crate::machine::http::{Framing, Header, RequestHead};

/// Bytes that may wait for the end of what they are part of (`DEFAULT_MAX_INCOMPLETE_EVENT_SIZE`).
pub(super) const MOST_INCOMPLETE: usize = 65_536;
/// Digits of a length at most (`CONTENT_LENGTH_MAX_DIGITS`).
const LENGTH_DIGITS: usize = 20;

/// The only answer there is.
pub(super) fn invalid() -> Refused {
    Refused::bad("Invalid HTTP request received.")
}

/// Reads a head (`maybe_read_from_IDLE_client`).
pub(super) fn read(buffer: &[u8]) -> Result<Option<Asked>, Refused> {
    let Some((lines, len)) = lines_of(buffer) else {
        let is_hopeless = buffer.first().is_some_and(|byte| *byte < b'!');
        return match is_hopeless || buffer.len() > MOST_INCOMPLETE {
            true => Err(invalid()),
            false => Ok(None),
        };
    };
    let (line, fields) = lines.split_first().ok_or_else(invalid)?;
    let (mut head, is_1_1) = request_line(line).ok_or_else(invalid)?;
    head.headers = read_fields(fields).ok_or_else(invalid)?;
    head.len = len;
    frame(head, is_1_1).map(Some).ok_or_else(invalid)
}

/// `maybe_extract_lines`: what is before the first empty line, and its bytes with that line.
pub(super) fn lines_of(buffer: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    for empty in [&b"\n"[..], b"\r\n"] {
        if buffer.starts_with(empty) {
            return Some((Vec::new(), empty.len()));
        }
    }
    let mut ends = buffer
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n');
    let (end, len) = ends.find_map(|(index, _)| match buffer[index + 1..] {
        [b'\n', ..] => Some((index, index + 2)),
        [b'\r', b'\n', ..] => Some((index, index + 3)),
        _ => None,
    })?;
    let lines = buffer[..end].split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Some((lines.collect(), len))
}

/// And whether its version is the one of which a host is demanded: h11 compares versions as texts.
fn request_line(line: &[u8]) -> Option<(RequestHead, bool)> {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] = version else {
        return None;
    };
    let is_version = major.is_ascii_digit() && minor.is_ascii_digit();
    let is_target = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    let version = u8::from((major, minor) >= (&b'1', &b'1'));
    let is_1_1 = (major, minor) == (&b'1', &b'1');
    let valid = is_version && is_target && is_token(method);
    valid.then(|| (head_of((method, target), version), is_1_1))
}

/// `_decode_header_lines`, with continued lines joined.
pub(super) fn read_fields(lines: &[&[u8]]) -> Option<Vec<Header>> {
    let mut fields: Vec<Header> = Vec::new();
    let mut joined: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        match line.first().is_some_and(is_blank) {
            true => {
                let last = joined.last_mut()?;
                last.push(b' ');
                last.extend_from_slice(trim_start(line));
            }
            false => joined.push(line.to_vec()),
        }
    }
    for line in joined {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        let is_value = !value.iter().any(|byte| matches!(byte, 0 | b'\n'..=b'\r'));
        if !is_token(name) || !is_value {
            return None;
        }
        fields.push(header(name, value));
    }
    Some(fields)
}

/// `normalize_and_validate`, `_body_framing`, `_keep_alive`.
fn frame(head: RequestHead, is_1_1: bool) -> Option<Asked> {
    let (mut length, mut chunked, mut hosts) = (None, false, 0);
    for field in &head.headers {
        match field.name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let mut lengths = field
                    .value
                    .split(|byte| *byte == b',')
                    .map(<[u8]>::trim_ascii);
                let first = lengths.next()?;
                let read = length_of(first).filter(|_| first.len() <= LENGTH_DIGITS)?;
                if lengths.any(|other| other != first) {
                    return None;
                }
                if length
                    .replace((first, read))
                    .is_some_and(|other| other.0 != first)
                {
                    return None;
                }
            }
            "transfer-encoding" if chunked => return None,
            "transfer-encoding" => {
                chunked = field.value.eq_ignore_ascii_case(b"chunked");
                if !chunked {
                    return None;
                }
            }
            "host" => hosts += 1,
            _ => {}
        }
    }
    if hosts > 1 || (is_1_1 && hosts == 0) {
        return None;
    }
    Some(Asked {
        framing: match (chunked, length) {
            (true, _) => Framing::Chunked,
            (false, Some((_, length))) => Framing::Length(length),
            (false, None) => Framing::None,
        },
        path: asgi_path(&head.target),
        // What follows a CONNECT is nobody's request: h11 lets no body behind it, and uvicorn closes over that.
        keep_alive: head.version > 0
            && head.method != "CONNECT"
            && !lists(&head, "connection", b"close"),
        expects: head.version > 0 && lists(&head, "expect", b"100-continue"),
        head,
    })
}

/// `get_comma_header`: whether the fields of that name list a word.
fn lists(head: &RequestHead, name: &str, word: &[u8]) -> bool {
    let mut fields = head.headers.iter();
    fields.any(|field| {
        let mut words = field.value.split(|byte| *byte == b',');
        field.name.eq_ignore_ascii_case(name)
            && words.any(|one| one.trim_ascii().eq_ignore_ascii_case(word))
    })
}
