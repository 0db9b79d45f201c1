//! Imports: which names stand for which modules, or for what is in them.

use super::Machine;
use super::value::Value;

impl Machine<'_> {
    /// `a.b as c, d`.
    pub(super) fn import(&mut self, start: usize, end: usize) {
        let mut at = start;
        while let Some(first) = self.word(at).filter(|_| at < end) {
            let (path, next) = self.dotted(at);
            at = next;
            if self.word(at) == Some("as") {
                if let Some(name) = self.word(at + 1) {
                    self.bind(name, Value::named(path), at);
                }
                at += 2;
            } else {
                self.bind(first, Value::named(first), at);
            }
            at += 1;
        }
    }

    /// `module import a as b, c`, with or without brackets.
    pub(super) fn import_from(&mut self, start: usize, end: usize) {
        let (module, mut at) = self.dotted(start);
        while at < end && self.word(at) != Some("import") {
            at += 1;
        }
        at += 1;
        if self.is_op(at, "*") {
            self.open.push(self.tokens[start].line);
        }
        while at < end {
            let Some(name) = self.word(at) else {
                at += 1;
                continue;
            };
            let path = Value::named(format!("{module}.{name}"));
            let bound = match (self.word(at + 1), self.word(at + 2)) {
                (Some("as"), Some(other)) => {
                    at += 2;
                    other
                }
                _ => name,
            };
            self.bind(bound, path, at);
            at += 1;
        }
    }

    fn dotted(&self, start: usize) -> (String, usize) {
        let mut path = self.word(start).unwrap_or_default().to_owned();
        let mut at = start + 1;
        while self.is_op(at, ".") {
            path.push('.');
            path.push_str(self.word(at + 1).unwrap_or_default());
            at += 2;
        }
        (path, at)
    }
}
