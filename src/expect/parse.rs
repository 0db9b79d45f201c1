//! From text to a condition: precedence climbing, with units checked on the way.

use super::lex::{Kind, Token, lex};
use super::unit::Unit;
use super::{BASELINE, CompareOp, Condition, ConditionError, Expr, SumOp};
use crate::metrics::Metric;

/// Parentheses deeper than this are refused rather than overflow the stack.
const MOST_NESTED: usize = 64;
/// Longer conditions are refused for the same reason.
const MOST_WORDS: usize = 1000;

/// Reads a condition.
///
/// # Errors
/// A word that means nothing, an unknown metric, units that do not fit, or no comparison at all.
pub fn parse(text: &str) -> Result<Condition, ConditionError> {
    let tokens = lex(text)?;
    if let Some(token) = tokens.get(MOST_WORDS) {
        return Err(error(token.at, "the condition is too long", None));
    }
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        end: text.len(),
        nested: 0,
    };
    let (at, root) = (0, parser.either()?);
    if let Some(token) = parser.peek() {
        let at = token.at;
        let hint = matches!(
            token.kind,
            Kind::Sign("<" | "<=" | ">" | ">=" | "==" | "!=")
        )
        .then(|| "compare two values at a time and join the comparisons with `and`".to_owned());
        return Err(error(at, "the condition could have ended here", hint));
    }
    match root {
        Typed::Truth(root) => Ok(Condition { root }),
        Typed::Number(..) => Err(error(
            at,
            "this is a number, not a condition",
            Some("compare it with something, such as `> 10` or `< 100ms`".to_owned()),
        )),
    }
}

fn error(at: usize, what: impl Into<String>, hint: Option<String>) -> ConditionError {
    ConditionError {
        at,
        what: what.into(),
        hint,
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    end: usize,
    nested: usize,
}

/// A part whose kind is known.
enum Typed {
    Number(Expr, Unit),
    Truth(Expr),
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    /// Takes the next token if it is one of these signs.
    fn sign(&mut self, wanted: &[&'static str]) -> Option<&'static str> {
        match self.peek()?.kind {
            Kind::Sign(sign) if wanted.contains(&sign) => {
                self.next += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    /// Takes the next token if it is this word.
    fn word(&mut self, wanted: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token { kind: Kind::Word(word), .. }) if word == wanted);
        self.next += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Typed, ConditionError> {
        let at = self.at();
        let mut left = self.both()?;
        while self.word("or") {
            let right_at = self.at();
            let right = self.both()?.truth(right_at)?;
            left = Typed::Truth(Expr::Either(Box::new(left.truth(at)?), Box::new(right)));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Typed, ConditionError> {
        let at = self.at();
        let mut left = self.comparison()?;
        while self.word("and") {
            let right_at = self.at();
            let right = self.comparison()?.truth(right_at)?;
            left = Typed::Truth(Expr::Both(Box::new(left.truth(at)?), Box::new(right)));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Typed, ConditionError> {
        let at = self.at();
        let left = self.sum()?;
        let sign_at = self.at();
        let op = match self.sign(&["<", "<=", ">", ">=", "==", "!="]) {
            None => return Ok(left),
            Some("<") => CompareOp::Less,
            Some("<=") => CompareOp::LessEq,
            Some(">") => CompareOp::Greater,
            Some(">=") => CompareOp::GreaterEq,
            Some("==") => CompareOp::Equal,
            Some(_) => CompareOp::NotEqual,
        };
        let (left, left_unit) = left.number(at)?;
        let right_at = self.at();
        let (right, right_unit) = self.sum()?.number(right_at)?;
        // Nothing is nothing in every unit.
        if !is_zero(&left) && !is_zero(&right) {
            fit(sign_at, "compared with", left_unit, right_unit)?;
        }
        Ok(Typed::Truth(Expr::Compare {
            op,
            left: Box::new(left),
            right: Box::new(right),
        }))
    }

    fn sum(&mut self) -> Result<Typed, ConditionError> {
        let at = self.at();
        let mut left = self.product()?;
        loop {
            let sign_at = self.at();
            let op = match self.sign(&["+", "-"]) {
                None => return Ok(left),
                Some("+") => SumOp::Add,
                Some(_) => SumOp::Sub,
            };
            let (left_expr, left_unit) = left.number(at)?;
            let right_at = self.at();
            let (right, right_unit) = self.product()?.number(right_at)?;
            fit(sign_at, "added to", left_unit, right_unit)?;
            left = joined(op, left_expr, right, left_unit.plus(right_unit));
        }
    }

    fn product(&mut self) -> Result<Typed, ConditionError> {
        let at = self.at();
        let mut left = self.operand()?;
        loop {
            let op = match self.sign(&["*", "/"]) {
                None => return Ok(left),
                Some("*") => SumOp::Mul,
                Some(_) => SumOp::Div,
            };
            let (left_expr, left_unit) = left.number(at)?;
            let right_at = self.at();
            let (right, right_unit) = self.operand()?.number(right_at)?;
            let unit = match op {
                SumOp::Div => left_unit.over(right_unit),
                _ => left_unit.times(right_unit),
            };
            left = joined(op, left_expr, right, unit);
        }
    }

    fn operand(&mut self) -> Result<Typed, ConditionError> {
        let at = self.at();
        let Some(token) = self.peek().cloned() else {
            return Err(error(
                at,
                "the condition ends where a value should stand",
                None,
            ));
        };
        self.next += 1;
        match token.kind {
            Kind::Quantity { value, unit, text } => {
                Ok(Typed::Number(Expr::Quantity { value, unit, text }, unit))
            }
            Kind::Word(word) if word == "and" || word == "or" => Err(error(
                at,
                format!("`{word}` stands where a value should stand"),
                None,
            )),
            Kind::Word(word) => match self.sign(&[":"]) {
                Some(_) => self.metric_of(word),
                None => metric(BASELINE.to_owned(), &word, at),
            },
            Kind::Sign("(") => self.parenthesis(at),
            Kind::Sign(sign) => Err(error(
                at,
                format!("`{sign}` stands where a value should stand"),
                None,
            )),
        }
    }

    fn metric_of(&mut self, variant: String) -> Result<Typed, ConditionError> {
        let at = self.at();
        match self.peek().map(|token| token.kind.clone()) {
            Some(Kind::Word(path)) => {
                self.next += 1;
                metric(variant, &path, at)
            }
            _ => Err(error(
                at,
                format!("after `{variant}:` a metric of that variant should stand"),
                Some(format!("such as `{variant}: visitors.requests`")),
            )),
        }
    }

    fn parenthesis(&mut self, at: usize) -> Result<Typed, ConditionError> {
        self.nested += 1;
        if self.nested > MOST_NESTED {
            return Err(error(at, "the parentheses are nested too deeply", None));
        }
        let inside = self.either()?;
        self.nested -= 1;
        match self.sign(&[")"]) {
            Some(_) => Ok(inside),
            None => Err(error(self.at(), "a `)` is missing", None)),
        }
    }
}

impl Typed {
    fn number(self, at: usize) -> Result<(Expr, Unit), ConditionError> {
        match self {
            Typed::Number(expr, unit) => Ok((expr, unit)),
            Typed::Truth(_) => {
                let hint = "compare two values at a time and join the comparisons with `and`";
                Err(error(
                    at,
                    "a comparison stands where a value should stand",
                    Some(hint.to_owned()),
                ))
            }
        }
    }

    fn truth(self, at: usize) -> Result<Expr, ConditionError> {
        match self {
            Typed::Truth(expr) => Ok(expr),
            Typed::Number(..) => {
                let hint = "compare it with something, such as `> 10` or `< 100ms`";
                Err(error(
                    at,
                    "a number stands where a comparison should stand",
                    Some(hint.to_owned()),
                ))
            }
        }
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Quantity { value, unit, .. } if *value == 0.0 && *unit == Unit::PLAIN)
}

fn joined(op: SumOp, left: Expr, right: Expr, unit: Unit) -> Typed {
    let expr = Expr::Sum {
        op,
        left: Box::new(left),
        right: Box::new(right),
    };
    Typed::Number(expr, unit)
}

fn metric(variant: String, path: &str, at: usize) -> Result<Typed, ConditionError> {
    let metric =
        Metric::parse(path).map_err(|unknown| error(at, unknown.what, Some(unknown.hint)))?;
    let unit = Unit::of(metric.unit());
    Ok(Typed::Number(Expr::Metric { variant, metric }, unit))
}

fn fit(at: usize, verb: &str, left: Unit, right: Unit) -> Result<(), ConditionError> {
    if left.fits(right) {
        return Ok(());
    }
    let hint = match left.fits(Unit::TIME) || right.fits(Unit::TIME) {
        true => "give durations a unit, such as `100ms`",
        false => "give sizes a unit, such as `64KiB`",
    };
    Err(error(
        at,
        format!("{left} is {verb} {right}"),
        Some(hint.to_owned()),
    ))
}
