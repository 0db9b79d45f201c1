//! Expressions of Python: parsed and worked out in one pass, so that nothing can be nested too deeply to be dropped.
//!
//! Both arms of `a if c else b` are worked out; nothing has an effect, so that is harmless. Comprehensions, lambdas and
//! calls of what is not known here come to a value that cannot be told.

use super::tokens::{Kind, Token};
use super::value::{Is, Value, binary, compare};
use super::{Machine, calls, texts};

/// Brackets in brackets: deeper than anybody writes.
const DEEPEST: usize = 40;

/// Arguments of a call.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) plain: Vec<Value>,
    pub(super) named: Vec<(String, Value)>,
}

impl Arguments {
    /// One by its place or its name.
    pub(super) fn at(&self, place: usize, name: &str) -> Option<&Value> {
        let named = self.named.iter().find(|(known, _)| known == name);
        self.plain
            .get(place)
            .or_else(|| named.map(|(_, value)| value))
    }
}

/// A place within the tokens of one expression.
pub(super) struct Cursor<'a, 'm> {
    pub(super) machine: &'a mut Machine<'m>,
    pub(super) tokens: &'a [Token],
    pub(super) at: usize,
    pub(super) depth: usize,
}

/// What stands where an expression should.
type Odd = ();

/// Binary operators by how tightly they bind, loosest first.
const LEVELS: [&[&str]; 6] = [
    &["|"],
    &["^"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "//", "%", "@"],
];

impl<'m> Cursor<'_, 'm> {
    pub(super) fn op(&self) -> Option<&'static str> {
        match self.tokens.get(self.at)?.kind {
            Kind::Op(op) => Some(op),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match &self.tokens.get(self.at)?.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn take_op(&mut self, op: &str) -> bool {
        let is = self.op() == Some(op);
        self.at += usize::from(is);
        is
    }

    pub(super) fn take_name(&mut self, name: &str) -> bool {
        let is = self.name() == Some(name);
        self.at += usize::from(is);
        is
    }

    /// One expression, or several with commas: then a list.
    pub(super) fn several(&mut self) -> Result<Value, Odd> {
        let first = self.expression()?;
        if self.op() != Some(",") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.take_op(",") {
            if self.at >= self.tokens.len() || matches!(self.op(), Some("=" | ")" | "]")) {
                break;
            }
            all.push(self.expression()?);
        }
        Ok(Value::of(Is::List(all)))
    }

    /// `a if c else b`, or anything that binds tighter.
    pub(super) fn expression(&mut self) -> Result<Value, Odd> {
        self.depth += 1;
        if self.depth > DEEPEST || !self.machine.may_go_on() {
            return Err(());
        }
        if self.name() == Some("lambda") {
            return Err(());
        }
        let then = self.any()?;
        let value = if self.take_name("if") {
            let condition = self.any()?;
            if !self.take_name("else") {
                return Err(());
            }
            let otherwise = self.expression()?;
            choose(&condition, then, otherwise)
        } else {
            then
        };
        self.depth -= 1;
        Ok(value)
    }

    fn any(&mut self) -> Result<Value, Odd> {
        let mut left = self.all()?;
        while self.take_name("or") {
            let right = self.all()?;
            left = choose(&left.clone(), left, right);
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Value, Odd> {
        let mut left = self.not()?;
        while self.take_name("and") {
            let right = self.not()?;
            left = choose(&left.clone(), right, left);
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Value, Odd> {
        let mut turned = false;
        let mut times = 0;
        while self.take_name("not") {
            turned = !turned;
            times += 1;
        }
        let value = self.comparison()?;
        if times == 0 {
            return Ok(value);
        }
        Ok(match value.truth() {
            Some(is) => Value::of(Is::Bool(is != turned)).with(&value.facts),
            None => value,
        })
    }

    fn comparison(&mut self) -> Result<Value, Odd> {
        let first = self.level(0)?;
        let mut left = first;
        let mut verdict: Option<Value> = None;
        while let Some(operator) = self.comparator() {
            let right = self.level(0)?;
            let is = match self.compared(&operator, &left, &right) {
                Some(is) => is,
                None => left
                    .either_unknown(&right)
                    .unwrap_or_else(|| Value::unknown("understood-python-comparison")),
            };
            let is = is.with(&left.facts).with(&right.facts);
            verdict = Some(match verdict {
                Some(before) => choose(&before.clone(), is, before),
                None => is,
            });
            left = right;
        }
        Ok(verdict.unwrap_or(left))
    }

    fn compared(&self, operator: &str, left: &Value, right: &Value) -> Option<Value> {
        let in_environment = matches!(&right.is, Is::Named(path) if path == "os.environ");
        match (operator, in_environment) {
            ("in", true) => calls::is_set(self.machine, left),
            ("not in", true) => {
                let set = calls::is_set(self.machine, left)?;
                let is = Is::Bool(!set.truth()?);
                Some(Value::of(is).with(&set.facts))
            }
            _ => compare(operator, left, right).map(|is| Value::of(Is::Bool(is))),
        }
    }

    fn comparator(&mut self) -> Option<String> {
        if let Some(op @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) = self.op() {
            self.at += 1;
            return Some(op.to_owned());
        }
        let at = self.at;
        if self.take_name("is") {
            let not = self.take_name("not");
            return Some(if not { "is not" } else { "is" }.to_owned());
        }
        let not = self.take_name("not");
        if self.take_name("in") {
            return Some(if not { "not in" } else { "in" }.to_owned());
        }
        self.at = at;
        None
    }

    fn level(&mut self, level: usize) -> Result<Value, Odd> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.op().filter(|op| operators.contains(op)) {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = binary(operator, &left, &right);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Value, Odd> {
        let mut negative = false;
        while let Some(sign @ ("-" | "+")) = self.op() {
            negative ^= sign == "-";
            self.at += 1;
        }
        let base = self.postfix()?;
        let value = if self.take_op("**") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(());
            }
            let power = self.unary()?;
            self.depth -= 1;
            binary("**", &base, &power)
        } else {
            base
        };
        Ok(match negative {
            true => binary("-", &Value::of(Is::Int(0)), &value),
            false => value,
        })
    }

    /// A name, a literal or brackets, with its attributes, calls and subscripts.
    fn postfix(&mut self) -> Result<Value, Odd> {
        let mut value = self.atom()?;
        loop {
            match self.op() {
                Some(".") => {
                    self.at += 1;
                    let name = self.name().ok_or(())?.to_owned();
                    self.at += 1;
                    value = if self.take_op("(") {
                        let arguments = self.arguments()?;
                        calls::method(self.machine, &value, &name, &arguments)
                    } else {
                        attribute(&value, &name)
                    };
                }
                Some("(") => {
                    self.at += 1;
                    let arguments = self.arguments()?;
                    value = calls::call(self, &value, &arguments);
                }
                Some("[") => {
                    self.at += 1;
                    let key = self.subscript()?;
                    value = calls::item(self.machine, &value, &key);
                }
                _ => return Ok(value),
            }
        }
    }

    fn subscript(&mut self) -> Result<Value, Odd> {
        let key = self.expression()?;
        match self.take_op("]") {
            true => Ok(key),
            false => Err(()),
        }
    }

    fn arguments(&mut self) -> Result<Arguments, Odd> {
        let mut arguments = Arguments::default();
        while !self.take_op(")") {
            let is_named = matches!(
                self.tokens.get(self.at + 1).map(|token| &token.kind),
                Some(Kind::Op("="))
            );
            match self.name().map(str::to_owned).filter(|_| is_named) {
                Some(name) => {
                    self.at += 2;
                    let value = self.expression()?;
                    arguments.named.push((name, value));
                }
                None => {
                    let value = self.expression()?;
                    arguments.plain.push(value);
                }
            }
            if !self.take_op(",") && self.op() != Some(")") {
                return Err(());
            }
        }
        Ok(arguments)
    }

    fn atom(&mut self) -> Result<Value, Odd> {
        let token = self.tokens.get(self.at).ok_or(())?;
        self.at += 1;
        match &token.kind {
            Kind::Number(text) => number(text),
            Kind::Text(..) => {
                self.at -= 1;
                self.strings()
            }
            Kind::Name(name) => Ok(self.named(name)),
            Kind::Op("(") => {
                if self.take_op(")") {
                    return Ok(Value::of(Is::List(Vec::new())));
                }
                let value = self.several()?;
                self.take_op(")").then_some(value).ok_or(())
            }
            Kind::Op("[") => self.list(),
            _ => Err(()),
        }
    }

    fn list(&mut self) -> Result<Value, Odd> {
        let mut all = Vec::new();
        while !self.take_op("]") {
            all.push(self.expression()?);
            if !self.take_op(",") && self.op() != Some("]") {
                return Err(());
            }
        }
        Ok(Value::of(Is::List(all)))
    }

    /// Strings side by side are one.
    fn strings(&mut self) -> Result<Value, Odd> {
        let mut whole = Value::of(Is::Str(String::new()));
        while let Some(Kind::Text(text, formatted)) =
            self.tokens.get(self.at).map(|token| &token.kind)
        {
            self.at += 1;
            let piece = match formatted {
                true => texts::formatted(self, text)?,
                false => Value::of(Is::Str(text.clone())),
            };
            whole = binary("+", &whole, &piece);
        }
        Ok(whole)
    }

    fn named(&mut self, name: &str) -> Value {
        match name {
            "None" => Value::of(Is::None),
            "True" => Value::of(Is::Bool(true)),
            "False" => Value::of(Is::Bool(false)),
            _ => self.machine.name(name),
        }
    }
}

/// `then` where the condition is true; where that cannot be told, what both come to, if that is the same.
fn choose(condition: &Value, then: Value, otherwise: Value) -> Value {
    let facts = &condition.facts;
    match condition.truth() {
        Some(true) => then.with(facts),
        Some(false) => otherwise.with(facts),
        None if then.is == otherwise.is => then,
        None => condition.clone(),
    }
}

fn attribute(value: &Value, name: &str) -> Value {
    match &value.is {
        Is::Named(path) => Value::named(format!("{path}.{name}")),
        Is::Unknown(..) => value.clone(),
        _ => Value::unknown_of("understood-python-attribute", format!("`.{name}`")),
    }
}

fn number(text: &str) -> Result<Value, Odd> {
    let lower = text.to_ascii_lowercase();
    let radix = |prefix: &str, radix: u32| {
        let digits = lower.strip_prefix(prefix)?;
        i64::from_str_radix(digits, radix).ok()
    };
    let whole = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .or_else(|| lower.parse().ok());
    let is = match whole {
        Some(n) => Is::Int(n),
        None => Is::Float(lower.parse().map_err(|_| ())?),
    };
    Ok(Value::of(is))
}
