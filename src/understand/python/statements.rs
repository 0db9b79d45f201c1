//! Statements of Python: assignments, conditions, imports, functions. What else there is, is passed over.

use super::expression::Cursor;
use super::tokens::Kind;
use super::value::{Is, Value};
use super::{Bound, DEEPEST_CALLS, Machine, Names, calls};

/// Blocks in blocks.
const DEEPEST: usize = 40;
/// So many copied names cost as much as a statement.
const COPIED_PER_STEP: usize = 4;

/// How a run of statements ended.
enum Flow {
    Through,
    /// `return`.
    Back(Value),
}

/// The statements that belong to a header, and what follows them.
struct Suite {
    start: usize,
    end: usize,
    next: usize,
}

impl<'m> Machine<'m> {
    /// Works out the statements between two tokens.
    pub(super) fn run(&mut self, start: usize, end: usize) {
        let _ = self.block(start, end, 0);
    }

    /// A function without arguments: what it returns.
    pub(super) fn function(&mut self, body: usize, depth: usize) -> Value {
        if self.calls >= DEEPEST_CALLS || depth > DEEPEST {
            return Value::unknown("understood-python-deep");
        }
        self.calls += 1;
        let kept = self.names.clone();
        let suite = self.suite(body);
        let flow = self.block(suite.start, suite.end, depth);
        self.names = kept;
        self.calls -= 1;
        match flow {
            Flow::Back(value) => value,
            Flow::Through => Value::of(Is::None),
        }
    }

    pub(super) fn word(&self, at: usize) -> Option<&'m str> {
        match &self.tokens.get(at)?.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_op(&self, at: usize, op: &str) -> bool {
        matches!(self.tokens.get(at).map(|token| &token.kind), Some(Kind::Op(known)) if *known == op)
    }

    fn block(&mut self, start: usize, end: usize, depth: usize) -> Flow {
        let mut at = start;
        while at < end && self.may_go_on() {
            let compound = matches!(
                self.word(at),
                Some(
                    "if" | "for"
                        | "while"
                        | "try"
                        | "with"
                        | "def"
                        | "class"
                        | "async"
                        | "else"
                        | "except"
                        | "finally"
                )
            );
            if !compound {
                let line_end = self.line_end(at).min(end);
                if let flow @ Flow::Back(_) = self.simple(at, line_end) {
                    return flow;
                }
                at = line_end.max(at + 1);
                continue;
            }
            if depth > DEEPEST {
                self.steps = 0;
                return Flow::Through;
            }
            let (next, flow) = self.compound(at, depth);
            if let Flow::Back(_) = flow {
                return flow;
            }
            at = next.max(at + 1);
        }
        Flow::Through
    }

    /// The token after the logical line: its newline, or a change of indentation.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.tokens[at.min(self.tokens.len())..];
        let ends = |kind: &Kind| matches!(kind, Kind::Newline | Kind::Indent | Kind::Dedent);
        let length = rest.iter().position(|token| ends(&token.kind));
        length.map_or(self.tokens.len(), |length| at + length)
    }

    /// The first token behind the colon of a header.
    fn behind_colon(&self, at: usize) -> usize {
        let (mut depth, end) = (0_usize, self.line_end(at));
        for index in at..end {
            match self.tokens[index].kind {
                Kind::Op("(" | "[" | "{") => depth += 1,
                Kind::Op(")" | "]" | "}") => depth = depth.saturating_sub(1),
                Kind::Op(":") if depth == 0 => return index + 1,
                _ => {}
            }
        }
        end
    }

    /// The statements behind a colon: on the same line, or an indented block.
    fn suite(&self, at: usize) -> Suite {
        let kind = |at: usize| self.tokens.get(at).map(|token| &token.kind);
        if kind(at) != Some(&Kind::Newline) || kind(at + 1) != Some(&Kind::Indent) {
            let end = self.line_end(at);
            return Suite {
                start: at,
                end,
                next: end + 1,
            };
        }
        let (mut depth, mut end) = (0_usize, at + 1);
        while let Some(kind) = kind(end) {
            match kind {
                Kind::Indent => depth += 1,
                Kind::Dedent => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            end += 1;
        }
        Suite {
            start: at + 2,
            end,
            next: end + 1,
        }
    }

    fn compound(&mut self, at: usize, depth: usize) -> (usize, Flow) {
        let word = self.word(at).unwrap_or_default();
        if word == "if" {
            return self.conditional(at, depth);
        }
        let suite = self.suite(self.behind_colon(at));
        let flow = match word {
            "def" => {
                self.define(at);
                Flow::Through
            }
            "for" | "while" => self.perhaps(at, &suite, depth),
            "try" | "with" | "else" | "finally" => self.block(suite.start, suite.end, depth + 1),
            // An exception that is caught did not happen; classes and coroutines set nothing.
            _ => Flow::Through,
        };
        (suite.next, flow)
    }

    fn define(&mut self, at: usize) {
        let Some(name) = self.word(at + 1) else {
            return;
        };
        let has_arguments = !(self.is_op(at + 2, "(") && self.is_op(at + 3, ")"));
        let body = self.behind_colon(at);
        self.bind(name, Value::of(Is::Function(body, has_arguments)), at);
    }

    /// A loop: its body may happen.
    fn perhaps(&mut self, at: usize, suite: &Suite, depth: usize) -> Flow {
        let before = self.names.clone();
        let flow = self.block(suite.start, suite.end, depth + 1);
        let line = self.tokens[at].line;
        let after = std::mem::replace(&mut self.names, before.clone());
        self.merge(vec![before, after], line);
        match flow {
            Flow::Back(_) => Flow::Back(undecided(line)),
            Flow::Through => Flow::Through,
        }
    }

    /// `if`, `elif`s and `else`.
    fn conditional(&mut self, at: usize, depth: usize) -> (usize, Flow) {
        let line = self.tokens[at].line;
        let (mut at, mut open, mut back) = (at, true, None);
        let mut ends: Vec<Names> = Vec::new();
        let before = self.names.clone();
        let known = self.under.len();
        loop {
            let is_else = self.word(at) == Some("else");
            let colon = self.behind_colon(at);
            let suite = self.suite(colon);
            let condition = match is_else {
                true => Value::of(Is::Bool(true)),
                false => self.evaluate(at + 1, colon.saturating_sub(1)),
            };
            let truth = condition.truth();
            self.under.extend(condition.facts);
            if open && truth != Some(false) {
                self.names.clone_from(&before);
                let flow = self.block(suite.start, suite.end, depth + 1);
                ends.push(std::mem::take(&mut self.names));
                open = truth.is_none();
                match flow {
                    Flow::Back(value) if ends.len() == 1 && !open => back = Some(value),
                    Flow::Back(_) => back = Some(undecided(line)),
                    Flow::Through => {}
                }
            }
            at = suite.next;
            if is_else || !matches!(self.word(at), Some("elif" | "else")) {
                break;
            }
        }
        if open {
            ends.push(before);
        }
        self.under.truncate(known);
        self.merge(ends, line);
        (at, back.map_or(Flow::Through, Flow::Back))
    }

    /// What several ways through agree on is known, the rest is not.
    fn merge(&mut self, mut ends: Vec<Names>, line: usize) {
        let copied: usize = ends.iter().map(|names| names.len()).sum();
        self.steps = self.steps.saturating_sub(copied / COPIED_PER_STEP);
        let mut merged = ends.pop().unwrap_or_default();
        for other in ends {
            for (name, bound) in &mut merged {
                let same = other
                    .get(name)
                    .is_some_and(|one| one.value.is == bound.value.is);
                if !same {
                    bound.value = undecided(line);
                }
            }
            for (name, bound) in other {
                merged.entry(name).or_insert(Bound {
                    value: undecided(line),
                    line: bound.line,
                });
            }
        }
        self.names = merged;
    }

    fn evaluate(&mut self, start: usize, end: usize) -> Value {
        let tokens = &self.tokens[start.min(end)..end.max(start).min(self.tokens.len())];
        let mut cursor = Cursor {
            machine: self,
            tokens,
            at: 0,
            depth: 0,
        };
        let value = cursor.several();
        let whole = cursor.at >= tokens.len();
        value
            .ok()
            .filter(|_| whole)
            .unwrap_or_else(|| Value::unknown("understood-python-involved"))
    }

    pub(super) fn bind(&mut self, name: &str, value: Value, at: usize) {
        let line = self.tokens[at.min(self.tokens.len() - 1)].line;
        let value = value.with(&self.under);
        self.names.insert(name.to_owned(), Bound { value, line });
    }

    /// Statements of one line, between semicolons.
    fn simple(&mut self, start: usize, end: usize) -> Flow {
        let mut from = start;
        for at in start..=end {
            if at < end && !self.is_op(at, ";") {
                continue;
            }
            if let flow @ Flow::Back(_) = self.one(from, at) {
                return flow;
            }
            from = at + 1;
        }
        Flow::Through
    }

    fn one(&mut self, start: usize, end: usize) -> Flow {
        match self.word(start) {
            _ if start >= end => {}
            Some("return") if start + 1 == end => return Flow::Back(Value::of(Is::None)),
            Some("return") => {
                let value = self.evaluate(start + 1, end);
                return Flow::Back(value.with(&self.under));
            }
            Some("import") => self.import(start + 1, end),
            Some("from") => self.import_from(start + 1, end),
            Some("exec") => self.open.push(self.tokens[start].line),
            _ => self.assignment(start, end),
        }
        Flow::Through
    }

    fn assignment(&mut self, start: usize, end: usize) {
        let mut depth = 0_usize;
        let mut equals = Vec::new();
        for at in start..end {
            match self.tokens[at].kind {
                Kind::Op("(" | "[" | "{") => depth += 1,
                Kind::Op(")" | "]" | "}") => depth = depth.saturating_sub(1),
                Kind::Op("=") if depth == 0 => equals.push(at),
                Kind::Op("+=" | "-=" | "*=" | "/=" | "//=" | "%=") if depth == 0 => {
                    return self.augmented(start, at, end);
                }
                _ => {}
            }
        }
        let Some(last) = equals.last() else { return };
        let value = self.evaluate(last + 1, end);
        let mut from = start;
        for equal in equals {
            self.target(from, equal, &value);
            from = equal + 1;
        }
    }

    fn augmented(&mut self, start: usize, operator: usize, end: usize) {
        let (Some(name), Kind::Op(op)) = (self.word(start), &self.tokens[operator].kind) else {
            return;
        };
        let by = self.evaluate(operator + 1, end);
        let old = self.name(name);
        let value = match operator == start + 1 {
            true => calls::augmented(op, &old, &by),
            false => return,
        };
        self.bind(name, value, start);
    }

    /// One name, with or without a type, or several with commas.
    fn target(&mut self, start: usize, end: usize, value: &Value) {
        let names: Vec<&str> = (start..end).filter_map(|at| self.word(at)).collect();
        let commas = (start..end).filter(|at| self.is_op(*at, ",")).count();
        match (names.as_slice(), commas, &value.is) {
            ([name], _, _) if end == start + 1 => self.bind(name, value.clone(), start),
            ([name, ..], 0, _) if self.is_op(start + 1, ":") => {
                self.bind(name, value.clone(), start);
            }
            (names, 1.., Is::List(all)) if names.len() == all.len() => {
                for (name, one) in names.iter().zip(all) {
                    self.bind(name, one.clone().with(&value.facts), start);
                }
            }
            (names, 1.., _) => {
                for name in names {
                    let unknown = Value::unknown("understood-python-several");
                    self.bind(name, unknown, start);
                }
            }
            _ => {}
        }
    }
}

fn undecided(line: usize) -> Value {
    Value::unknown_of("understood-python-condition", line.to_string())
}
