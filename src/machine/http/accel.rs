//! nginx's orders from the application: `X-Accel-...`, and what else of a response stays at the proxy.

use super::Header;

/// The field by which an application overrules `proxy_buffering`.
pub const ACCEL_BUFFERING: &str = "x-accel-buffering";

/// Fields that nginx does not pass on (`ngx_http_proxy_hide_headers`), beside those that it writes itself.
const HIDDEN: [&str; 6] = [
    "x-pad",
    "x-accel-expires",
    "x-accel-redirect",
    "x-accel-limit-rate",
    ACCEL_BUFFERING,
    "x-accel-charset",
];

/// Whether a field of a response stays at the proxy.
pub fn is_hidden(name: &[u8]) -> bool {
    HIDDEN
        .iter()
        .any(|hidden| name.eq_ignore_ascii_case(hidden.as_bytes()))
}

/// `X-Accel-Buffering: yes` or `no`, by which the application overrules `proxy_buffering`; any other word leaves it alone
/// (`ngx_http_upstream_process_buffering`).
pub fn accel_buffering(headers: &[Header]) -> Option<bool> {
    let mut fields = headers.iter();
    let field = fields.rfind(|field| field.name.eq_ignore_ascii_case(ACCEL_BUFFERING))?;
    buffering_order(&field.value)
}

/// What a field of that name orders.
pub fn buffering_order(value: &[u8]) -> Option<bool> {
    let value = value.trim_ascii();
    if value.eq_ignore_ascii_case(b"yes") {
        Some(true)
    } else if value.eq_ignore_ascii_case(b"no") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::http::parse_response;

    #[test]
    fn yes_and_no_in_any_case() {
        for (value, expected) in [("no", Some(false)), ("YES", Some(true)), ("off", None)] {
            let text = format!("HTTP/1.1 200 OK\r\nx-accel-buffering: {value}\r\n\r\n");
            let head = parse_response(text.as_bytes()).unwrap().unwrap();
            assert_eq!(accel_buffering(&head.headers), expected, "{value}");
        }
        assert!(is_hidden(b"X-Accel-Buffering") && !is_hidden(b"X-Accel"));
    }
}
