//! `ngx_http_parse_status_line`.

use std::ops::Range;

use super::{Cursor, Stop};

/// A status line, as places in the bytes that it was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct StatusLine {
    /// Whether it is HTTP/1.1 or later.
    pub(super) is_1_1: bool,
    /// 0 to 999.
    pub(super) status: u16,
    /// From the status on, without the line's end.
    pub(super) line: Range<usize>,
    /// Bytes up to and including the line feed.
    pub(super) len: usize,
}

/// Reads a status line.
///
/// # Errors
/// [`Stop::More`] as long as it is not whole, [`Stop::Status`] as soon as it never will be.
pub(super) fn status_line(bytes: &[u8]) -> Result<StatusLine, Stop> {
    let mut cursor = Cursor::new(bytes);
    cursor.expect(b"HTTP/", Stop::Status)?;
    if cursor.peek()? == b'0' {
        return Err(Stop::Status);
    }
    let major = number(&mut cursor, b'.')?;
    let minor = number(&mut cursor, b' ')?;
    let (mut status, mut digits) = (0, 0);
    while digits < 3 {
        match cursor.take()? {
            // Wherever they stand.
            b' ' => {}
            digit @ b'0'..=b'9' => {
                status = status * 10 + u16::from(digit - b'0');
                digits += 1;
            }
            _ => return Err(Stop::Status),
        }
    }
    let start = cursor.at - 3;
    // IIS may send 403.1.
    if matches!(cursor.peek()?, b' ' | b'.') {
        cursor.skip(|byte| !matches!(byte, b'\r' | b'\n'))?;
    }
    let end = cursor.at;
    match cursor.take()? {
        b'\n' => {}
        b'\r' => cursor.line_feed(Stop::Status)?,
        _ => return Err(Stop::Status),
    }
    Ok(StatusLine {
        is_1_1: (major, minor) >= (1, 1),
        status,
        line: start..end,
        len: cursor.at,
    })
}

/// A number of at most three digits, and what has to be behind it.
fn number(cursor: &mut Cursor<'_>, behind: u8) -> Result<u16, Stop> {
    let mut number = 0;
    let start = cursor.at;
    loop {
        match cursor.take()? {
            digit @ b'0'..=b'9' if number <= 99 => number = number * 10 + u16::from(digit - b'0'),
            byte if byte == behind && cursor.at > start + 1 => return Ok(number),
            _ => return Err(Stop::Status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\n", Ok((true, 200, "200 OK"))),
            ("HTTP/1.0 200 OK\n", Ok((false, 200, "200 OK"))),
            ("HTTP/1.1 200\r\n", Ok((true, 200, "200"))),
            ("HTTP/1.1 200 \r\n", Ok((true, 200, "200 "))),
            ("HTTP/1.1 000 Nothing\r\n", Ok((true, 0, "000 Nothing"))),
            ("HTTP/1.1  403.1 x\r\n", Ok((true, 403, "403.1 x"))),
            ("HTTP/2.0 999 x\r\n", Ok((true, 999, "999 x"))),
            ("HTTP/1.1 200 OK\rx", Err(Stop::Status)),
            ("HTTP/1.1 200OK", Err(Stop::Status)),
            ("HTTP/1.1 2000", Err(Stop::Status)),
            ("HTTP/1.1 99 x", Err(Stop::Status)),
            ("HTTP/0.9 200 OK\r\n", Err(Stop::Status)),
            ("HTTP/0", Err(Stop::Status)),
            ("HTTP/.1", Err(Stop::Status)),
            ("HTTP/1. ", Err(Stop::Status)),
            ("http/1.1", Err(Stop::Status)),
            ("<html>", Err(Stop::Status)),
            ("HTTP/1.1 200 OK\r", Err(Stop::More)),
            ("HTTP/1.1 20", Err(Stop::More)),
            ("", Err(Stop::More)),
        ] {
            let read = status_line(text.as_bytes());
            let read = read.map(|read| (read.is_1_1, read.status, &text[read.line]));
            assert_eq!(read, expected, "{text:?}");
        }
    }
}
