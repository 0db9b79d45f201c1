//! The parts of a condition.

use super::Mentions;
use super::unit::Unit;
use crate::metrics::Metric;

/// A part of a condition.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Expr {
    Quantity {
        value: f64,
        unit: Unit,
        text: String,
    },
    Metric {
        variant: String,
        metric: Metric,
    },
    Sum {
        op: SumOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Compare {
        op: CompareOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Both(Box<Expr>, Box<Expr>),
    Either(Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SumOp {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CompareOp {
    Less,
    LessEq,
    Greater,
    GreaterEq,
    Equal,
    NotEqual,
}

impl Expr {
    /// Adds the names that it uses.
    pub(super) fn mentions(&self, into: &mut Mentions) {
        match self {
            Expr::Quantity { .. } => {}
            Expr::Metric { variant, metric } => {
                into.variants.insert(variant.clone());
                into.groups.extend(metric.names_group().map(str::to_owned));
            }
            Expr::Sum { left, right, .. }
            | Expr::Compare { left, right, .. }
            | Expr::Both(left, right)
            | Expr::Either(left, right) => {
                left.mentions(into);
                right.mentions(into);
            }
        }
    }
}
