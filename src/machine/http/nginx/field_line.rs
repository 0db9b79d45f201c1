//! `ngx_http_parse_header_line`.

use std::ops::Range;

use super::{Cursor, Stop};

/// A line of a head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FieldLine {
    /// A field, as places in the bytes that it was read from.
    Field {
        /// Its name.
        name: Range<usize>,
        /// Its value, without spaces around it; empty too where there is no colon.
        value: Range<usize>,
        /// Whether the name has only letters, digits, hyphens and underscores.
        plain: bool,
        /// Bytes up to and including the line feed.
        len: usize,
    },
    /// The empty line that ends the head.
    End {
        /// Bytes up to and including the line feed.
        len: usize,
    },
}

/// Reads a line of a head. `ignores` is whether lines that repeat the status line are passed over, as in responses (`r->upstream`).
///
/// # Errors
/// [`Stop::More`] as long as it is not whole, [`Stop::Field`] as soon as it never will be.
pub fn field_line(bytes: &[u8], ignores: bool) -> Result<FieldLine, Stop> {
    let mut cursor = Cursor::new(bytes);
    loop {
        let start = cursor.at;
        match cursor.peek()? {
            b'\r' => {
                cursor.at += 1;
                cursor.line_feed(Stop::Field)?;
                return Ok(FieldLine::End { len: cursor.at });
            }
            b'\n' => return Ok(FieldLine::End { len: start + 1 }),
            b':' => return Err(Stop::Field),
            _ => {}
        }
        let behind = cursor.skip(|byte| byte > b' ' && byte != b':' && byte != 0x7f)?;
        let name = start..cursor.at;
        if ignores && bytes[name.clone()].starts_with(b"HTTP/") {
            cursor.skip(|byte| byte != b'\n')?;
            cursor.at += 1;
            continue;
        }
        let value = match behind {
            b':' => value(&mut cursor)?,
            b'\r' | b'\n' => name.end..name.end,
            _ => return Err(Stop::Field),
        };
        line_end(&mut cursor)?;
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        return Ok(FieldLine::Field {
            plain: bytes[name.clone()].iter().all(is_plain),
            name,
            value,
            len: cursor.at,
        });
    }
}

/// `sw_space_before_value`, `sw_value`, `sw_space_after_value`.
fn value(cursor: &mut Cursor<'_>) -> Result<Range<usize>, Stop> {
    cursor.at += 1;
    cursor.skip(|byte| byte == b' ')?;
    let start = cursor.at;
    if cursor.skip(|byte| !matches!(byte, 0 | b'\r' | b'\n'))? == 0 {
        return Err(Stop::Field);
    }
    let text = &cursor.bytes[start..cursor.at];
    let len = text.iter().rposition(|byte| *byte != b' ');
    Ok(start..start + len.map_or(0, |last| last + 1))
}

/// `sw_almost_done`, in which further CRs are nothing.
fn line_end(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    cursor.skip(|byte| byte == b'\r')?;
    cursor.line_feed(Stop::Field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (text, expected) in [
            ("X-A: b\r\n", Ok(("X-A", "b", true))),
            ("X-A:b\n", Ok(("X-A", "b", true))),
            ("X-A:   b c  \r\n", Ok(("X-A", "b c", true))),
            ("X-A:\r\n", Ok(("X-A", "", true))),
            ("X-A:  \r\n", Ok(("X-A", "", true))),
            ("X-A: b\r\r\r\n", Ok(("X-A", "b", true))),
            ("X-A: \tb\r\n", Ok(("X-A", "\tb", true))),
            ("nonsense\r\n", Ok(("nonsense", "", true))),
            ("x_a: b\r\n", Ok(("x_a", "b", true))),
            ("X(a): b\r\n", Ok(("X(a)", "b", false))),
            ("é: b\r\n", Ok(("é", "b", false))),
            ("X-A: a:b\r\n", Ok(("X-A", "a:b", true))),
            (": v", Err(Stop::Field)),
            (" X", Err(Stop::Field)),
            ("X ", Err(Stop::Field)),
            ("X\t", Err(Stop::Field)),
            ("X: a\rb", Err(Stop::Field)),
            ("X: a\0", Err(Stop::Field)),
            ("X\rb", Err(Stop::Field)),
            ("\rX", Err(Stop::Field)),
            ("X", Err(Stop::More)),
            ("X: a", Err(Stop::More)),
            ("X: a\r", Err(Stop::More)),
            ("", Err(Stop::More)),
            ("\r", Err(Stop::More)),
        ] {
            let read = field_line(text.as_bytes(), false).map(|line| match line {
                FieldLine::Field {
                    name, value, plain, ..
                } => (&text[name], &text[value], plain),
                FieldLine::End { .. } => panic!("{text:?} ends nothing"),
            });
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn the_empty_line_and_a_repeated_status_line() {
        for text in ["\r\nrest", "\nrest"] {
            let len = text.len() - 4;
            assert_eq!(
                field_line(text.as_bytes(), false),
                Ok(FieldLine::End { len })
            );
        }
        let repeated = b"HTTP/1.1 200 OK\r\nX: y\r\n";
        assert_eq!(field_line(repeated, false), Err(Stop::Field));
        let read = field_line(repeated, true);
        assert!(
            matches!(read, Ok(FieldLine::Field { len: 23, .. })),
            "{read:?}"
        );
    }
}
