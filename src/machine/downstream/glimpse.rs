//! What is known of a request that is refused, or of which no whole head has come: for its page and for the logs.

use super::LARGE_HEADER_BUFFER;
use super::judge::blank_bytes;
use crate::machine::http::nginx::{FieldLine, Stop, Version, field_line, request_line};
use crate::machine::http::{REQUEST_ID_HEADER, request_id};

/// What nginx knows of a request whose head it has not granted, or not seen to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Glimpse<'b> {
    /// Its first line, as far as it has come (`$request`).
    pub line: &'b [u8],
    /// Whether the method is HEAD.
    pub is_head: bool,
    /// HTTP/0.9: the answer has no head.
    pub simple: bool,
    /// The lab's request id, if its line has come: a head that is cut behind it is known by it.
    pub request_id: Option<u64>,
    /// The first field of that name, if it has come.
    pub user_agent: Option<&'b [u8]>,
    /// The same.
    pub referer: Option<&'b [u8]>,
}

/// Looks at what there is of a request.
pub fn glimpse(buffer: &[u8]) -> Glimpse<'_> {
    let blank = blank_bytes(buffer);
    let rest = &buffer[blank..];
    let line = &rest[..rest.len().min(LARGE_HEADER_BUFFER as usize)];
    let read = request_line(line);
    let simple = match &read {
        Ok(line) => line.version == Version::Simple,
        Err(stop) => *stop == Stop::SimpleMethod,
    };
    let mut glimpse = Glimpse {
        line: line
            .split(|byte| matches!(byte, b'\r' | b'\n'))
            .next()
            .unwrap_or_default(),
        is_head: line.starts_with(b"HEAD "),
        simple,
        ..Glimpse::default()
    };
    let mut fields = read.map_or(&rest[..0], |line| &rest[line.len..]);
    while let Ok(FieldLine::Field {
        name, value, len, ..
    }) = field_line(fields, false)
    {
        let value = &fields[value];
        match fields[name].to_ascii_lowercase().as_slice() {
            b"user-agent" => glimpse.user_agent = glimpse.user_agent.or(Some(value)),
            b"referer" => glimpse.referer = glimpse.referer.or(Some(value)),
            name if name == REQUEST_ID_HEADER.as_bytes() => {
                glimpse.request_id = glimpse.request_id.or(request_id(value));
            }
            _ => {}
        }
        fields = &fields[len..];
    }
    glimpse
}
