//! `ngx_http_validate_host`.

/// Whether the text can be a host, with or without a port.
pub fn is_host(text: &[u8]) -> bool {
    let (mut dot, mut end, mut rest) = (None, text.len(), Rest::Usual);
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'.' if index > 0 && dot == Some(index - 1) => return false,
            b'.' => dot = Some(index),
            b':' if rest == Rest::Usual => (end, rest) = (index, Rest::Port),
            b'[' if index == 0 => rest = Rest::Literal,
            b']' if rest == Rest::Literal => (end, rest) = (index + 1, Rest::Port),
            b'/' | 0..=b' ' | 0x7f => return false,
            _ => {}
        }
    }
    let dotted = end > 0 && dot == Some(end - 1);
    end > usize::from(dotted)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    Usual,
    Literal,
    Port,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (text, valid) in [
            ("a.test", true),
            ("a.test:80", true),
            ("a.test.", true),
            ("a.test.:80", true),
            ("[::1]:80", true),
            ("A_b!", true),
            ("a:b:c", true),
            ("", false),
            (".", false),
            (":80", false),
            ("a..b", false),
            ("a/b", false),
            ("a b", false),
            ("a\x7f", false),
            ("a\tb", false),
            ("한", true),
        ] {
            assert_eq!(is_host(text.as_bytes()), valid, "{text:?}");
        }
    }
}
