//! Request heads as gunicorn judges them: what is served, and what gets which error page.

use super::{LIMIT_REQUEST_FIELD_SIZE, LIMIT_REQUEST_LINE};
use crate::machine::http::{
    Framing, HeadError, MAX_HEADERS, RequestHead, parse_request, request_framing,
};

/// What the bytes so far amount to.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Not yet a whole head.
    More,
    /// A request that is served.
    Serve(Box<RequestHead>, Framing),
    /// A request that gets an error page, and the reason in words.
    Refuse { status: u16, why: String },
}

/// Judges the bytes received so far.
pub(super) fn judge(buffer: &[u8]) -> Verdict {
    if let Some(refusal) = judge_request_line(buffer) {
        return refusal;
    }
    let head = match parse_request(buffer) {
        Ok(None) => return Verdict::More,
        Ok(Some(head)) => head,
        Err(HeadError::TooLarge) => {
            return refuse(431, format!("limit request headers fields ({MAX_HEADERS})"));
        }
        Err(error) => return refuse(400, error.to_string()),
    };
    // gunicorn takes methods of upper-case letters, digits and a few marks only.
    if head.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return refuse(400, format!("Invalid HTTP method: '{}'", head.method));
    }
    let field_size = |name: &str, value: &[u8]| name.len() + 2 + value.len();
    let too_long = head
        .headers
        .iter()
        .any(|field| field_size(&field.name, &field.value) > LIMIT_REQUEST_FIELD_SIZE);
    if too_long {
        return refuse(431, "limit request headers fields size".to_owned());
    }
    if let Some(expect) = head.header("expect")
        && !expect.eq_ignore_ascii_case(b"100-continue")
    {
        let expect = String::from_utf8_lossy(expect);
        return refuse(417, format!("Unable to comply with expectation: {expect}"));
    }
    match request_framing(&head) {
        Ok(framing) => Verdict::Serve(Box::new(head), framing),
        Err(_) if is_unknown_coding(&head) => refuse(501, "Unsupported transfer coding".to_owned()),
        Err(error) => refuse(400, error.to_string()),
    }
}

/// The request line's limit holds before the line is whole, so that an endless one is refused early.
fn judge_request_line(buffer: &[u8]) -> Option<Verdict> {
    let end = buffer.windows(2).position(|pair| pair == b"\r\n");
    let len = end.unwrap_or(buffer.len());
    // A line without an end may still turn out to have had its CR just now.
    let limit = LIMIT_REQUEST_LINE + if end.is_some() { 0 } else { 1 };
    (len > limit).then(|| {
        let why = format!("Request Line is too large ({len} > {LIMIT_REQUEST_LINE})");
        refuse(414, why)
    })
}

fn is_unknown_coding(head: &RequestHead) -> bool {
    let known = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"chunked");
    head.header("content-length").is_none()
        && head
            .header("transfer-encoding")
            .is_some_and(|value| !known(value))
}

fn refuse(status: u16, why: String) -> Verdict {
    Verdict::Refuse { status, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(head: &str) -> Option<u16> {
        match judge(head.as_bytes()) {
            Verdict::Refuse { status, .. } => Some(status),
            Verdict::Serve(..) => Some(200),
            Verdict::More => None,
        }
    }

    #[test]
    fn as_gunicorn_27_measured() {
        let target = |line_len: usize| {
            let path = "x".repeat(line_len - "GET / HTTP/1.1".len());
            format!("GET /{path} HTTP/1.1\r\n\r\n")
        };
        let many = |n| format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(n));
        for (head, expected) in [
            (target(4094), Some(200)),
            (target(4095), Some(414)),
            ("x".repeat(5000), Some(414)),
            (many(100), Some(200)),
            (many(101), Some(431)),
            (
                format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(8190)),
                Some(431),
            ),
            ("get / HTTP/1.1\r\n\r\n".to_owned(), Some(400)),
            ("hello\r\n\r\n".to_owned(), Some(400)),
            ("GET / HTTP/2.0\r\n\r\n".to_owned(), Some(400)),
            ("GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), Some(400)),
            (
                "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(),
                Some(501),
            ),
            (
                "GET / HTTP/1.1\r\nExpect: cake\r\n\r\n".to_owned(),
                Some(417),
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(),
                Some(400),
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                    .to_owned(),
                Some(400),
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length : 2\r\n\r\n".to_owned(),
                Some(400),
            ),
            (
                "GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n".to_owned(),
                Some(400),
            ),
            (
                "GET / HTTP/1.1\r\nx_underscore: 1\r\n\r\n".to_owned(),
                Some(200),
            ),
            ("GET / HTTP/1.1\r\nHost:".to_owned(), None),
            ("GET / HTTP/1.1\r\n\r\n".to_owned(), Some(200)),
        ] {
            assert_eq!(status(&head), expected, "{:.60}", head);
        }
    }
}
