//! A file that is being worked out: its names, and how much work is left to it.

use super::tokens::Token;
use super::value::Value;
use super::{MOST_STEPS, Machine, Names};
use crate::understand::environment::Environment;

impl<'m> Machine<'m> {
    pub(super) fn new(tokens: &'m [Token], environment: &'m Environment) -> Machine<'m> {
        Machine {
            tokens,
            environment,
            names: Names::new(),
            steps: MOST_STEPS,
            calls: 0,
            under: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(super) fn may_go_on(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0
    }

    pub(super) fn name(&self, name: &str) -> Value {
        match self.names.get(name) {
            Some(bound) => bound.value.clone(),
            None => Value::named(name),
        }
    }
}
