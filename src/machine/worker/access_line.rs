//! A line of the access log as gunicorn writes it.

use super::Access;

impl Access {
    /// gunicorn's default format and `%(L)s` behind it. `host` is empty on a Unix socket; `date` is as in `28/May/2026:13:55:36 +0000`.
    pub fn line(&self, host: &str, date: &str) -> String {
        let field = |value: &Option<String>| quoted(value.as_deref().unwrap_or("-"));
        format!(
            "{host} - - [{date}] \"{}\" {} {} \"{}\" \"{}\" {:.6}\n",
            quoted(&self.request_line),
            self.status,
            self.bytes,
            field(&self.referer),
            field(&self.agent),
            self.elapsed.as_secs_f64()
        )
    }
}

/// A client's text must not start lines of its own.
fn quoted(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '"' => vec!['\\', '"'],
            c if c.is_control() => c.escape_default().collect(),
            c => vec![c],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn a_client_cannot_forge_a_line() {
        assert_eq!(quoted("a\"b\r\nc"), "a\\\"b\\r\\nc");
        let access = Access {
            request_line: "GET / HTTP/1.1".to_owned(),
            status: 200,
            bytes: 12,
            elapsed: Span::from_ms(5),
            referer: None,
            agent: Some("x\ny".to_owned()),
        };
        assert_eq!(
            access.line("127.0.0.1", "28/May/2026:13:55:36 +0000"),
            "127.0.0.1 - - [28/May/2026:13:55:36 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"x\\ny\" 0.005000\n"
        );
    }
}
