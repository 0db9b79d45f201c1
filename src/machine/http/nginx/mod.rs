//! HTTP/1.x as nginx 1.22.1 reads it, byte by byte: each file is one function of `ngx_http_parse.c` or what goes with it.
//!
//! A parser gets what has come so far and answers as soon as nginx would: bytes that can no longer become a request are refused
//! before their line is whole. Not here: what a Windows build does with backslashes, and names of virtual servers.

mod complex_uri;
mod connection;
mod field_line;
mod host;
mod request_line;
mod response;
mod status_line;

pub use complex_uri::is_sane;
pub use connection::{closes, keeps_alive};
pub use field_line::{FieldLine, field_line};
pub use host::is_host;
pub use request_line::{Asked, RequestLine, Version, request_line};
pub use response::{Answer, AnswerHead, Field, answer};

/// Why bytes amount to nothing yet, or never will.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// `NGX_AGAIN`: more bytes decide.
    More,
    /// `NGX_HTTP_PARSE_INVALID_METHOD`.
    Method,
    /// `NGX_HTTP_PARSE_INVALID_REQUEST`.
    Request,
    /// `NGX_HTTP_PARSE_INVALID_VERSION`.
    Version,
    /// `NGX_HTTP_PARSE_INVALID_09_METHOD`.
    SimpleMethod,
    /// `NGX_HTTP_PARSE_INVALID_HEADER`.
    Field,
    /// A status line that is none.
    Status,
}

/// `ngx_atoof`: decimal digits, at least one, and not more than an `off_t` holds.
pub fn length_of(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: u64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    i64::try_from(length).is_ok().then_some(length)
}

/// Bytes, read one by one.
#[derive(Clone, Copy, Debug)]
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn new(bytes: &'b [u8]) -> Cursor<'b> {
        Cursor { bytes, at: 0 }
    }

    /// The next byte, which stays.
    fn peek(&self) -> Result<u8, Stop> {
        self.bytes.get(self.at).copied().ok_or(Stop::More)
    }

    /// The next byte.
    fn take(&mut self) -> Result<u8, Stop> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    /// Goes over bytes that are `such`; there is one behind them that is not.
    fn skip(&mut self, such: impl Fn(u8) -> bool) -> Result<u8, Stop> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|byte| !such(*byte));
        self.at += len.unwrap_or(rest.len());
        self.peek()
    }

    /// Goes over `word`.
    fn expect(&mut self, word: &[u8], otherwise: Stop) -> Result<(), Stop> {
        for wanted in word {
            if self.take()? != *wanted {
                return Err(otherwise);
            }
        }
        Ok(())
    }

    /// Goes over the LF that has to follow a CR.
    fn line_feed(&mut self, otherwise: Stop) -> Result<(), Stop> {
        self.expect(b"\n", otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_digits_only() {
        for (text, length) in [
            ("0", Some(0)),
            ("0005", Some(5)),
            ("9223372036854775807", Some(i64::MAX as u64)),
            ("9223372036854775808", None),
            ("", None),
            ("+2", None),
            ("-1", None),
            ("0x2", None),
            ("2, 2", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(length_of(text.as_bytes()), length, "{text}");
        }
    }
}
