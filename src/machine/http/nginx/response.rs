//! The head of an upstream's response (`ngx_http_proxy_process_status_line`, `ngx_http_proxy_process_header`).

use super::status_line::status_line;
use super::{FieldLine, Stop, closes, field_line, length_of};
use crate::machine::http::{ACCEL_BUFFERING, Framing, buffering_order, contains};

/// Room for the fields of most heads.
const USUAL_FIELDS: usize = 8;

/// What an upstream answers with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer<'b> {
    /// A head.
    Head(AnswerHead<'b>),
    /// Bytes that do not begin as a head does: nginx takes them for a response of HTTP/0.9, which has none.
    Simple,
}

/// A field of a head, in the bytes that it was read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'b> {
    /// Its name, as sent.
    pub name: &'b [u8],
    /// Its value.
    pub value: &'b [u8],
}

/// A whole head of a response. Nothing of it is copied: it is passed on at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnswerHead<'b> {
    /// 0 to 999.
    pub status: u16,
    /// The status line from the status on.
    pub line: &'b [u8],
    /// Whether it is HTTP/1.1 or later.
    pub is_1_1: bool,
    /// Fields in order.
    pub headers: Vec<Field<'b>>,
    /// Bytes that the head takes, the empty line included.
    pub len: usize,
}

/// Reads the head of a response.
///
/// # Errors
/// [`Stop::More`] as long as it is not whole, [`Stop::Field`] for a field that is none.
pub fn answer(bytes: &[u8]) -> Result<Answer<'_>, Stop> {
    let line = match status_line(bytes) {
        Err(Stop::Status) => return Ok(Answer::Simple),
        line => line?,
    };
    let mut headers = Vec::with_capacity(USUAL_FIELDS);
    let mut at = line.len;
    loop {
        match field_line(&bytes[at..], true)? {
            FieldLine::Field {
                name, value, len, ..
            } => {
                let bytes = &bytes[at..];
                headers.push(Field {
                    name: &bytes[name],
                    value: &bytes[value],
                });
                at += len;
            }
            FieldLine::End { len } => {
                return Ok(Answer::Head(AnswerHead {
                    status: line.status,
                    line: &bytes[line.line],
                    is_1_1: line.is_1_1,
                    headers,
                    len: at + len,
                }));
            }
        }
    }
}

impl AnswerHead<'_> {
    /// How the body ends (`ngx_http_proxy_input_filter_init`); `to_head` is whether HEAD was asked.
    pub fn framing(&self, to_head: bool) -> Framing {
        if to_head || matches!(self.status, 204 | 304) {
            return Framing::None;
        }
        match (self.is_chunked(), self.length()) {
            (true, _) => Framing::Chunked,
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::UntilClose,
        }
    }

    /// What `Content-Length` says last, unless the body is chunked; a length that is none is nothing (`content_length_n`).
    pub fn announced(&self) -> Option<u64> {
        self.length().filter(|_| !self.is_chunked())
    }

    /// Whether the connection would be kept.
    pub fn keeps_alive(&self) -> bool {
        self.is_1_1 && !closes(&self.headers)
    }

    /// `X-Accel-Buffering: yes` or `no`, by which the application overrules `proxy_buffering`; any other word leaves it alone
    /// (`ngx_http_upstream_process_buffering`).
    pub fn accel_buffering(&self) -> Option<bool> {
        buffering_order(self.fields(ACCEL_BUFFERING).next_back()?.value)
    }

    fn length(&self) -> Option<u64> {
        length_of(self.fields("content-length").next_back()?.value)
    }

    fn is_chunked(&self) -> bool {
        let mut codings = self.fields("transfer-encoding");
        codings.any(|coding| contains(coding.value, b"chunked"))
    }

    fn fields(&self, name: &'static str) -> impl DoubleEndedIterator<Item = &Field<'_>> {
        let fields = self.headers.iter();
        fields.filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> AnswerHead<'_> {
        match answer(text.as_bytes()) {
            Ok(Answer::Head(head)) => head,
            other => panic!("{other:?} of {text:?}"),
        }
    }

    #[test]
    fn bodies_end_as_nginx_takes_it() {
        for (text, to_head, framing) in [
            ("200 OK\r\n", false, Framing::UntilClose),
            ("200 OK\r\nContent-Length: 3\r\n", false, Framing::Length(3)),
            ("200 OK\r\nContent-Length: 3\r\n", true, Framing::None),
            ("204 No\r\nContent-Length: 3\r\n", false, Framing::None),
            ("304 No\r\n", false, Framing::None),
            ("000 No\r\n", false, Framing::UntilClose),
            ("100 No\r\nContent-Length: 3\r\n", false, Framing::Length(3)),
            (
                "200 OK\r\nContent-Length: x\r\n",
                false,
                Framing::UntilClose,
            ),
            (
                "200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n",
                false,
                Framing::Length(3),
            ),
            (
                "200 OK\r\nTransfer-Encoding: xChunked!\r\n",
                false,
                Framing::Chunked,
            ),
            (
                "200 OK\r\nTransfer-Encoding: gzip\r\n",
                false,
                Framing::UntilClose,
            ),
            (
                "200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                false,
                Framing::Chunked,
            ),
        ] {
            let text = format!("HTTP/1.1 {text}\r\n");
            assert_eq!(head(&text).framing(to_head), framing, "{text}");
        }
    }

    #[test]
    fn heads_are_read_leniently() {
        let text = "HTTP/1.1 200 OK\nX(a): b\nx_b: c\r\nnonsense\r\n\nbody";
        let read = head(text);
        let names: Vec<&[u8]> = read.headers.iter().map(|field| field.name).collect();
        assert_eq!(names, [&b"X(a)"[..], b"x_b", b"nonsense"]);
        assert_eq!((&text[read.len..], read.line), ("body", &b"200 OK"[..]));
        assert!(read.keeps_alive());
        assert!(!head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").keeps_alive());
        for (value, order) in [("no", Some(false)), ("YES", Some(true)), ("off", None)] {
            let text = format!("HTTP/1.1 200 OK\r\nx-accel-buffering: {value}\r\n\r\n");
            assert_eq!(head(&text).accel_buffering(), order, "{value}");
        }
        assert_eq!(answer(b"<html>"), Ok(Answer::Simple));
        assert_eq!(answer(b"HTTP/1.1 200 OK\r\nX a: b"), Err(Stop::Field));
        assert_eq!(answer(b"HTTP/1.1 200 OK\r\nX: b"), Err(Stop::More));
    }
}
