//! f-strings: the text with its `{expressions}` worked out. Formats behind a colon are left out of account only where they change nothing.

use super::expression::Cursor;
use super::tokens::tokens;
use super::value::{Is, Value, binary};

/// Works out an f-string's contents.
pub(super) fn formatted(around: &mut Cursor<'_, '_>, text: &str) -> Result<Value, ()> {
    let mut whole = Value::of(Is::Str(String::new()));
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(open);
        whole = binary("+", &whole, &Value::of(Is::Str(before.to_owned())));
        if let Some(doubled) = ["{{", "}}"].into_iter().find(|two| after.starts_with(two)) {
            whole = binary("+", &whole, &Value::of(Is::Str(doubled[..1].to_owned())));
            rest = &after[2..];
            continue;
        }
        let close = closing(after).ok_or(())?;
        let value = expression(around, &after[1..close])?;
        whole = binary("+", &whole, &shown(&value));
        rest = &after[close + 1..];
    }
    Ok(binary("+", &whole, &Value::of(Is::Str(rest.to_owned()))))
}

/// Where the bracket closes that a text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn expression(around: &mut Cursor<'_, '_>, text: &str) -> Result<Value, ()> {
    let tokens = tokens(text);
    let mut inner = Cursor {
        machine: &mut *around.machine,
        tokens: &tokens,
        at: 0,
        depth: around.depth + 1,
    };
    let start = tokens
        .iter()
        .position(|token| token.kind != super::tokens::Kind::Indent);
    inner.at = start.unwrap_or(0);
    let value = inner.expression()?;
    match inner.op() {
        Some(":" | "=") => Ok(Value::unknown("understood-python-format")),
        _ => Ok(value),
    }
}

/// A value as text, with what it took.
pub(super) fn shown(value: &Value) -> Value {
    match value.shown() {
        Some(text) => Value::of(Is::Str(text)).with(&value.facts),
        None if matches!(value.is, Is::Unknown(..)) => value.clone(),
        None => Value::unknown("understood-python-not-plain"),
    }
}
