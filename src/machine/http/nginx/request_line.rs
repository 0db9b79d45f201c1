//! `ngx_http_parse_request_line`.

use std::ops::Range;

use super::{Cursor, Stop};

/// A whole request line, as places in the bytes that it was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestLine {
    /// The line without its end; what comes before it are empty lines.
    pub line: Range<usize>,
    /// Such as `GET`.
    pub method: Range<usize>,
    /// What is asked for.
    pub asked: Asked,
    /// The host of an absolute target (`http://host/`).
    pub host: Option<Range<usize>>,
    /// The version.
    pub version: Version,
    /// Bytes up to and including the line feed.
    pub len: usize,
}

/// What is asked for: nginx's `uri_start` to `uri_end`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A path, with its arguments.
    Path {
        /// Where it is.
        at: Range<usize>,
        /// Whether it has to be looked at as a whole (`complex_uri`, `quoted_uri`).
        complex: bool,
    },
    /// An absolute target of a host and nothing else, which asks for `/`.
    Root,
    /// An absolute target without a path, of which these are the arguments (`empty_path_in_uri`): behind the question mark.
    Arguments(Range<usize>),
}

/// The version of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Version {
    /// HTTP/0.9: there is no version, no head, and no head of the answer.
    Simple,
    /// HTTP/1 with this minor version.
    One(u16),
}

/// Reads a request line.
///
/// # Errors
/// [`Stop::More`] as long as it is not whole; why it never will be, as soon as that is plain.
pub fn request_line(bytes: &[u8]) -> Result<RequestLine, Stop> {
    let mut cursor = Cursor::new(bytes);
    cursor.skip(|byte| matches!(byte, b'\r' | b'\n'))?;
    let start = cursor.at;
    let method = method(&mut cursor)?;
    let (host, asked) = asked(&mut cursor)?;
    let version = version(&mut cursor)?;
    let end = line_end(&mut cursor)?;
    if version == Version::Simple && &bytes[method.clone()] != b"GET" {
        return Err(Stop::SimpleMethod);
    }
    Ok(RequestLine {
        line: start..end,
        method,
        asked,
        host,
        version,
        len: cursor.at,
    })
}

/// `sw_start`, `sw_method`.
fn method(cursor: &mut Cursor<'_>) -> Result<Range<usize>, Stop> {
    let start = cursor.at;
    let behind = cursor.skip(|byte| matches!(byte, b'A'..=b'Z' | b'_' | b'-'))?;
    if behind != b' ' || cursor.at == start {
        return Err(Stop::Method);
    }
    Ok(start..cursor.at)
}

/// `sw_spaces_before_uri`, `sw_schema` and on.
fn asked(cursor: &mut Cursor<'_>) -> Result<(Option<Range<usize>>, Asked), Stop> {
    match cursor.skip(|byte| byte == b' ')? {
        b'/' => Ok((None, path(cursor)?)),
        byte if byte.is_ascii_alphabetic() => absolute(cursor),
        _ => Err(Stop::Request),
    }
}

/// `sw_schema` to `sw_port`.
fn absolute(cursor: &mut Cursor<'_>) -> Result<(Option<Range<usize>>, Asked), Stop> {
    cursor.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))?;
    cursor.expect(b"://", Stop::Request)?;
    let start = cursor.at;
    if cursor.peek()? == b'[' {
        cursor.at += 1;
        cursor.skip(is_in_literal)?;
        cursor.expect(b"]", Stop::Request)?;
    } else {
        cursor.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))?;
    }
    let host = Some(start..cursor.at);
    if cursor.peek()? == b':' {
        cursor.at += 1;
        cursor.skip(|byte| byte.is_ascii_digit())?;
    }
    match cursor.peek()? {
        b'/' => Ok((host, path(cursor)?)),
        b'?' => {
            cursor.at += 1;
            let start = cursor.at;
            arguments(cursor)?;
            Ok((host, Asked::Arguments(start..cursor.at)))
        }
        b' ' => Ok((host, Asked::Root)),
        _ => Err(Stop::Request),
    }
}

/// `sw_host_ip_literal`.
fn is_in_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b':' | b'-'
                | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

/// nginx's table `usual`: bytes of a path that need no look.
fn is_usual(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' ' | b'#' | b'%' | b'+' | b'.' | b'/' | b'?' | 0x7f
    )
}

/// `sw_after_slash_in_uri`, `sw_check_uri`, `sw_uri`: up to the space or the line's end behind it.
fn path(cursor: &mut Cursor<'_>) -> Result<Asked, Stop> {
    let start = cursor.at;
    cursor.at += 1;
    let mut after_slash = true;
    let complex = loop {
        let byte = cursor.skip(|byte| !(after_slash) && is_usual(byte))?;
        match byte {
            b' ' | b'\r' | b'\n' => break false,
            b'/' if !after_slash => after_slash = true,
            b'.' if !after_slash => {}
            b'.' | b'/' | b'%' | b'#' => {
                cursor.at += 1;
                arguments(cursor)?;
                break true;
            }
            b'?' => {
                cursor.at += 1;
                break arguments(cursor)?;
            }
            // A plus leaves the state as it is.
            b'+' => {}
            0..=0x1f | 0x7f => return Err(Stop::Request),
            _ => after_slash = false,
        }
        cursor.at += 1;
    };
    let at = start..cursor.at;
    Ok(Asked::Path { at, complex })
}

/// `sw_uri`, up to the space or the line's end behind it; whether there is a fragment.
fn arguments(cursor: &mut Cursor<'_>) -> Result<bool, Stop> {
    let start = cursor.at;
    match cursor.skip(|byte| byte > b' ' && byte != 0x7f)? {
        b' ' | b'\r' | b'\n' => Ok(cursor.bytes[start..cursor.at].contains(&b'#')),
        _ => Err(Stop::Request),
    }
}

/// `sw_http_09` to `sw_minor_digit`.
fn version(cursor: &mut Cursor<'_>) -> Result<Version, Stop> {
    match cursor.skip(|byte| byte == b' ')? {
        b'\r' | b'\n' => return Ok(Version::Simple),
        b'H' => cursor.expect(b"HTTP/", Stop::Request)?,
        _ => return Err(Stop::Request),
    }
    major(cursor)?;
    if !cursor.peek()?.is_ascii_digit() {
        return Err(Stop::Request);
    }
    let mut minor = 0_u16;
    loop {
        match cursor.peek()? {
            digit @ b'0'..=b'9' if minor <= 99 => minor = minor * 10 + u16::from(digit - b'0'),
            b'\r' | b'\n' | b' ' => return Ok(Version::One(minor)),
            _ => return Err(Stop::Request),
        }
        cursor.at += 1;
    }
}

/// `sw_first_major_digit`, `sw_major_digit`: a 1 and its dot.
fn major(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    match cursor.take()? {
        b'1' => {}
        b'2'..=b'9' => return Err(Stop::Version),
        _ => return Err(Stop::Request),
    }
    match cursor.take()? {
        b'.' => Ok(()),
        b'0'..=b'9' => Err(Stop::Version),
        _ => Err(Stop::Request),
    }
}

/// `sw_spaces_after_digit`, `sw_almost_done`: where the line ends, without its CR and LF.
fn line_end(cursor: &mut Cursor<'_>) -> Result<usize, Stop> {
    let byte = cursor.skip(|byte| byte == b' ')?;
    let end = cursor.at;
    cursor.at += 1;
    match byte {
        b'\n' => Ok(end),
        b'\r' => cursor.line_feed(Stop::Request).map(|()| end),
        _ => Err(Stop::Request),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RequestLine, Stop> {
        request_line(text.as_bytes())
    }

    #[test]
    fn a_line_is_refused_as_soon_as_it_is_hopeless() {
        for (text, stop) in [
            ("", Stop::More),
            ("\r\n\r\n", Stop::More),
            ("GE", Stop::More),
            ("GET / HTTP/1.1", Stop::More),
            ("GET / HTTP/1.1\r", Stop::More),
            (" GET", Stop::Method),
            ("g", Stop::Method),
            ("GET\t", Stop::Method),
            ("G=", Stop::Method),
            ("\x16\x03\x01", Stop::Method),
            ("GET *", Stop::Request),
            ("GET foo ", Stop::Request),
            ("CONNECT a.test:8", Stop::Request),
            ("GET http:/b", Stop::Request),
            ("GET http://b_", Stop::Request),
            ("GET http://[::1/", Stop::Request),
            ("GET http://b:8x", Stop::Request),
            ("GET /a\tb", Stop::Request),
            ("GET /\x7f", Stop::Request),
            ("GET /?\x01", Stop::Request),
            ("GET / h", Stop::Request),
            ("GET / HTTX", Stop::Request),
            ("GET / HTTP/0", Stop::Request),
            ("GET / HTTP/1x", Stop::Request),
            ("GET / HTTP/1.x", Stop::Request),
            ("GET / HTTP/1.1x", Stop::Request),
            ("GET / HTTP/1.1 x", Stop::Request),
            ("GET / HTTP/1.1\rx", Stop::Request),
            ("GET / HTTP/1.1000", Stop::Request),
            ("GET / HTTP/2", Stop::Version),
            ("GET / HTTP/10", Stop::Version),
            ("POST /\r\n", Stop::SimpleMethod),
        ] {
            assert_eq!(read(text), Err(stop), "{text:?}");
        }
    }

    #[test]
    fn a_line_has_its_parts() {
        for (text, line, version, complex) in [
            (
                "GET / HTTP/1.1\r\n",
                "GET / HTTP/1.1",
                Version::One(1),
                false,
            ),
            (
                "\r\nGET  /  HTTP/1.0  \n",
                "GET  /  HTTP/1.0  ",
                Version::One(0),
                false,
            ),
            (
                "GET /a.b/c?d=%2e HTTP/1.999\n",
                "GET /a.b/c?d=%2e HTTP/1.999",
                Version::One(999),
                false,
            ),
            (
                "GET /+.x HTTP/1.1\n",
                "GET /+.x HTTP/1.1",
                Version::One(1),
                true,
            ),
            (
                "GET /+/ HTTP/1.1\n",
                "GET /+/ HTTP/1.1",
                Version::One(1),
                true,
            ),
            (
                "GET /a+.x HTTP/1.1\n",
                "GET /a+.x HTTP/1.1",
                Version::One(1),
                false,
            ),
            (
                "GET /.. HTTP/1.1\n",
                "GET /.. HTTP/1.1",
                Version::One(1),
                true,
            ),
            (
                "GET /a%20 HTTP/1.1\n",
                "GET /a%20 HTTP/1.1",
                Version::One(1),
                true,
            ),
            (
                "GET /a?b#c HTTP/1.1\n",
                "GET /a?b#c HTTP/1.1",
                Version::One(1),
                true,
            ),
            ("GET /\r\n", "GET /", Version::Simple, false),
            ("GET /a \r\n", "GET /a ", Version::Simple, false),
        ] {
            let read = read(text).unwrap();
            assert_eq!((&text[read.line.clone()], read.version), (line, version));
            let Asked::Path { complex: is, .. } = read.asked else {
                panic!("{text}")
            };
            assert_eq!((is, read.len), (complex, text.len()), "{text:?}");
        }
    }

    #[test]
    fn an_absolute_target_loses_its_host() {
        for (target, host, asked) in [
            ("http://b.test/x", "b.test", "/x"),
            ("http://b.test:80/x", "b.test", "/x"),
            ("h+2://[::1]:8/x", "[::1]", "/x"),
            ("http://b.test", "b.test", "root"),
            ("http://b.test:80", "b.test", "root"),
            ("http://b.test?x", "b.test", "x"),
            ("http://?x", "", "x"),
        ] {
            let text = format!("GET {target} HTTP/1.1\r\n");
            let read = read(&text).unwrap();
            let found = match read.asked {
                Asked::Path { at, .. } | Asked::Arguments(at) => &text[at],
                Asked::Root => "root",
            };
            assert_eq!((&text[read.host.unwrap()], found), (host, asked), "{text}");
        }
    }
}
