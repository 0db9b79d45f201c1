//! The calls that configurations make, by what they come to: the number of CPUs, the environment, and Python's plain functions.

use super::Machine;
use super::expression::{Arguments, Cursor};
use super::texts::shown;
use super::value::{Is, Value, binary};
use crate::understand::known::Text;
use crate::understand::said::Said;

/// What gives the number of CPUs.
const CPU_COUNTS: [&str; 6] = [
    "multiprocessing.cpu_count",
    "os.cpu_count",
    "os.process_cpu_count",
    "psutil.cpu_count",
    "joblib.cpu_count",
    "multiprocess.cpu_count",
];
/// The set of CPUs, of which a length is taken.
const AFFINITY: &str = "os.sched_getaffinity";
const CPU_SET: &str = "(the set of CPUs)";
/// What reads the environment, with a default as second argument.
const READERS: [&str; 4] = [
    "os.environ.get",
    "os.getenv",
    "decouple.config",
    "os.environ.setdefault",
];
/// Makes an object that reads the environment.
const MAKERS: [&str; 2] = ["environs.Env", "environ.Env"];
/// Such an object.
pub(super) const ENV: &str = "(environment)";

fn of_text(text: Text, number: bool) -> Value {
    let is = match (&text.unknown, text.text.parse()) {
        (Some((why, hint)), _) => Is::Unknown(why.clone(), hint.clone()),
        (None, Ok(n)) if number => Is::Int(n),
        (None, _) => Is::Str(text.text),
    };
    Value::of(is).with(&text.facts)
}

/// A call of a name, a function of the file or an attribute that was looked up.
pub(super) fn call(cursor: &mut Cursor<'_, '_>, callee: &Value, arguments: &Arguments) -> Value {
    match &callee.is {
        Is::Named(path) => named(cursor.machine, &path.clone(), arguments),
        Is::Function(body, false) if arguments.plain.is_empty() && arguments.named.is_empty() => {
            cursor.machine.function(*body, cursor.depth)
        }
        Is::Unknown(..) => callee.clone(),
        _ => Value::unknown("understood-python-call"),
    }
}

fn named(machine: &mut Machine<'_>, path: &str, arguments: &Arguments) -> Value {
    if CPU_COUNTS.contains(&path) {
        return of_text(machine.environment.cpu_count(), true);
    }
    if READERS.contains(&path) {
        return variable(machine, arguments);
    }
    if path == AFFINITY {
        return Value::named(CPU_SET);
    }
    if MAKERS.contains(&path) {
        return Value::named(ENV);
    }
    if path == ENV {
        return variable(machine, arguments);
    }
    if path == "super" || path.contains('.') && !path.starts_with("math.") {
        return Value::unknown_of("understood-python-not-run", format!("`{path}()`"));
    }
    builtin(machine, path, arguments)
}

/// Reads a variable; what stands in for it is the second argument.
fn variable(machine: &Machine<'_>, arguments: &Arguments) -> Value {
    let Some(Is::Str(name)) = arguments.plain.first().map(|value| &value.is) else {
        return Value::unknown("understood-python-computed-name");
    };
    let found = match machine.environment.get(name) {
        Some(text) => of_text(text, false),
        None => {
            let default = arguments.at(1, "default");
            let fact = machine.environment.unset(name);
            let default = default.cloned().unwrap_or_else(|| Value::of(Is::None));
            default.with(&[fact])
        }
    };
    let cast = arguments
        .named
        .iter()
        .find(|(name, _)| name == "cast")
        .map(|(_, cast)| cast);
    match cast.map(|cast| &cast.is) {
        Some(Is::Named(path)) => converted(path, &found),
        _ => found,
    }
}

/// `int(x)` and its like, of one value.
fn converted(to: &str, value: &Value) -> Value {
    if matches!(value.is, Is::Unknown(..)) {
        return value.clone();
    }
    let is = match to {
        "int" => match &value.is {
            Is::Str(text) => text.trim().parse().ok().map(Is::Int),
            _ => value.number().map(|x| Is::Int(x.trunc() as i64)),
        },
        "float" => match &value.is {
            Is::Str(text) => text.trim().parse().ok().map(Is::Float),
            _ => value.number().map(Is::Float),
        },
        "str" => return shown(value),
        "bool" => match &value.is {
            Is::Str(text) => {
                let is = ["1", "true", "yes", "on", "y", "t"]
                    .contains(&text.to_ascii_lowercase().as_str());
                Some(Is::Bool(is))
            }
            _ => value.truth().map(Is::Bool),
        },
        "math.ceil" | "ceil" => value.number().map(|x| Is::Int(x.ceil() as i64)),
        "math.floor" | "floor" => value.number().map(|x| Is::Int(x.floor() as i64)),
        "round" => value.number().map(|x| Is::Int(x.round_ties_even() as i64)),
        "abs" => match value.is {
            Is::Int(n) => n.checked_abs().map(Is::Int),
            _ => value.number().map(|x| Is::Float(x.abs())),
        },
        _ => None,
    };
    let value_of = |is| Value::of(is).with(&value.facts);
    is.map_or_else(
        || Value::unknown_of("understood-python-unfit", format!("`{to}()`")),
        value_of,
    )
}

fn builtin(machine: &Machine<'_>, name: &str, arguments: &Arguments) -> Value {
    match (name, arguments.plain.as_slice()) {
        ("max" | "min", [only]) => match &only.is {
            Is::List(all) => extreme(name, all),
            _ => Value::unknown_of("understood-python-unfit", format!("`{name}()`")),
        },
        ("max" | "min", all) if !all.is_empty() => extreme(name, all),
        ("len", [value]) => match &value.is {
            Is::Named(path) if path == CPU_SET => of_text(machine.environment.cpu_count(), true),
            Is::Str(text) => Value::of(Is::Int(text.chars().count() as i64)).with(&value.facts),
            Is::List(all) => Value::of(Is::Int(all.len() as i64)).with(&value.facts),
            _ => Value::unknown_of("understood-python-unfit", "`len()`".to_owned()),
        },
        ("bool", [value]) => match value.truth() {
            Some(is) => Value::of(Is::Bool(is)).with(&value.facts),
            None => value.clone(),
        },
        ("list" | "tuple", [value]) => value.clone(),
        (_, [value]) => converted(name, value),
        _ => Value::unknown_of("understood-python-not-run", format!("`{name}()`")),
    }
}

fn extreme(which: &str, all: &[Value]) -> Value {
    let mut best: Option<Value> = None;
    for value in all {
        let Some(x) = value.number() else {
            return match value.is {
                Is::Unknown(..) => value.clone(),
                _ => Value::unknown_of("understood-python-unfit", format!("`{which}()`")),
            };
        };
        let facts: Vec<Said> = best
            .as_ref()
            .map(|best| best.facts.clone())
            .unwrap_or_default();
        let wins = best
            .as_ref()
            .and_then(Value::number)
            .is_none_or(|y| if which == "max" { x > y } else { x < y });
        let next = match (&best, wins) {
            (Some(best), false) => best.clone(),
            _ => value.clone(),
        };
        best = Some(next.with(&value.facts).with(&facts));
    }
    best.unwrap_or_else(|| Value::unknown_of("understood-python-unfit", format!("`{which}()`")))
}

/// `value.name(…)`.
pub(super) fn method(
    machine: &mut Machine<'_>,
    value: &Value,
    name: &str,
    arguments: &Arguments,
) -> Value {
    match &value.is {
        Is::Named(path) if path == ENV => {
            let read = variable(machine, arguments);
            match (name, &read.is) {
                (_, Is::None) => read,
                ("int" | "float" | "str" | "bool", _) => converted(name, &read),
                ("read_env" | "read_envfile", _) => Value::of(Is::None),
                _ => read,
            }
        }
        Is::Named(path) => named(machine, &format!("{path}.{name}"), arguments),
        Is::Unknown(..) => value.clone(),
        Is::Str(text) => {
            let is = of_string(text, name, arguments);
            let value_of = |is| Value::of(is).with(&value.facts);
            is.map_or_else(
                || Value::unknown_of("understood-python-not-run", format!("`.{name}()`")),
                value_of,
            )
        }
        _ => Value::unknown_of("understood-python-not-run", format!("`.{name}()`")),
    }
}

fn of_string(text: &str, name: &str, arguments: &Arguments) -> Option<Is> {
    let list = |parts: Vec<&str>| {
        let parts = parts.into_iter().map(|part| Is::Str(part.to_owned()));
        Is::List(parts.map(Value::of).collect())
    };
    Some(match (name, arguments.plain.as_slice()) {
        ("lower", []) => Is::Str(text.to_lowercase()),
        ("upper", []) => Is::Str(text.to_uppercase()),
        ("strip", []) => Is::Str(text.trim().to_owned()),
        ("isdigit" | "isnumeric", []) => {
            Is::Bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
        }
        ("split", []) => list(text.split_whitespace().collect()),
        ("split", [by]) => list(text.split(by.shown()?.as_str()).collect()),
        ("format", values) => {
            let mut out = text.to_owned();
            for value in values {
                out = out.replacen("{}", &value.shown()?, 1);
            }
            for (index, value) in values.iter().enumerate() {
                out = out.replace(&format!("{{{index}}}"), &value.shown()?);
            }
            for (name, value) in &arguments.named {
                out = out.replace(&format!("{{{name}}}"), &value.shown()?);
            }
            Is::Str(out)
        }
        ("startswith", [start]) => Is::Bool(text.starts_with(&start.shown()?)),
        ("endswith", [end]) => Is::Bool(text.ends_with(&end.shown()?)),
        _ => return None,
    })
}

/// `value[key]`.
pub(super) fn item(machine: &Machine<'_>, value: &Value, key: &Value) -> Value {
    match (&value.is, &key.is) {
        (Is::Named(path), Is::Str(name)) if path == "os.environ" => {
            match machine.environment.get(name) {
                Some(text) => of_text(text, false),
                None => {
                    let (why, hint) = machine.environment.ask(name).unknown.unwrap_or_default();
                    Value::asked(why, hint)
                }
            }
        }
        (Is::List(all), Is::Int(index)) => {
            let from_end = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            let at = match index {
                0.. => Some(from_end),
                _ => all.len().checked_sub(from_end),
            };
            let found = at.and_then(|at| all.get(at));
            found
                .cloned()
                .unwrap_or_else(|| Value::unknown("understood-python-no-item"))
        }
        (Is::Unknown(..), _) => value.clone(),
        _ => Value::unknown("understood-python-no-item"),
    }
}

/// `key in os.environ`.
pub(super) fn is_set(machine: &Machine<'_>, key: &Value) -> Option<Value> {
    let Is::Str(name) = &key.is else { return None };
    let set = machine.environment.get(name);
    let fact = match &set {
        Some(text) => text.facts.clone(),
        None => vec![machine.environment.unset(name)],
    };
    Some(Value::of(Is::Bool(set.is_some())).with(&fact))
}

/// The sum that an augmented assignment makes.
pub(super) fn augmented(operator: &str, old: &Value, by: &Value) -> Value {
    binary(operator.trim_end_matches('='), old, by)
}
