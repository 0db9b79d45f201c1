//! `gunicorn.conf.py` read as the program that it is, and never run: assignments, conditions, arithmetic, the environment, f-strings,
//! functions without arguments.
//!
//! A parser of Python's whole grammar would not be enough: a configuration has to be worked out, not only taken apart. So this is an interpreter of the
//! part that configurations use, in which whatever else there is comes to a value that cannot be told. It needs no C compiler (tree-sitter) and
//! no dependency, bounds its own work, and says at which line it gave up. Where a condition cannot be told, what its branches agree on is known.

mod calls;
mod expression;
mod imports;
mod machine;
mod statements;
mod texts;
mod tokens;
mod value;

use std::collections::BTreeMap;

use super::environment::Environment;
use super::known::Text;
use super::said::Said;
use tokens::{Token, tokens};
use value::{Is, Value};

/// Statements and expressions of one file: a configuration takes some hundred.
const MOST_STEPS: usize = 100_000;
/// Functions that call each other.
const DEEPEST_CALLS: usize = 8;

/// What a file sets.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Settings {
    /// By name: what it comes to, and the line that says so.
    pub(super) values: BTreeMap<String, (Text, usize)>,
    /// Lines that may set anything: `from base import *`.
    pub(super) open: Vec<usize>,
}

/// A name's value and the line that gave it.
#[derive(Clone, PartialEq, Debug)]
struct Bound {
    value: Value,
    line: usize,
}

type Names = BTreeMap<String, Bound>;

/// A file that is being worked out.
struct Machine<'m> {
    tokens: &'m [Token],
    environment: &'m Environment,
    names: Names,
    steps: usize,
    calls: usize,
    /// What the conditions around took to be told.
    under: Vec<Said>,
    open: Vec<usize>,
}

/// What a file sets, worked out.
pub(super) fn read(text: &str, environment: &Environment) -> Settings {
    let tokens = tokens(text);
    let mut machine = Machine::new(&tokens, environment);
    machine.run(0, tokens.len());
    if machine.steps == 0 {
        machine.open.push(0);
    }
    let values = machine.names.into_iter();
    let values = values.filter(|(_, bound)| !matches!(bound.value.is, Is::Named(_)));
    Settings {
        values: values
            .map(|(name, bound)| (name, (listed(&bound.value), bound.line)))
            .collect(),
        open: machine.open,
    }
}

/// One expression, as in a shell's `$(( … ))`.
pub(super) fn evaluate(text: &str, environment: &Environment) -> Text {
    let tokens = tokens(text.trim());
    let mut machine = Machine::new(&[], environment);
    let value = expression::Cursor {
        machine: &mut machine,
        tokens: &tokens,
        at: 0,
        depth: 0,
    }
    .expression();
    value.map_or_else(
        |()| Text::unknown("understood-python-involved"),
        |value| value.text(),
    )
}

/// A list's elements in lines of their own: only `bind` may be one.
fn listed(value: &Value) -> Text {
    let Is::List(all) = &value.is else {
        return value.text();
    };
    let mut text = Text::default();
    for (index, one) in all.iter().enumerate() {
        if index > 0 {
            text.push(&Text::plain("\n"));
        }
        text.push(&one.text());
    }
    text.learn(&value.facts);
    text
}

#[cfg(test)]
mod tests;
