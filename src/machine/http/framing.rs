//! Where a body ends.

use super::head::{HeadError, Header, ResponseHead};

/// How a body is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// There is no body.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks, to the last chunk.
    Chunked,
    /// Until the sender closes.
    UntilClose,
}

/// The framing of a response's body; `head_request` is whether the request was a HEAD.
///
/// # Errors
/// [`HeadError::Framing`] for both lengths at once, differing lengths, or an unknown transfer coding.
pub fn response_framing(head: &ResponseHead, head_request: bool) -> Result<Framing, HeadError> {
    if head_request || head.status < 200 || matches!(head.status, 204 | 304) {
        return Ok(Framing::None);
    }
    Ok(declared(&head.headers)?.unwrap_or(Framing::UntilClose))
}

fn declared(headers: &[Header]) -> Result<Option<Framing>, HeadError> {
    let values = |name: &'static str| {
        headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
    };
    let mut length = None;
    for header in values("content-length") {
        let parsed = parse_length(&header.value).ok_or(HeadError::Framing)?;
        if length.is_some_and(|earlier| earlier != parsed) {
            return Err(HeadError::Framing);
        }
        length = Some(parsed);
    }
    let mut codings = values("transfer-encoding");
    match (codings.next(), codings.next(), length) {
        (None, _, length) => Ok(length.map(Framing::Length)),
        (Some(coding), None, None)
            if coding.value.trim_ascii().eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(Some(Framing::Chunked))
        }
        _ => Err(HeadError::Framing),
    }
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::parse_response;
    use super::*;

    fn of_response(fields: &str) -> Result<Framing, HeadError> {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        response_framing(&parse_response(head.as_bytes()).unwrap().unwrap(), false)
    }

    #[test]
    fn what_delimits_a_body_is_said_once() {
        for (fields, framing) in [
            ("Content-Length: 12\r\n", Framing::Length(12)),
            (
                "Content-Length: 12\r\ncontent-length: 12\r\n",
                Framing::Length(12),
            ),
            ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
        ] {
            assert_eq!(of_response(fields), Ok(framing), "{fields}");
        }
        for bad in [
            "Content-Length: 12\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: 12\r\nContent-Length: 13\r\n",
            "Content-Length: +12\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: gzip\r\n",
        ] {
            assert_eq!(of_response(bad), Err(HeadError::Framing), "{bad}");
        }
    }

    #[test]
    fn responses() {
        let of = |text: &str, head_request| {
            response_framing(
                &parse_response(text.as_bytes()).unwrap().unwrap(),
                head_request,
            )
            .unwrap()
        };
        assert_eq!(of("HTTP/1.0 200 OK\r\n\r\n", false), Framing::UntilClose);
        assert_eq!(
            of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false),
            Framing::Length(3)
        );
        assert_eq!(
            of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true),
            Framing::None
        );
        assert_eq!(
            of("HTTP/1.1 304 Not Modified\r\n\r\n", false),
            Framing::None
        );
    }
}
