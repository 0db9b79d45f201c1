//! Start scripts: which commands they contain, with their variables filled in as far as that can be told. Nothing is run.
//!
//! Conditions are not decided: what stands in one may happen, and an assignment there counts as a variable's value only where there is no other.

use std::collections::BTreeSet;

use super::expand::Variables;
use super::words::{Part, Token, split};
use crate::understand::environment::Environment;
use crate::understand::known::{Place, Text};
use crate::understand::said::Said;

/// A command of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::understand) struct Command {
    pub(in crate::understand) words: Vec<Text>,
    pub(in crate::understand) at: Place,
    /// Whether a condition decides if it is run.
    pub(in crate::understand) conditional: bool,
    /// Variables that the script has set for it.
    pub(in crate::understand) exported: Vec<(String, Text)>,
}

/// What gunicorn itself reads of the environment: of these it is taken that a script that sets them exports them.
const READ_BY_GUNICORN: [&str; 3] = ["GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "PORT"];
/// Words that begin a part of a script that may not happen, and that end it.
const OPENING: [&str; 5] = ["if", "while", "until", "for", "case"];
const CLOSING: [&str; 3] = ["fi", "done", "esac"];
/// Words before a command.
const BEFORE: [&str; 8] = ["then", "do", "else", "elif", "{", "}", "!", "time"];
/// Words that assign.
const ASSIGNING: [&str; 5] = ["export", "readonly", "local", "declare", "typeset"];

/// The commands of a script, or of one line.
pub(in crate::understand) fn commands(
    text: &str,
    at: &Place,
    environment: &Environment,
) -> Vec<Command> {
    let mut script = Script {
        variables: Variables::new(environment, at),
        exported: BTreeSet::new(),
        exports_all: false,
        depth: 0,
        out: Vec::new(),
        at,
    };
    let tokens = split(text);
    let mut from = 0;
    for (index, (token, _)) in tokens.iter().enumerate() {
        if *token == Token::End {
            script.command(&tokens[from..index]);
            from = index + 1;
        }
    }
    script.out
}

/// The words of a line that no shell reads: quotes count, `$` is a character like others unless `variables`.
pub(in crate::understand) fn plain_words(
    text: &str,
    at: &Place,
    environment: &Environment,
    variables: bool,
) -> Vec<Text> {
    let mut known = Variables::new(environment, at);
    let mut out = Vec::new();
    for (token, _) in split(text) {
        let Token::Word(parts) = token else { continue };
        match variables {
            true => out.extend(known.fields(&parts, 0)),
            false => out.push(Text::plain(as_written(&parts))),
        }
    }
    out
}

fn as_written(parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Variable(name, _) => out.push_str(&format!("${{{name}}}")),
            Part::Command(inner) => out.push_str(&format!("$({inner})")),
            Part::Sum(inner) => out.push_str(&format!("$(({inner}))")),
        }
    }
    out
}

struct Script<'e> {
    variables: Variables<'e>,
    /// Names of variables that its commands see.
    exported: BTreeSet<String>,
    /// `set -a`: they see whatever is assigned.
    exports_all: bool,
    /// Conditions and loops around.
    depth: usize,
    out: Vec<Command>,
    at: &'e Place,
}

impl Script<'_> {
    fn command(&mut self, tokens: &[(Token, usize)]) {
        let mut words: Vec<(&[Part], usize)> = Vec::new();
        let mut redirected = false;
        for (token, line) in tokens {
            match token {
                Token::Word(_) if redirected => redirected = false,
                Token::Word(parts) => words.push((parts, *line)),
                Token::Redirect => redirected = true,
                Token::End => {}
            }
        }
        while let Some(word) = words.first().map(|(parts, _)| as_written(parts)) {
            if OPENING.contains(&word.as_str()) {
                self.depth += 1;
            } else if CLOSING.contains(&word.as_str()) {
                self.depth = self.depth.saturating_sub(1);
            } else if !BEFORE.contains(&word.as_str()) {
                break;
            }
            words.remove(0);
        }
        let first = words.first().map(|(parts, _)| as_written(parts));
        let first = first.unwrap_or_default();
        let assigning = ASSIGNING.contains(&first.as_str());
        if assigning {
            words.remove(0);
        }
        let mut assigned = Vec::new();
        let kept = self.variables.clone();
        while let Some(((name, value), line)) = words
            .first()
            .and_then(|(parts, line)| Some((assignment(parts)?, *line)))
        {
            let mut value = self.variables.joined(&value, 0);
            if self.depth > 0 {
                let fact = Said::of("understood-shell-conditional").with("line", line.to_string());
                value.learn(&[fact]);
            }
            self.variables.assign(&name, value, self.depth > 0);
            assigned.push(name);
            words.remove(0);
        }
        if first == "export" {
            assigned.extend(words.iter().map(|(parts, _)| as_written(parts)));
            self.exported.extend(assigned);
            return;
        }
        let Some((_, line)) = words.first().copied().filter(|_| !assigning) else {
            if self.exports_all {
                self.exported.extend(assigned);
            }
            return;
        };
        let mut texts = Vec::new();
        for (parts, _) in &words {
            texts.extend(self.variables.fields(parts, 0));
        }
        self.out.push(Command {
            words: texts,
            at: self.at.on(self.at.line.max(1) + line - 1),
            conditional: self.depth > 0,
            exported: self.seen_by(&assigned),
        });
        match self.out.last().map(|last| last.words.as_slice()) {
            Some([set, flag]) if set.text == "set" && flag.text == "-a" => self.exports_all = true,
            Some([set, flag]) if set.text == "set" && flag.text == "+a" => self.exports_all = false,
            _ => {}
        }
        // `: ${X:=4}` keeps what it set; an assignment before a command is the command's own.
        if !self.out.last().is_some_and(|last| is_colon(&last.words)) {
            self.variables = kept;
        }
    }

    /// What a command sees of the script's own variables, those assigned before it among them.
    fn seen_by(&self, assigned: &[String]) -> Vec<(String, Text)> {
        let mut names: BTreeSet<&str> = READ_BY_GUNICORN.into();
        names.extend(self.exported.iter().map(String::as_str));
        names.extend(assigned.iter().map(String::as_str));
        self.variables.of(names)
    }
}

fn is_colon(words: &[Text]) -> bool {
    words.first().is_some_and(|word| word.text == ":")
}

/// `NAME=value` as its parts.
fn assignment(parts: &[Part]) -> Option<(String, Vec<Part>)> {
    let Part::Text(first) = parts.first()? else {
        return None;
    };
    let (name, rest) = first.split_once('=')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty()
        || !name.chars().all(is_name)
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let mut value = vec![Part::Text(rest.to_owned())];
    value.extend(parts[1..].iter().cloned());
    Some((name.to_owned(), value))
}
