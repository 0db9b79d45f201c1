//! Expectations: conditions on a finished run's summary, and their verdicts.
//!
//! A condition compares numbers: `visitors.latency.p99 > 100 * buffered: visitors.latency.p99`. Operands are metrics, of the
//! baseline or of a variant named before a colon, and quantities with units (`100ms`, `64KiB`, `5 %`, `10`); between them stand
//! `+ - * /`, then `< <= > >= == !=`, then `and`, then `or`, with parentheses. Units are checked when the condition is read:
//! a duration cannot be compared with bytes. A `-` inside a name belongs to the name; as a minus it needs spaces.
//!
//! A verdict is *undecided*, never a guess, where a metric was not measured, a percentile is not supported by its sample, a
//! group made no request, an engine cannot play a variant, the laboratory could not do what the plan says (`Summary::doubts`), or the run was cut short. It is *left out* where it is about a variant that
//! was not asked for.

mod eval;
mod expr;
mod lex;
mod measure;
mod parse;
mod unit;

use std::collections::BTreeSet;

pub use eval::{Speech, judge};
pub use measure::{Measured, measure};
pub use parse::parse;

use expr::{CompareOp, Expr, SumOp};

/// The variant that metrics without a name before them are of.
pub const BASELINE: &str = "baseline";

/// A condition that was read and whose units fit.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    root: Expr,
}

/// Which names a condition uses, to be checked against the scenario.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mentions {
    /// Variants, `baseline` included where it is meant.
    pub variants: BTreeSet<String>,
    /// Client groups.
    pub groups: BTreeSet<String>,
}

/// A condition that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}{}", hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
pub struct ConditionError {
    /// Where, in bytes from the start of the condition.
    pub at: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Condition {
    /// The variants and groups that it names.
    pub fn mentions(&self) -> Mentions {
        let mut mentions = Mentions::default();
        self.root.mentions(&mut mentions);
        mentions
    }
}

#[cfg(test)]
mod tests;
