//! How a fact is written: by its name, which carries its unit.
//!
//! | name ends in | written as |
//! |---|---|
//! | `_us` | a span: `3.01 s` |
//! | `_s` | an instant: `2.1 s` |
//! | `_bytes` | a size: `400 B` |
//! | `_ratio` | a share: `87 %` |
//! | `group`, `probe`, `variant` | a name from the scenario: `` `slow` `` |
//!
//! Any other number is a number, any other text itself. A list is its items, and `NAME_count` their number. What is not known is `none`.

use fluent_bundle::{FluentArgs, FluentValue};
use serde_json::Value;

use super::Language;
use crate::time::Span;
use crate::units::human_bytes;

/// Adds a fact under its name.
pub(super) fn add(arguments: &mut FluentArgs<'_>, language: Language, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        arguments.set(format!("{name}_count"), items.len());
        let singular = name.trim_end_matches('s');
        let items = items.iter().map(|item| text(singular, item)).collect();
        arguments.set(name.to_owned(), list(language, items));
        return;
    }
    arguments.set(name.to_owned(), written(name, value));
}

/// An instant, in seconds since the variant's origin.
pub(super) fn instant(secs: f64) -> FluentValue<'static> {
    format!("{secs:.1} s").into()
}

/// What is not known.
pub(super) const NONE: &str = "none";

/// A truth.
pub(super) fn yes_or_no(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

fn written(name: &str, value: &Value) -> FluentValue<'static> {
    match (value, value.as_f64()) {
        (_, Some(number)) if has_unit(name) => with_unit(name, number).into(),
        (_, Some(number)) => number.into(),
        _ => text(name, value).into(),
    }
}

fn has_unit(name: &str) -> bool {
    ["_us", "_s", "_bytes", "_ratio"]
        .iter()
        .any(|unit| name.ends_with(unit))
}

fn with_unit(name: &str, number: f64) -> String {
    let whole = number.max(0.0).round() as u64;
    match name.rsplit('_').next() {
        Some("us") => Span::from_us(whole).human(),
        Some("bytes") => human_bytes(whole),
        Some("ratio") => format!("{:.0} %", number * 100.0),
        _ => format!("{number:.1} s"),
    }
}

fn text(name: &str, value: &Value) -> String {
    match value {
        Value::Null => NONE.to_owned(),
        Value::Bool(truth) => yes_or_no(*truth).to_owned(),
        Value::String(text) if is_name(name) => format!("`{text}`"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_name(name: &str) -> bool {
    ["group", "probe", "variant"]
        .iter()
        .any(|of| name.ends_with(of))
}

fn list(language: Language, items: Vec<String>) -> String {
    match (language, items.split_last()) {
        (Language::English, Some((last, rest))) if !rest.is_empty() => {
            format!("{} and {last}", rest.join(", "))
        }
        _ => items.join(", "),
    }
}
