//! The same by hand: a pipeline of the tools that every system has.

use super::{Asked, Field};

/// What a shell is told for the same answer. A month is turned into a number before times are compared: `28/May` does not come before `02/Jun` in the
/// order of letters. `LC_ALL=C` makes sort compare bytes, which is also several times as quick.
pub fn pipeline(asked: &Asked, file: &str, top: usize) -> String {
    let mut conditions = Vec::new();
    let mut functions = String::new();
    if asked.since.is_some() || asked.until.is_some() {
        functions.push_str(concat!(
            "function when(s) { m = (index(\"JanFebMarAprMayJunJulAugSepOctNovDec\", substr(s, 5, 3)) + 2) / 3; ",
            "return substr(s, 9, 4) sprintf(\"%02d\", m) substr(s, 2, 2) substr(s, 14, 2) substr(s, 17, 2) substr(s, 20, 2) } ",
        ));
    }
    if let Some(since) = asked.since {
        conditions.push(format!("when($4) >= \"{}\"", since.digits()));
    }
    if let Some(until) = asked.until {
        conditions.push(format!("when($4) < \"{}\"", until.digits()));
    }
    if let Some(uri) = &asked.exclude {
        let uri = String::from_utf8_lossy(uri);
        let uri = uri
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\'', "'\\''");
        conditions.push(format!("u != \"{uri}\""));
    }
    let field = match asked.by {
        Field::Address => "$1",
        Field::Uri => "u",
        Field::Status => "$9",
    };
    let needs_uri = asked.exclude.is_some() || asked.by == Field::Uri;
    let uri = match needs_uri {
        true => "u = $7; sub(/[?].*/, \"\", u); ",
        false => "",
    };
    let test = match conditions.is_empty() {
        true => String::new(),
        false => format!("if ({}) ", conditions.join(" && ")),
    };
    format!(
        "LC_ALL=C awk '{functions}{{ {uri}{test}print {field} }}' {} | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2 | head -n {top}",
        quoted(file)
    )
}

/// A word for a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weblog::Moment;

    #[test]
    fn a_pipeline_asks_for_what_is_asked() {
        let plain = Asked {
            by: Field::Address,
            since: None,
            until: None,
            exclude: None,
            most_keys: 1,
        };
        assert_eq!(
            pipeline(&plain, "access.log", 3),
            "LC_ALL=C awk '{ print $1 }' access.log | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2 | head -n 3"
        );
        let all = Asked {
            by: Field::Uri,
            since: Moment::of_words("2026-05-28"),
            exclude: Some(b"/it's".to_vec()),
            ..plain
        };
        let text = pipeline(&all, "my log", 3);
        assert!(text.contains("when($4) >= \"20260528000000\""), "{text}");
        assert!(
            text.contains("u != \"/it'\\''s\"") && text.contains("'my log'"),
            "{text}"
        );
    }
}
