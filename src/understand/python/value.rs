//! What a Python expression comes to, as far as that can be told without running anything.

use super::super::known::Text;
use super::super::said::Said;

/// Longer strings and lists are no settings.
const LONGEST: usize = 4096;

/// A value and what it took to know it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Value {
    pub(super) is: Is,
    /// As in [`Text::facts`].
    pub(super) facts: Vec<Said>,
}

/// The kinds of values.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Is {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Value>),
    /// A module, or something of one: `os.environ`.
    Named(String),
    /// A function of the file: the first token of its body, and whether it takes arguments.
    Function(usize, bool),
    /// Why it cannot be told, and the flag that would answer it.
    Unknown(Said, Said),
}

impl Value {
    pub(super) fn of(is: Is) -> Value {
        let is = match is {
            Is::Str(text) if text.len() > LONGEST => too_long(),
            Is::List(all) if all.len() > LONGEST / 16 => too_long(),
            is => is,
        };
        Value {
            is,
            facts: Vec::new(),
        }
    }

    /// By the message that says why.
    pub(super) fn unknown(why: &'static str) -> Value {
        Value::asked(Said::of(why), Said::default())
    }

    /// The same of something: `int()`.
    pub(super) fn unknown_of(why: &'static str, what: String) -> Value {
        Value::asked(Said::of(why).with("what", what), Said::default())
    }

    /// Something that a flag would answer.
    pub(super) fn asked(why: Said, hint: Said) -> Value {
        Value::of(Is::Unknown(why, hint))
    }

    pub(super) fn named(path: impl Into<String>) -> Value {
        Value::of(Is::Named(path.into()))
    }

    /// Adds what it took.
    pub(super) fn with(mut self, facts: &[Said]) -> Value {
        let mut text = Text {
            facts: self.facts,
            ..Text::default()
        };
        text.learn(facts);
        self.facts = text.facts;
        self
    }

    /// What Python calls true; `None` if that cannot be told.
    pub(super) fn truth(&self) -> Option<bool> {
        Some(match &self.is {
            Is::None => false,
            Is::Bool(is) => *is,
            Is::Int(n) => *n != 0,
            Is::Float(x) => *x != 0.0,
            Is::Str(text) => !text.is_empty(),
            Is::List(all) => !all.is_empty(),
            Is::Function(..) => true,
            Is::Named(_) | Is::Unknown(..) => return None,
        })
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self.is {
            Is::Int(n) => Some(n as f64),
            Is::Float(x) => Some(x),
            Is::Bool(is) => Some(f64::from(is)),
            _ => None,
        }
    }

    /// As `str()` writes it.
    pub(super) fn shown(&self) -> Option<String> {
        Some(match &self.is {
            Is::None => "None".to_owned(),
            Is::Bool(true) => "True".to_owned(),
            Is::Bool(false) => "False".to_owned(),
            Is::Int(n) => n.to_string(),
            Is::Float(x) if x.fract() == 0.0 => format!("{x:.1}"),
            Is::Float(x) => x.to_string(),
            Is::Str(text) => text.clone(),
            _ => return None,
        })
    }

    /// As a setting's text.
    pub(super) fn text(&self) -> Text {
        let mut text = match (&self.is, self.shown()) {
            (_, Some(shown)) => Text::plain(shown),
            (Is::Unknown(why, hint), _) => Text::asked(why.clone(), hint.clone()),
            _ => Text::unknown("understood-python-not-plain"),
        };
        text.facts.clone_from(&self.facts);
        text
    }

    /// The first of two that is unknown, as the result of what needs both.
    pub(super) fn either_unknown(&self, other: &Value) -> Option<Value> {
        let unknown = |value: &Value| matches!(value.is, Is::Unknown(..));
        let first = [self, other].into_iter().find(|value| unknown(value))?;
        Some(first.clone().with(&other.facts))
    }
}

fn too_long() -> Is {
    Is::Unknown(Said::of("understood-python-long"), Said::default())
}

/// Arithmetic. Not here: bits, matrices.
pub(super) fn binary(operator: &str, left: &Value, right: &Value) -> Value {
    if let Some(unknown) = left.either_unknown(right) {
        return unknown;
    }
    let is = match (operator, &left.is, &right.is) {
        ("+", Is::Str(a), Is::Str(b)) => Some(Is::Str(format!("{a}{b}"))),
        ("+", Is::List(a), Is::List(b)) => Some(Is::List([a.clone(), b.clone()].concat())),
        ("%", Is::Str(format), _) => formatted(format, right),
        _ => whole(operator, &left.is, &right.is).or_else(|| real(operator, left, right)),
    };
    let value = is.map_or_else(
        || Value::unknown_of("understood-python-unfit", format!("`{operator}`")),
        Value::of,
    );
    value.with(&left.facts).with(&right.facts)
}

fn whole(operator: &str, left: &Is, right: &Is) -> Option<Is> {
    let int = |is: &Is| match is {
        Is::Int(n) => Some(*n),
        Is::Bool(is) => Some(i64::from(*is)),
        _ => None,
    };
    let (a, b) = (int(left)?, int(right)?);
    let n = match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "//" if b > 0 => a.checked_div_euclid(b),
        "%" if b > 0 => a.checked_rem_euclid(b),
        "**" => a.checked_pow(u32::try_from(b).ok()?),
        "<<" if (0..32).contains(&b) => a.checked_mul(1 << b),
        ">>" if (0..63).contains(&b) => Some(a >> b),
        "&" => Some(a & b),
        "|" => Some(a | b),
        _ => None,
    };
    n.map(Is::Int)
}

fn real(operator: &str, left: &Value, right: &Value) -> Option<Is> {
    let (a, b) = (left.number()?, right.number()?);
    let x = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" if b != 0.0 => a / b,
        "//" if b != 0.0 => (a / b).floor(),
        "%" if b != 0.0 => a - b * (a / b).floor(),
        "**" => a.powf(b),
        _ => return None,
    };
    x.is_finite().then_some(Is::Float(x))
}

/// `"%s:%d" % (host, port)`.
fn formatted(format: &str, right: &Value) -> Option<Is> {
    let args = match &right.is {
        Is::List(all) => all.clone(),
        _ => vec![right.clone()],
    };
    let mut args = args.into_iter();
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            's' | 'd' | 'i' => out.push_str(&args.next()?.shown()?),
            '%' => out.push('%'),
            _ => return None,
        }
    }
    Some(Is::Str(out))
}

/// A comparison; `None` if it cannot be told.
pub(super) fn compare(operator: &str, left: &Value, right: &Value) -> Option<bool> {
    if left.either_unknown(right).is_some() {
        return None;
    }
    let equal = match (left.number(), right.number()) {
        (Some(a), Some(b)) => a == b,
        _ => left.is == right.is,
    };
    match operator {
        "==" | "is" => return Some(equal),
        "!=" | "is not" => return Some(!equal),
        "in" | "not in" => {
            let within = match (&left.is, &right.is) {
                (_, Is::List(all)) => all.iter().any(|one| one.is == left.is),
                (Is::Str(part), Is::Str(all)) => all.contains(part.as_str()),
                _ => return None,
            };
            return Some(within == (operator == "in"));
        }
        _ => {}
    }
    let order = match (&left.is, &right.is) {
        (Is::Str(a), Is::Str(b)) => a.cmp(b),
        _ => left.number()?.partial_cmp(&right.number()?)?,
    };
    match operator {
        "<" => Some(order.is_lt()),
        "<=" => Some(order.is_le()),
        ">" => Some(order.is_gt()),
        ">=" => Some(order.is_ge()),
        _ => None,
    }
}
