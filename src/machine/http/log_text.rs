//! Text of a client in a log, as nginx writes it (`ngx_http_log_escape`, `escape=default`): bytes below a space, above `~`, quotes and
//! backslashes are `\xNN`, so that nobody outside can end a field or a line.

use std::fmt;

/// Bytes of a client, to be written into a log.
pub struct LogText<'a>(pub &'a [u8]);

impl fmt::Display for LogText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plain = 0;
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\') {
                continue;
            }
            write_plain(f, &self.0[plain..index])?;
            write!(f, "\\x{byte:02X}")?;
            plain = index + 1;
        }
        write_plain(f, &self.0[plain..])
    }
}

fn write_plain(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str(std::str::from_utf8(bytes).unwrap_or_default()) // printable ASCII
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_field_is_written_in_hex() {
        let cases: [(&[u8], &str); 5] = [
            (b"curl/8.5 (x)", "curl/8.5 (x)"),
            (b"a\" 200 0 \"b", "a\\x22 200 0 \\x22b"),
            (b"back\\slash\n", "back\\x5Cslash\\x0A"),
            ("é".as_bytes(), "\\xC3\\xA9"),
            (b"", ""),
        ];
        for (bytes, text) in cases {
            assert_eq!(LogText(bytes).to_string(), text);
        }
    }
}
