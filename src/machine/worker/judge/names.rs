//! What names and values may be made of (RFC 9110, section 5), as gunicorn's regular expressions have it.

/// `TOKEN_RE`.
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(is_token_byte)
}

fn is_token_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

/// `METHOD_BADCHAR_RE` and the length that goes with it: methods as they are registered.
pub(super) fn is_method(text: &[u8]) -> bool {
    let unusual = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'#';
    (3..=20).contains(&text.len()) && !text.iter().any(unusual) && is_token(text)
}

/// The contrary of `RFC9112_TARGET_INVALID`.
pub(super) fn is_target(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

/// The contrary of `RFC9110_5_5_INVALID_AND_DANGEROUS`.
pub(super) fn is_value(text: &[u8]) -> bool {
    let dangerous = |byte: &u8| matches!(byte, 0..=0x08 | 0x0a..=0x1f | 0x7f);
    !text.iter().any(dangerous)
}

/// `RFC9110_6_5_1_FORBIDDEN_TRAILER`.
pub(super) fn is_forbidden_in_trailers(name: &[u8]) -> bool {
    const FORBIDDEN: [&str; 6] = [
        "host",
        "content-length",
        "transfer-encoding",
        "trailer",
        "authorization",
        "te",
    ];
    let mut forbidden = FORBIDDEN.iter();
    forbidden.any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

/// `RFC9110_5_3_SINGLETON_FIELDS`, as an index.
pub(super) fn singleton(name: &[u8]) -> Option<usize> {
    let mut names = ["host", "content-type"].iter();
    names.position(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

/// `CHUNK_EXT_RE`: everything from the first semicolon of a chunk's first line.
pub(super) fn is_chunk_extension(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = super::trim_start(rest);
        let Some(behind) = rest.strip_prefix(b";") else {
            // Blanks belong to what comes behind them.
            return rest.is_empty() && !text.last().is_some_and(super::is_blank);
        };
        let Some(behind) = without_token(super::trim_start(behind)) else {
            return false;
        };
        rest = behind;
        if let Some(value) = super::trim_start(rest).strip_prefix(b"=") {
            let value = super::trim_start(value);
            match without_token(value).or_else(|| without_quotes(value)) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
    }
}

fn without_token(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().position(|byte| !is_token_byte(byte));
    let len = len.unwrap_or(text.len());
    (len > 0).then(|| &text[len..])
}

fn without_quotes(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        let (byte, behind) = rest.split_first()?;
        rest = match byte {
            b'"' => return Some(behind),
            b'\\' => {
                let (quoted, behind) = behind.split_first()?;
                matches!(quoted, b'\t' | b' '..=b'~' | 0x80..).then_some(behind)?
            }
            b'\t' | b' '..=b'~' | 0x80.. => behind,
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_chunks() {
        for (text, valid) in [
            (";a", true),
            (";a=b", true),
            (" ; a = b ; c", true),
            (";a=\"b;c\"", true),
            (";a=\"b\\\"c\"", true),
            (";", false),
            (";a=", false),
            (";a ", false),
            (";a=\"b", false),
            (";a b", false),
            (";a=b\x01", false),
        ] {
            assert_eq!(is_chunk_extension(text.as_bytes()), valid, "{text}");
        }
    }
}
