//! What an application takes for the path of a request's target.

use super::find;

/// `split_request_uri` and `unquote_to_wsgi_str`: of an absolute target the path alone. `None` where `urlsplit` raises.
pub(super) fn wsgi_path(target: &str) -> Option<String> {
    let path = match target.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => path_behind(rest)?,
        // gunicorn takes `//x` for a path.
        _ => target,
    };
    Some(unquoted(without_query(path)))
}

/// Whether the target has a form that goes with the method (RFC 9112, section 3.2), as WSGI and asgi see to.
pub(super) fn has_form(method: &[u8], target: &[u8]) -> bool {
    match target {
        b"*" => method == b"OPTIONS",
        _ => method == b"CONNECT" || target.starts_with(b"/") || find(target, b"://").is_some(),
    }
}

/// The path of asgi and uvicorn: all that is before the question mark, whatever it is.
pub(super) fn asgi_path(target: &str) -> String {
    unquoted(target.split('?').next().unwrap_or_default())
}

fn is_scheme(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
    begins
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'))
}

fn path_behind(rest: &str) -> Option<&str> {
    let Some(rest) = rest.strip_prefix("//") else {
        return Some(rest);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    (host.contains('[') == host.contains(']')).then_some(path)
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// With its percent signs decoded; what is no UTF-8 then is replaced.
fn unquoted(path: &str) -> String {
    if !path.contains('%') {
        return path.to_owned();
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let digit = |index: usize| char::from(*behind.get(index)?).to_digit(16);
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &behind[2..];
            }
            _ => {
                out.push(*byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (target, wsgi, asgi) in [
            ("/a?b#c", Some("/a"), "/a"),
            ("/a#c", Some("/a"), "/a#c"),
            ("/a%20b%2", Some("/a b%2"), "/a b%2"),
            ("http://h/a?b", Some("/a"), "http://h/a"),
            ("http://h", Some(""), "http://h"),
            ("http://[h/a", None, "http://[h/a"),
            ("//h/a", Some("//h/a"), "//h/a"),
            ("*", Some("*"), "*"),
        ] {
            assert_eq!(wsgi_path(target).as_deref(), wsgi, "{target}");
            assert_eq!(asgi_path(target), asgi, "{target}");
        }
    }
}
