//! `Connection`, of which nginx looks for words in whatever they stand.

use super::{Field, Version};
use crate::machine::http::{Header, contains};

/// Whether a client wants to send another request: the last field that says so decides (`ngx_http_process_connection`), else the
/// version (`ngx_http_handler`).
pub fn keeps_alive(headers: &[Header], version: Version) -> bool {
    let said = headers.iter().rev().find_map(|header| {
        if !header.name.eq_ignore_ascii_case("connection") {
            None
        } else if contains(&header.value, b"close") {
            Some(false)
        } else {
            contains(&header.value, b"keep-alive").then_some(true)
        }
    });
    said.unwrap_or(version > Version::One(0))
}

/// Whether an upstream says that it closes (`ngx_http_upstream_process_connection`).
pub fn closes(fields: &[Field<'_>]) -> bool {
    fields.iter().any(|field| {
        field.name.eq_ignore_ascii_case(b"connection") && contains(field.value, b"close")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(values: &[&str]) -> Vec<Header> {
        let field = |value: &&str| Header {
            name: "Connection".to_owned(),
            value: value.as_bytes().to_vec(),
        };
        values.iter().map(field).collect()
    }

    #[test]
    fn the_last_field_that_says_something_decides() {
        for (values, version, keeps) in [
            (&[][..], 1, true),
            (&[], 0, false),
            (&["close"], 1, false),
            (&["x, Keep-Alive"], 0, true),
            (&["keep-alive", "close"], 1, false),
            (&["close", "keep-alive"], 1, true),
            (&["close", "upgrade"], 1, false),
            (&["disclosed"], 1, false),
            (&["keep-alive, close"], 1, false),
        ] {
            let fields = fields(values);
            let version = Version::One(version);
            assert_eq!(keeps_alive(&fields, version), keeps, "{values:?}");
        }
        assert!(!keeps_alive(&[], Version::Simple));
        for (value, closed) in [(&b"enclosed"[..], true), (b"keep-alive", false)] {
            let name = b"Connection";
            assert_eq!(closes(&[Field { name, value }]), closed);
        }
    }
}
