//! Judging: values out of the summary, verdicts, and what was measured, in the words of whoever asks.

use std::collections::BTreeMap;

use super::unit::Unit;
use super::{CompareOp, Condition, Expr, SumOp, parse};
use crate::metrics::{self, Metric};
use crate::plan::Expectation;
use crate::record::summary::{Judgement, Summary, VariantSummary, Verdict};

/// How reasons are said: the message `judged-…` of a catalogue, with its arguments by name.
pub type Speech<'a> = &'a dyn Fn(&str, &[(&str, &str)]) -> String;

/// A run, and the language in which it is talked of.
#[derive(Clone, Copy)]
struct Run<'a> {
    summary: &'a Summary,
    say: Speech<'a>,
}

/// Judges every expectation on a run. One that cannot be read is undecided, with the reason; one about a variant that nobody asked for
/// is left out. Of `unplayable` variants, which were asked for and could not be had, it stays undecided, for the reason that stands with each.
pub fn judge(
    expectations: &[Expectation],
    summary: &Summary,
    unplayable: &BTreeMap<&str, &str>,
    say: Speech<'_>,
) -> Vec<Judgement> {
    let run = Run { summary, say };
    let judged = expectations.iter();
    judged
        .map(|expectation| judge_one(expectation, run, unplayable))
        .collect()
}

fn judge_one(
    expectation: &Expectation,
    run: Run<'_>,
    unplayable: &BTreeMap<&str, &str>,
) -> Judgement {
    let (verdict, measured) = match parse(&expectation.that) {
        Ok(condition) => match condition.judge(run) {
            (Verdict::Undecided, text) if condition.was_not_asked(run.summary, unplayable) => {
                (Verdict::LeftOut, text)
            }
            (Verdict::Undecided, text) if !run.summary.partial => {
                let why = condition.could_not_be_had(unplayable);
                let why = why.map(|why| why.lines().next().unwrap_or(why).to_owned());
                condition.doubted((Verdict::Undecided, why.unwrap_or(text)), run)
            }
            judged => condition.doubted(judged, run),
        },
        Err(error) => (Verdict::Undecided, error.what),
    };
    Judgement {
        claim: expectation.claim.clone(),
        that: expectation.that.clone(),
        verdict,
        measured,
    }
}

impl Condition {
    /// A verdict on a variant that the laboratory could not play as planned is none: neither held nor failed.
    fn doubted(&self, judged: (Verdict, String), run: Run<'_>) -> (Verdict, String) {
        let mentioned = self.mentions().variants;
        let mut doubts = run.summary.doubts.iter();
        match doubts.find(|doubt| mentioned.contains(&doubt.variant)) {
            None => judged,
            Some(doubt) => {
                let (variant, why, text) = (&doubt.variant, &doubt.text, &judged.1);
                let arguments = [("variant", &**variant), ("why", why), ("text", text)];
                (Verdict::Undecided, (run.say)("judged-doubted", &arguments))
            }
        }
    }

    /// Whether it names a variant that a complete run has not, by choice.
    fn was_not_asked(&self, summary: &Summary, unplayable: &BTreeMap<&str, &str>) -> bool {
        let was_run = |name: &str| summary.variants.iter().any(|variant| variant.name == name);
        let mentioned = self.mentions().variants;
        let mut missing = mentioned.iter().filter(|name| !was_run(name));
        !summary.partial && missing.any(|name| !unplayable.contains_key(name.as_str()))
    }

    /// Why a variant that it names could not be had.
    fn could_not_be_had<'a>(&self, unplayable: &BTreeMap<&str, &'a str>) -> Option<&'a str> {
        let mentioned = self.mentions().variants;
        let mut why = mentioned
            .iter()
            .filter_map(|name| unplayable.get(name.as_str()));
        why.next().copied()
    }

    fn judge(&self, run: Run<'_>) -> (Verdict, String) {
        let (truth, text) = self.root.truth(run);
        match truth {
            _ if run.summary.partial => (
                Verdict::Undecided,
                (run.say)("judged-cut-short", &[("text", &text)]),
            ),
            Some(true) => (Verdict::Held, text),
            Some(false) => (Verdict::Failed, text),
            None => (Verdict::Undecided, text),
        }
    }
}

impl Expr {
    /// True, false or unknown, and why. Unknown does not spoil what the other side decides alone.
    fn truth(&self, run: Run<'_>) -> (Option<bool>, String) {
        let joined = |message, left: &str, right: &str| {
            (run.say)(message, &[("left", left), ("right", right)])
        };
        match self {
            Expr::Both(left, right) => {
                let (left, right) = (left.truth(run), right.truth(run));
                let truth = match (left.0, right.0) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                (truth, joined("judged-both", &left.1, &right.1))
            }
            Expr::Either(left, right) => {
                let (left, right) = (left.truth(run), right.truth(run));
                let truth = match (left.0, right.0) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                (truth, joined("judged-either", &left.1, &right.1))
            }
            Expr::Compare { op, left, right } => compare(*op, (left, right), run),
            Expr::Quantity { .. } | Expr::Metric { .. } | Expr::Sum { .. } => {
                (None, (run.say)("judged-number", &[]))
            }
        }
    }

    /// The value, or why there is none.
    fn value(&self, run: Run<'_>) -> Result<f64, String> {
        match self {
            Expr::Quantity { value, .. } => Ok(*value),
            Expr::Metric { variant, metric } => {
                let mut variants = run.summary.variants.iter();
                let found = variants.find(|known| known.name == *variant);
                let found =
                    found.ok_or_else(|| (run.say)("judged-not-run", &[("variant", variant)]))?;
                value_of(metric, found, run.say).map_err(|why| format!("{variant}: {why}"))
            }
            Expr::Sum { op, left, right } => {
                let (left, right) = (left.value(run)?, right.value(run)?);
                match op {
                    SumOp::Add => Ok(left + right),
                    SumOp::Sub => Ok(left - right),
                    SumOp::Mul => Ok(left * right),
                    SumOp::Div if right == 0.0 => Err((run.say)("judged-by-zero", &[])),
                    SumOp::Div => Ok(left / right),
                }
            }
            Expr::Compare { .. } | Expr::Both(..) | Expr::Either(..) => {
                Err((run.say)("judged-condition", &[]))
            }
        }
    }

    fn unit(&self) -> Unit {
        match self {
            Expr::Quantity { unit, .. } => *unit,
            Expr::Metric { metric, .. } => Unit::of(metric.unit()),
            Expr::Sum { op, left, right } => match op {
                SumOp::Add | SumOp::Sub => left.unit().plus(right.unit()),
                SumOp::Mul => left.unit().times(right.unit()),
                SumOp::Div => left.unit().over(right.unit()),
            },
            Expr::Compare { .. } | Expr::Both(..) | Expr::Either(..) => Unit::PLAIN,
        }
    }

    /// The value for people, beside another one: of a share, a plain number is told as a share too.
    fn beside(&self, other: &Expr, value: f64, run: Run<'_>) -> String {
        match self {
            Expr::Quantity { .. } if other.unit() == Unit::SHARE => Unit::SHARE.human(value),
            _ => self.shown(value, run),
        }
    }

    /// The value for people; an arithmetic one with the values that it was made of.
    fn shown(&self, value: f64, run: Run<'_>) -> String {
        match self {
            Expr::Quantity { text, .. } if self.unit() == Unit::PLAIN => text.clone(),
            Expr::Sum { .. } => {
                format!("{} = {}", self.formula(run), self.unit().human(value))
            }
            _ => self.unit().human(value),
        }
    }

    fn formula(&self, run: Run<'_>) -> String {
        match self {
            Expr::Sum { op, left, right } => {
                let sign = match op {
                    SumOp::Add => "+",
                    SumOp::Sub => "-",
                    SumOp::Mul => "*",
                    SumOp::Div => "/",
                };
                let side = |side: &Expr| match (op, side) {
                    (SumOp::Mul | SumOp::Div, Expr::Sum { .. }) => {
                        format!("({})", side.formula(run))
                    }
                    _ => side.formula(run),
                };
                format!("{} {sign} {}", side(left), side(right))
            }
            _ => self
                .value(run)
                .map_or_else(|why| why, |value| self.shown(value, run)),
        }
    }
}

/// In seconds, bytes or a plain number. Of a group that made no request nothing is known but that.
pub(super) fn value_of(
    metric: &Metric,
    variant: &VariantSummary,
    say: Speech<'_>,
) -> Result<f64, String> {
    let mut groups = variant.groups.iter();
    let group = groups.find(|group| Some(group.name.as_str()) == metric.group());
    let silent = group.filter(|group| group.requests == 0 && metric.name() != "requests");
    if let Some(group) = silent {
        return Err(say("judged-no-request", &[("group", &group.name)]));
    }
    let value = metric.value(variant).map_err(|absent| {
        let arguments = absent.arguments.iter();
        let arguments: Vec<(&str, &str)> = arguments.map(|(name, text)| (*name, &**text)).collect();
        say(absent.message, &arguments)
    })?;
    Ok(match metric.unit() {
        metrics::Unit::Micros => value / 1e6,
        _ => value,
    })
}

fn compare(op: CompareOp, (left, right): (&Expr, &Expr), run: Run<'_>) -> (Option<bool>, String) {
    let (a, b) = match (left.value(run), right.value(run)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(why), Err(other)) if why != other => return (None, format!("{why}; {other}")),
        (Err(why), _) | (_, Err(why)) => return (None, why),
    };
    let holds = match op {
        CompareOp::Less => a < b,
        CompareOp::LessEq => a <= b,
        CompareOp::Greater => a > b,
        CompareOp::GreaterEq => a >= b,
        CompareOp::Equal => a == b,
        CompareOp::NotEqual => a != b,
    };
    let sign = match op {
        CompareOp::Less => "<",
        CompareOp::LessEq => "<=",
        CompareOp::Greater => ">",
        CompareOp::GreaterEq => ">=",
        CompareOp::Equal => "==",
        CompareOp::NotEqual => "!=",
    };
    let (left, right) = (left.beside(right, a, run), right.beside(left, b, run));
    let text = match holds {
        true => format!("{left} {sign} {right}"),
        false => {
            let arguments = [("left", &*left), ("sign", sign), ("right", &right)];
            (run.say)("judged-not", &arguments)
        }
    };
    (Some(holds), text)
}
