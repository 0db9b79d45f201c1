//! What serde met on the way from the tree to Rust types, in the words of a diagnostic.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::diagnostics::{Diagnostic, did_you_mean, listed};
use super::tree::{Node, Step};

/// What serde met.
#[derive(Debug)]
pub(super) enum Problem {
    UnknownKey(String, &'static [&'static str]),
    UnknownName(String, &'static [&'static str]),
    MissingKey(&'static str),
    NotOne(usize, &'static [&'static str]),
    /// So many things stand where something else was expected.
    Length(usize, String),
    Wrong(String),
}

/// A mistake and the path to it (innermost step first, while it travels outwards).
#[derive(Debug)]
pub(super) struct ReadError {
    problem: Problem,
    pub(super) path: Vec<Step>,
}

impl ReadError {
    pub(super) fn new(problem: Problem) -> ReadError {
        ReadError {
            problem,
            path: Vec::new(),
        }
    }

    pub(super) fn under(mut self, step: Step) -> ReadError {
        self.path.push(step);
        self
    }

    /// Whether this is only said because what stood at `lost` was taken out: the table lacks that key, or a key that it was a
    /// misspelling of.
    pub(super) fn follows(&self, lost: &[Step]) -> bool {
        let Some((Step::Key(lost), table)) = lost.split_last() else {
            return false;
        };
        table == self.path
            && match self.problem {
                Problem::MissingKey(key) => key == lost || did_you_mean(lost, [key]).is_some(),
                Problem::NotOne(0, _) | Problem::Length(0, _) => true,
                _ => false,
            }
    }

    pub(super) fn diagnostic(&self, tree: &Node) -> Diagnostic {
        let name = shown(tree, &self.path);
        match &self.problem {
            Problem::UnknownKey(key, known) => {
                let place = tree.key_place_of(&self.path);
                Diagnostic::error(place, format!("unknown key `{key}`"))
                    .label("not a key of this section")
                    .hint(
                        did_you_mean(key, known.iter().copied())
                            .unwrap_or_else(|| format!("known here: {}", listed_or_none(known))),
                    )
            }
            Problem::UnknownName(found, known) => {
                // A name that stands as a value is marked there, one that stands as a key at the key.
                let text = tree.at(&self.path).filter(|node| node.as_text().is_some());
                let place = text.map_or_else(|| tree.key_place_of(&self.path), |node| node.place);
                Diagnostic::error(place, format!("unknown name `{found}`"))
                    .label("not one of the known names")
                    .hint(match did_you_mean(found, known.iter().copied()) {
                        Some(guess) => format!("{guess} (known: {})", listed_or_none(known)),
                        None => format!("known here: {}", listed_or_none(known)),
                    })
            }
            Problem::MissingKey(key) => {
                let section = if name.is_empty() { "the file" } else { &name };
                Diagnostic::error(tree.place_of(&self.path), format!("missing key `{key}`"))
                    .label(format!("`{key}` is required in {section}"))
            }
            Problem::NotOne(count, known) => Diagnostic::error(
                tree.place_of(&self.path),
                format!(
                    "`{name}` must be exactly one of {}",
                    listed(known.iter().copied())
                ),
            )
            .label(format!("{count} are given here"))
            .hint(format!(
                "write for example `{name}.{} = {{ ... }}`",
                known.first().copied().unwrap_or_default()
            )),
            Problem::Length(count, expected) => Diagnostic::error(
                tree.place_of(&self.path),
                format!("`{name}` must be {expected}"),
            )
            .label(format!("{count} are given here")),
            Problem::Wrong(message) => {
                Diagnostic::error(tree.place_of(&self.path), format!("`{name}`: {message}"))
                    .label("this value")
            }
        }
    }
}

fn listed_or_none(known: &[&str]) -> String {
    listed(known.iter().copied())
}

/// A path as the file would write it: `backend.app./report`. Items of lists go by their `name`, or by number from 1.
fn shown(tree: &Node, path: &[Step]) -> String {
    let word = |(depth, step): (usize, &Step)| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => tree
            .at(&path[..=depth])
            .and_then(|item| item.get("name")?.as_text())
            .map_or_else(|| (index + 1).to_string(), str::to_string),
    };
    let words: Vec<String> = path.iter().enumerate().map(word).collect();
    words.join(".")
}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> ReadError {
        ReadError::new(Problem::Wrong(message.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> ReadError {
        let found = match unexpected {
            Unexpected::Str(text) => format!("the string {text:?}"),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Signed(number) => format!("the number {number}"),
            Unexpected::Float(number) => format!("the number {number}"),
            Unexpected::Map => "a table".to_string(),
            Unexpected::Seq => "a list".to_string(),
            other => other.to_string(),
        };
        let expected = match expected.to_string() {
            name if name == "u32" || name == "u64" => "a whole number, not negative".to_string(),
            name if name == "a boolean" => "`true` or `false`".to_string(),
            name if name.starts_with("struct ") => "a table".to_string(),
            name => name,
        };
        ReadError::custom(format!("expected {expected}, found {found}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> ReadError {
        ReadError::invalid_type(unexpected, expected)
    }

    fn invalid_length(len: usize, expected: &dyn Expected) -> ReadError {
        ReadError::new(Problem::Length(len, expected.to_string()))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> ReadError {
        ReadError::new(Problem::UnknownKey(field.to_string(), expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> ReadError {
        ReadError::new(Problem::UnknownName(variant.to_string(), expected))
    }

    fn missing_field(field: &'static str) -> ReadError {
        ReadError::new(Problem::MissingKey(field))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl std::error::Error for ReadError {}
