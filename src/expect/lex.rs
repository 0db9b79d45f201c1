//! Words, quantities and signs of a condition.

use super::ConditionError;
use super::unit::Unit;
use crate::time::Span;
use crate::units::Bytes;

/// A word of a condition and where it begins, in bytes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind {
    /// A metric's path, a variant's name, `and`, `or`.
    Word(String),
    Quantity {
        value: f64,
        unit: Unit,
        text: String,
    },
    Sign(&'static str),
}

/// Longer ones first: `<=` is not `<` and `=`.
const SIGNS: [&str; 13] = [
    "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ":",
];

/// Splits a condition.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, ConditionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, kind) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first.is_alphabetic() || first == '_' || names_a_variant(rest) {
            let length = length_of(rest, |c| c.is_alphanumeric() || "_-.".contains(c));
            (length, Kind::Word(rest[..length].to_owned()))
        } else if first.is_ascii_digit() || first == '.' {
            let length = quantity_length(rest);
            (length, quantity(&rest[..length], at)?)
        } else {
            sign(rest, at)?
        };
        tokens.push(Token { at, kind });
        at += length;
    }
    Ok(tokens)
}

fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// `8-workers:` begins with a digit and is a name all the same.
fn names_a_variant(text: &str) -> bool {
    let length = length_of(text, |c| c.is_alphanumeric() || "_-.".contains(c));
    length > 0 && text[length..].trim_start().starts_with(':')
}

/// `1m30s`, `64KiB`, `5 %`, `1.5`.
fn quantity_length(text: &str) -> usize {
    let length = length_of(text, |c| c.is_alphanumeric() || c == '.');
    let after = &text[length..];
    let spaces = after.len() - after.trim_start().len();
    match after.trim_start().starts_with('%') {
        true => length + spaces + 1,
        false => length,
    }
}

fn quantity(text: &str, at: usize) -> Result<Kind, ConditionError> {
    let read = || -> Result<(f64, Unit), String> {
        if let Some(percent) = text.strip_suffix('%') {
            let number = percent.trim().parse::<f64>();
            return number
                .map(|number| (number / 100.0, Unit::SHARE))
                .map_err(|_| format!("`{text}` is not a percentage; write for example `5 %`"));
        }
        match text.find(|c: char| c.is_alphabetic()) {
            None => (text.parse::<f64>())
                .map(|number| (number, Unit::PLAIN))
                .map_err(|_| format!("`{text}` is not a number")),
            Some(_) if text.ends_with('B') || text.ends_with(['k', 'K', 'M', 'G']) => {
                let bytes = text.parse::<Bytes>()?;
                Ok((bytes.0 as f64, Unit::BYTES))
            }
            Some(_) => Ok((text.parse::<Span>()?.as_secs_f64(), Unit::TIME)),
        }
    };
    read()
        .map(|(value, unit)| Kind::Quantity {
            value,
            unit,
            text: text.to_owned(),
        })
        .map_err(|what| ConditionError {
            at,
            what,
            hint: None,
        })
}

fn sign(text: &str, at: usize) -> Result<(usize, Kind), ConditionError> {
    if let Some(sign) = SIGNS.into_iter().find(|sign| text.starts_with(sign)) {
        return Ok((sign.len(), Kind::Sign(sign)));
    }
    let found = text.chars().next().unwrap_or(' ');
    let hint = match found {
        '=' if text.starts_with("=>") => Some("write `>=`".to_owned()),
        '=' if text.starts_with("=<") => Some("write `<=`".to_owned()),
        '=' => Some("write `==`".to_owned()),
        '&' => Some("write `and`".to_owned()),
        '|' => Some("write `or`".to_owned()),
        '!' => Some("there is no `not`: turn the comparison round".to_owned()),
        _ => None,
    };
    Err(ConditionError {
        at,
        what: format!("`{found}` has no meaning in a condition"),
        hint,
    })
}
