//! `asgi/parser.py`: `PythonProtocol`, `CallbackRequest`, and the header policy that asgi shares with the WSGI classes.

use super::names::{is_method, is_target, is_token, is_value, singleton};
use super::scheme::Scheme;
use super::target::{asgi_path, has_form};
use super::wsgi::wants_more;
use super::{Asked, Refused, find, head_of, header, length_of, trim};
use crate::machine::http::{Framing, RequestHead, contains};
use crate::machine::worker::{LIMIT_REQUEST_FIELD_SIZE, LIMIT_REQUEST_FIELDS, LIMIT_REQUEST_LINE};

/// Reads a head.
pub(super) fn read(buffer: &[u8]) -> Result<Option<Asked>, Refused> {
    let mut at = match buffer {
        [b'\r'] => return Ok(None),
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    };
    let long_line = || Refused::new(414, "Request line is too large");
    let Some(line) = line_of(&buffer[at..], LIMIT_REQUEST_LINE, long_line)? else {
        return Ok(None);
    };
    if line.len() > LIMIT_REQUEST_LINE {
        return Err(long_line());
    }
    let mut head = request_line(line)?;
    at += line.len() + 2;
    let large_field = || Refused::new(431, "Request header field is too large");
    for count in 1.. {
        let Some(line) = line_of(&buffer[at..], LIMIT_REQUEST_FIELD_SIZE, large_field)? else {
            return Ok(None);
        };
        at += line.len() + 2;
        if line.is_empty() {
            break;
        }
        if line.len() + 2 > LIMIT_REQUEST_FIELD_SIZE {
            return Err(large_field());
        }
        if count > LIMIT_REQUEST_FIELDS {
            return Err(Refused::new(431, "Too many headers"));
        }
        read_field(line, &mut head)?;
    }
    head.len = at;
    frame(head).map(Some)
}

/// `_find_line`: the next line, without its end.
pub(super) fn line_of(
    buffer: &[u8],
    limit: usize,
    too_long: impl FnOnce() -> Refused,
) -> Result<Option<&[u8]>, Refused> {
    let end = find(buffer, b"\r\n");
    if buffer[..end.unwrap_or(buffer.len())].contains(&b'\n') {
        return Err(Refused::bad(
            "Bare LF as line terminator, CRLF required (RFC 9112 section 2.2)",
        ));
    }
    match end {
        None if buffer.len() > limit + 1 => Err(too_long()),
        end => Ok(end.map(|end| &buffer[..end])),
    }
}

fn request_line(line: &[u8]) -> Result<RequestHead, Refused> {
    let bad_line = || Refused::bad("Invalid request line");
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let (Some(method), Some(target), Some(version)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(bad_line());
    };
    if !is_target(target) {
        return Err(bad_line());
    }
    if !is_method(method) {
        return Err(Refused::bad(latin_1(method)));
    }
    if !has_form(method, target) {
        return Err(bad_line());
    }
    match version {
        b"HTTP/1.1" => Ok(head_of((method, target), 1)),
        b"HTTP/1.0" => Ok(head_of((method, target), 0)),
        other => Err(Refused::bad(latin_1(other))),
    }
}

fn read_field(line: &[u8], head: &mut RequestHead) -> Result<(), Refused> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err(Refused::bad("Missing colon in header"));
    };
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    if !is_token(name) {
        return Err(Refused::bad(latin_1(name)));
    }
    if !is_value(value) {
        return Err(Refused::bad("Invalid characters in header value"));
    }
    head.headers.push(header(name, value));
    Ok(())
}

/// `_finalize_headers`, `from_parser`, `should_close`.
fn frame(head: RequestHead) -> Result<Asked, Refused> {
    let (mut length, mut coded, mut chunked) = (None, false, false);
    let (mut keeps, mut expects) = (true, false);
    let mut seen = [false; 2];
    for field in &head.headers {
        let (name, value) = (field.name.as_bytes(), field.value.as_slice());
        if let Some(index) = singleton(name)
            && std::mem::replace(&mut seen[index], true)
        {
            let name = field.name.to_ascii_lowercase();
            return Err(Refused::bad(format!("Duplicate {name} header")));
        }
        match field.name.to_ascii_lowercase().as_str() {
            "content-length" if length.is_some() => {
                return Err(Refused::bad("Duplicate Content-Length header"));
            }
            "content-length" => {
                let read = length_of(value);
                let read = read.ok_or_else(|| Refused::bad("Invalid Content-Length value"));
                length = Some(read?);
            }
            "transfer-encoding" => {
                coded = true;
                keeps &= read_codings(value, &mut chunked)?;
            }
            "connection" if contains(value, b"close") => keeps = false,
            "connection" if contains(value, b"keep-alive") => keeps = true,
            "expect" => expects |= value.eq_ignore_ascii_case(b"100-continue"),
            _ => {}
        }
    }
    if coded && !chunked {
        return Err(Refused::bad("Transfer-Encoding does not end with chunked"));
    }
    if chunked && head.version == 0 {
        return Err(Refused::bad("Chunked encoding not allowed in HTTP/1.0"));
    }
    let framing = match (chunked, length) {
        (true, Some(_)) => return Err(Refused::bad("Content-Length with Transfer-Encoding")),
        (true, None) => Framing::Chunked,
        (false, Some(length)) => Framing::Length(length),
        (false, None) => Framing::None,
    };
    // `_RequestHeaderPolicy`, of which only the scheme refuses anything.
    let mut scheme = Scheme::default();
    for field in &head.headers {
        scheme.hear(field.name.as_bytes(), &field.value)?;
    }
    web_socket(&head)?;
    let asks_for_it = head.headers.iter().any(|field| {
        field.name.eq_ignore_ascii_case("connection") && contains(&field.value, b"keep-alive")
    });
    let keeps = keeps && (head.version > 0 || asks_for_it);
    Ok(Asked {
        framing,
        path: asgi_path(&head.target),
        keep_alive: keeps && head.method != "CONNECT" && wants_more(&head),
        expects: expects && head.version > 0,
        head,
    })
}

/// `_is_websocket_upgrade` and what `_handle_websocket` refuses. Nobody speaks it here: a whole handshake is served as the GET that it is.
fn web_socket(head: &RequestHead) -> Result<(), Refused> {
    let last = |name: &str| {
        let mut fields = head.headers.iter().rev();
        let field = fields.find(|field| field.name.eq_ignore_ascii_case(name));
        field.map_or(&b""[..], |field| &field.value)
    };
    let asks = head.method == "GET"
        && last("upgrade").eq_ignore_ascii_case(b"websocket")
        && contains(last("connection"), b"upgrade");
    if !asks {
        return Ok(());
    }
    if last("sec-websocket-version") != b"13" {
        return Err(Refused::new(426, "Upgrade Required"));
    }
    match is_key(last("sec-websocket-key")) {
        true => Ok(()),
        false => Err(Refused::bad("Bad Request")),
    }
}

/// Sixteen bytes in base64.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = key.strip_suffix(b"==");
    digits.is_some_and(|digits| digits.len() == 22 && digits.iter().all(is_digit))
}

/// The codings of one field; whether the connection may go on for them.
fn read_codings(value: &[u8], chunked: &mut bool) -> Result<bool, Refused> {
    let mut keeps = true;
    for coding in value.split(|byte| *byte == b',') {
        let coding = trim(coding);
        match coding.to_ascii_lowercase().as_slice() {
            b"chunked" if *chunked => return Err(Refused::bad("Stacked chunked encoding")),
            b"chunked" => *chunked = true,
            b"identity" | b"compress" | b"deflate" | b"gzip" if *chunked => {
                return Err(Refused::bad("Invalid Transfer-Encoding after chunked"));
            }
            b"identity" => {}
            b"compress" | b"deflate" | b"gzip" => keeps = false,
            _ => return Err(Refused::new(501, latin_1(coding))),
        }
    }
    Ok(keeps)
}

/// `bytes.decode("latin-1")`.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
