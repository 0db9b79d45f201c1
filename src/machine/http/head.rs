//! Heads of requests and responses, and how our own clients and probes read the latter from a buffer that may not yet hold all of it.

use thiserror::Error;

use super::{MAX_HEAD_BYTES, MAX_HEADERS, REQUEST_ID_HEADER};

/// A header field. Names are kept as sent; compare them without case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Field name.
    pub name: String,
    /// Field value, as bytes: HTTP does not promise UTF-8.
    pub value: Vec<u8>,
}

/// A complete request head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestHead {
    /// Such as `GET`.
    pub method: String,
    /// The request target, query included.
    pub target: String,
    /// Minor version: 0 or 1, where 1 stands for all above; for gunicorn's WSGI classes, which answer in it, as it came: 0 to 9.
    pub version: u8,
    /// Fields in order.
    pub headers: Vec<Header>,
    /// Bytes of the buffer that the head takes, blank line included.
    pub len: usize,
}

/// A complete response head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResponseHead {
    /// Status code.
    pub status: u16,
    /// Reason phrase, possibly empty.
    pub reason: String,
    /// Minor version: 0 or 1.
    pub version: u8,
    /// Fields in order.
    pub headers: Vec<Header>,
    /// Bytes of the buffer that the head takes, blank line included.
    pub len: usize,
}

/// Why bytes are not an HTTP/1.x head.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum HeadError {
    /// The syntax is wrong.
    #[error("not an HTTP/1.x head: {0}")]
    Syntax(httparse::Error),
    /// The head is longer than [`MAX_HEAD_BYTES`] or has more than [`MAX_HEADERS`] fields.
    #[error("the head is larger than {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} fields")]
    TooLarge,
    /// Both lengths, two different lengths, or a length that is no number: a smuggling risk.
    #[error("the body's length is contradictory or malformed")]
    Framing,
}

/// Parses a response head; `Ok(None)` asks for more bytes.
///
/// # Errors
/// [`HeadError::Syntax`] or [`HeadError::TooLarge`].
pub fn parse_response(buffer: &[u8]) -> Result<Option<ResponseHead>, HeadError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut fields);
    let Some(len) = complete(response.parse(buffer), buffer.len())? else {
        return Ok(None);
    };
    Ok(Some(ResponseHead {
        status: response.code.unwrap_or_default(),
        reason: response.reason.unwrap_or_default().to_owned(),
        version: response.version.unwrap_or_default(),
        headers: owned(response.headers),
        len,
    }))
}

fn complete(parsed: httparse::Result<usize>, available: usize) -> Result<Option<usize>, HeadError> {
    match parsed {
        Ok(httparse::Status::Complete(len)) if len <= MAX_HEAD_BYTES => Ok(Some(len)),
        Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders) => {
            Err(HeadError::TooLarge)
        }
        Ok(httparse::Status::Partial) if available >= MAX_HEAD_BYTES => Err(HeadError::TooLarge),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(error) => Err(HeadError::Syntax(error)),
    }
}

fn owned(fields: &[httparse::Header<'_>]) -> Vec<Header> {
    fields
        .iter()
        .map(|field| Header {
            name: field.name.to_owned(),
            value: field.value.to_vec(),
        })
        .collect()
}

/// The first field of that name, whatever its case.
pub fn field<'a>(headers: &'a [Header], name: &str) -> Option<&'a [u8]> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_slice())
}

/// Whether `word`, which is not empty, is anywhere in `text`, whatever its case (nginx `ngx_strcasestrn`).
pub fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether a `Connection` field lists `token`.
fn connection_has(headers: &[Header], token: &str) -> bool {
    field(headers, "connection")
        .and_then(|value| std::str::from_utf8(value).ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|item| item.trim().eq_ignore_ascii_case(token))
        })
}

/// HTTP/1.1 keeps the connection unless told otherwise, HTTP/1.0 closes it unless told otherwise.
fn keeps_alive(version: u8, headers: &[Header]) -> bool {
    match version {
        0 => connection_has(headers, "keep-alive"),
        _ => !connection_has(headers, "close"),
    }
}

impl RequestHead {
    /// The first field called `name`, whatever its case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        field(&self.headers, name)
    }

    /// The same, as a text: what is no UTF-8 is replaced.
    pub fn text(&self, name: &str) -> Option<String> {
        let value = self.header(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// Whether it may be repeated without asking (`NGX_HTTP_UPSTREAM_FT_NON_IDEMPOTENT` is POST, LOCK or PATCH).
    pub fn is_idempotent(&self) -> bool {
        !matches!(self.method.as_str(), "POST" | "LOCK" | "PATCH")
    }

    /// Whether the client waits for `100 Continue` before it sends its body (`ngx_http_test_expect`, which HTTP/1.0 has nothing of).
    pub fn expects_continue(&self) -> bool {
        let expect = self.header("expect");
        self.version > 0 && expect.is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
    }

    /// The lab's request id, if the request carries one.
    pub fn request_id(&self) -> Option<u64> {
        request_id(self.header(REQUEST_ID_HEADER)?)
    }
}

/// The lab's request id in a field of that name.
pub fn request_id(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

impl ResponseHead {
    /// The first field called `name`, whatever its case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        field(&self.headers, name)
    }

    /// Whether the server will keep the connection.
    pub fn keep_alive(&self) -> bool {
        keeps_alive(self.version, &self.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 4\r\n\r\nrest";

    #[test]
    fn only_http_1_1_waits_for_100_continue() {
        let expects = |version: u8, value: Option<&str>| {
            let field = value.map(|value| Header {
                name: "Expect".to_owned(),
                value: value.as_bytes().to_vec(),
            });
            let head = RequestHead {
                method: "POST".to_owned(),
                target: "/".to_owned(),
                version,
                headers: field.into_iter().collect(),
                len: 0,
            };
            head.expects_continue()
        };
        assert!(expects(1, Some("100-Continue")));
        assert!(!expects(0, Some("100-continue")));
        assert!(!expects(1, Some("something")) && !expects(1, None));
    }

    #[test]
    fn every_prefix_is_partial_and_the_whole_is_complete() {
        let head_len = RESPONSE.len() - 4;
        for end in 0..head_len {
            assert_eq!(parse_response(&RESPONSE[..end]), Ok(None), "{end} bytes");
        }
        let head = parse_response(RESPONSE).unwrap().unwrap();
        assert_eq!((head.len, head.status), (head_len, 200));
        assert!(head.keep_alive());
    }

    #[test]
    fn an_endless_head_is_refused() {
        let mut endless = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        endless.resize(MAX_HEAD_BYTES, b'a');
        assert_eq!(parse_response(&endless), Err(HeadError::TooLarge));
        let many = format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            "a: b\r\n".repeat(MAX_HEADERS + 1)
        );
        assert_eq!(parse_response(many.as_bytes()), Err(HeadError::TooLarge));
    }

    #[test]
    fn keep_alive_follows_the_version_and_the_connection_field() {
        for (head, kept) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\n\r\n", false),
            (
                "HTTP/1.0 200 OK\r\nconnection: foo, Keep-Alive\r\n\r\n",
                true,
            ),
        ] {
            assert_eq!(
                parse_response(head.as_bytes())
                    .unwrap()
                    .unwrap()
                    .keep_alive(),
                kept,
                "{head}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Bytes of a good head overwritten, removed or doubled.
        #[test]
        fn mutated_heads_never_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6)) {
            let mut bytes = RESPONSE.to_vec();
            for (index, byte, kind) in edits {
                let at = index.index(bytes.len());
                match kind {
                    0 => bytes[at] = byte,
                    1 => { bytes.remove(at); }
                    _ => bytes.insert(at, byte),
                }
            }
            let _ = parse_response(&bytes);
        }
    }
}
