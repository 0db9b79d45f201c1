//! Python's `repr`, in which gunicorn quotes what is wrong with a request.

use std::fmt::Write as _;

/// `'%r' % text.decode("latin-1")`.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let quote = quote_of(text);
    out.push(quote);
    for byte in text {
        match char::from(*byte) {
            printable @ '\u{a1}'..='\u{ff}' if printable != '\u{ad}' => out.push(printable),
            other => push_ascii(&mut out, other, quote),
        }
    }
    out.push(quote);
    out
}

/// `'%r' % text`, of bytes.
pub(super) fn quoted_bytes(text: &[u8]) -> String {
    let quote = quote_of(text);
    let mut out = format!("b{quote}");
    for byte in text {
        push_ascii(&mut out, char::from(*byte), quote);
    }
    out.push(quote);
    out
}

/// Double quotes only where they save escapes.
fn quote_of(text: &[u8]) -> char {
    match text.contains(&b'\'') && !text.contains(&b'"') {
        true => '"',
        false => '\'',
    }
}

fn push_ascii(out: &mut String, char: char, quote: char) {
    match char {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        _ if char == quote => out.extend(['\\', char]),
        ' '..='~' => out.push(char),
        _ => {
            let _ = write!(out, "\\x{:02x}", u32::from(char));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_python_does() {
        for (text, expected) in [
            (&b"plain"[..], "'plain'"),
            (b"it's", "\"it's\""),
            (b"it's \"x\"", "'it\\'s \"x\"'"),
            (b"a\\b\r\n\t\x00\x7f", "'a\\\\b\\r\\n\\t\\x00\\x7f'"),
            (b"\xff\xa0\xad\xe9", "'\u{ff}\\xa0\\xad\u{e9}'"),
        ] {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(quoted_bytes(b"x\xff'"), "b\"x\\xff'\"");
    }
}
