//! What words come to: variables with their defaults, `$(nproc)`, sums.

use std::collections::BTreeMap;

use super::words::{Part, Token, split};
use crate::understand::environment::Environment;
use crate::understand::known::{Place, Text};
use crate::understand::python;
use crate::understand::said::Said;

/// Defaults in defaults.
const DEEPEST: usize = 8;
/// Longer words are no options.
const LONGEST: usize = 4096;
/// What counts CPUs.
const CPU_COUNTS: [&str; 5] = [
    "nproc",
    "nproc --all",
    "getconf _NPROCESSORS_ONLN",
    "grep -c processor /proc/cpuinfo",
    "grep -c ^processor /proc/cpuinfo",
];

/// Variables of a script, over those of its environment.
#[derive(Clone)]
pub(super) struct Variables<'e> {
    environment: &'e Environment,
    at: &'e Place,
    own: BTreeMap<String, Text>,
}

impl<'e> Variables<'e> {
    pub(super) fn new(environment: &'e Environment, at: &'e Place) -> Variables<'e> {
        Variables {
            environment,
            at,
            own: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Text> {
        let own = self.own.get(name).cloned();
        own.or_else(|| self.environment.get(name))
    }

    /// Those that are the script's own.
    pub(super) fn of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<(String, Text)> {
        let own = |name: &str| Some((name.to_owned(), self.own.get(name)?.clone()));
        names.into_iter().filter_map(own).collect()
    }

    /// Under a condition only where nothing else is known.
    pub(super) fn assign(&mut self, name: &str, value: Text, perhaps: bool) {
        if perhaps && self.get(name).is_some() {
            return;
        }
        self.own.insert(name.to_owned(), value);
    }

    /// A word as the fields that a shell makes of it.
    pub(super) fn fields(&mut self, parts: &[Part], depth: usize) -> Vec<Text> {
        let mut fields: Vec<Text> = Vec::new();
        let mut open = false;
        for part in parts {
            let text = self.part(part, depth);
            let splits = match part {
                Part::Text(_) | Part::Variable(_, true) => false,
                Part::Variable(_, false) | Part::Command(_) | Part::Sum(_) => {
                    text.unknown.is_none() && text.text.contains(char::is_whitespace)
                }
            };
            let empty = text.text.is_empty() && text.unknown.is_none();
            if empty && !matches!(part, Part::Text(_) | Part::Variable(_, true)) {
                continue;
            }
            let pieces: Vec<Text> = match splits {
                false => vec![text],
                true => text
                    .text
                    .split_whitespace()
                    .map(|piece| Text {
                        text: piece.to_owned(),
                        ..text.clone()
                    })
                    .collect(),
            };
            for (index, piece) in pieces.iter().enumerate() {
                match fields.last_mut().filter(|_| open && index == 0) {
                    Some(last) if last.text.len() < LONGEST => last.push(piece),
                    Some(_) => {}
                    None => fields.push(piece.clone()),
                }
                open = true;
            }
        }
        fields
    }

    /// A word as one text.
    pub(super) fn joined(&mut self, parts: &[Part], depth: usize) -> Text {
        let mut whole = Text::default();
        for part in parts {
            let text = self.part(part, depth);
            if whole.text.len() < LONGEST {
                whole.push(&text);
            }
        }
        whole
    }

    fn part(&mut self, part: &Part, depth: usize) -> Text {
        if depth > DEEPEST {
            return Text::unknown("understood-shell-deep");
        }
        match part {
            Part::Text(text) => Text::plain(text.clone()),
            Part::Variable(inner, _) => self.variable(inner, depth),
            Part::Command(inner) => self.command(inner, depth),
            Part::Sum(inner) => self.sum(inner, depth),
        }
    }

    fn command(&mut self, inner: &str, depth: usize) -> Text {
        let plain = inner.split_whitespace().collect::<Vec<_>>().join(" ");
        if CPU_COUNTS.contains(&plain.as_str()) {
            return self.environment.cpu_count();
        }
        if let Some(value) = plain.strip_prefix("echo ") {
            return self.text(value, depth);
        }
        if let Some(sum) = plain.strip_prefix("expr ") {
            return self.sum(&sum.replace("\\*", "*"), depth);
        }
        Text::unknown("understood-shell-output")
    }

    fn sum(&mut self, inner: &str, depth: usize) -> Text {
        let filled = self.text(inner, depth);
        if filled.unknown.is_some() {
            return filled;
        }
        let mut names = Text::default();
        let mut text = String::new();
        let mut chars = filled.text.chars().peekable();
        while let Some(c) = chars.next() {
            if !c.is_ascii_alphabetic() && c != '_' {
                text.push(c);
                continue;
            }
            let mut name = c.to_string();
            while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                name.push(c);
            }
            let value = self
                .get(&name)
                .unwrap_or_else(|| self.environment.ask(&name));
            if value.unknown.is_some() {
                return value;
            }
            text.push_str(&value.text);
            names.learn(&value.facts);
        }
        // A shell divides whole numbers.
        let mut sum = python::evaluate(&text.replace('/', "//"), self.environment);
        sum.learn(&filled.facts);
        sum.learn(&names.facts);
        sum
    }

    /// A text with variables in it, as in a default.
    fn text(&mut self, text: &str, depth: usize) -> Text {
        let mut whole = Text::default();
        for (index, (token, _)) in split(text).into_iter().enumerate() {
            let part = match token {
                Token::Word(parts) => self.joined(&parts, depth + 1),
                _ => continue,
            };
            if index > 0 {
                whole.push(&Text::plain(" "));
            }
            whole.push(&part);
        }
        whole
    }

    /// `NAME`, `NAME:-default` and what else stands in `${ }`.
    fn variable(&mut self, inner: &str, depth: usize) -> Text {
        if matches!(inner, "@" | "*") || inner.starts_with(|c: char| c.is_ascii_digit()) {
            return self.arguments(inner, depth);
        }
        let end = inner
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        if name.is_empty() {
            return Text::unknown("understood-shell-own");
        }
        let value = self.get(name);
        let colon = rest.strip_prefix(':');
        // `:-` takes the default for an empty value, too.
        let set = value
            .filter(|value| colon.is_none() || !value.text.is_empty() || value.unknown.is_some());
        let rest = colon.unwrap_or(rest);
        let (operator, word) = match rest.chars().next() {
            Some(c @ ('-' | '=' | '+' | '?')) => (c, &rest[1..]),
            Some(_) => ('/', rest),
            None => (' ', rest),
        };
        match (operator, set) {
            ('+', Some(_)) => self.text(word, depth),
            ('+', None) => Text::default(),
            (' ' | '-' | '=' | '?', Some(value)) => value,
            ('-' | '=', None) => {
                let mut text = self.text(word, depth);
                text.learn(&[self.environment.unset(name)]);
                if operator == '=' {
                    self.own.insert(name.to_owned(), text.clone());
                }
                text
            }
            (_, None) => self.environment.ask(name),
            (_, Some(_)) => Text::unknown("understood-shell-apart"),
        }
    }

    /// What the script itself is called with: unknown, and usually nothing.
    fn arguments(&mut self, inner: &str, depth: usize) -> Text {
        let default = inner.split_once(":-").or_else(|| inner.split_once('-'));
        match default {
            Some((_, word)) => {
                let mut text = self.text(word, depth);
                text.learn(&[Said::of("understood-shell-no-arguments")]);
                text
            }
            None if matches!(inner, "@" | "*") => Text::default(),
            None => {
                let why = Said::of("understood-shell-argument")
                    .with("name", format!("${inner}"))
                    .with("at", self.at);
                Text::asked(why, "")
            }
        }
    }
}
