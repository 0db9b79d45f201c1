//! `--vary KEY=VALUES`: a key of the scenario and the values that it is given, one after another.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

/// More values than this in one axis are a slip of the hand.
const MOST_VALUES: usize = 10_000;

/// A key and its values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Axis {
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

/// A key and the range of whole numbers, with one unit, in which a limit is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) key: String,
    pub(super) low: u64,
    pub(super) high: u64,
    unit: String,
}

impl Axis {
    /// Reads `key=1..64`, `key=1..64:8` (steps), `key=1..64*2` (factors), `key=16KiB..256KiB*4` or `key=a,b,c`; commas
    /// inside brackets and quotes belong to a value.
    ///
    /// # Errors
    /// Anything else.
    pub(super) fn parse(text: &str) -> anyhow::Result<Axis> {
        let (key, values) = split(text)?;
        let values = match values.split_once("..") {
            Some(_) if !values.contains(['{', '"', '\'']) => stepped(key, values)?,
            _ => listed(values),
        };
        if values.is_empty() || values.iter().any(String::is_empty) || values.len() > MOST_VALUES {
            return Err(Refusal::usage(format!(
                "`--vary {text}` has {} values, or empty ones\nhint: between 1 and {MOST_VALUES}, such as `{key}=1..64*2`",
                values.len()
            ))
            .into());
        }
        Ok(Axis {
            key: key.to_owned(),
            values,
        })
    }
}

impl Range {
    /// Reads `key=1..64` or `key=10/s..500/s`.
    ///
    /// # Errors
    /// Anything else, and a range that ends where it begins.
    pub(super) fn parse(text: &str) -> anyhow::Result<Range> {
        let (key, range) = split(text)?;
        let (low, high, unit) = bounds(key, range)?;
        if low == high {
            return Err(bad_range(key, range));
        }
        Ok(Range {
            key: key.to_owned(),
            low,
            high,
            unit,
        })
    }

    /// The value as the file would write it.
    pub(super) fn value(&self, n: u64) -> String {
        format!("{n}{}", self.unit)
    }

    /// As `--set` wants it.
    pub(super) fn setting(&self, n: u64) -> String {
        format!("{}={}", self.key, self.value(n))
    }
}

fn split(text: &str) -> anyhow::Result<(&str, &str)> {
    text.split_once('=')
        .filter(|(key, values)| !key.trim().is_empty() && !values.trim().is_empty())
        .map(|(key, values)| (key.trim(), values.trim()))
        .ok_or_else(|| {
            Refusal::usage(format!(
                "`--vary {text}` needs a key and values\nhint: for example `--vary clients.slow.count=1..64`"
            ))
            .into()
        })
}

fn listed(values: &str) -> Vec<String> {
    let (mut depth, mut quoted) = (0_i32, false);
    let mut out = vec![String::new()];
    for c in values.chars() {
        match c {
            '"' | '\'' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        out.last_mut().expect("it begins with one value").push(c);
    }
    out.into_iter()
        .map(|value| value.trim().to_owned())
        .collect()
}

fn stepped(key: &str, text: &str) -> anyhow::Result<Vec<String>> {
    let bad = || bad_range(key, text);
    let (range, step) = match text.split_once([':', '*']) {
        None => (text, 1),
        Some((range, step)) => (range, step.trim().parse::<u64>().map_err(|_| bad())?),
    };
    let (low, high, unit) = bounds(key, range)?;
    let grows = text.contains('*');
    if step == 0 || (grows && (step == 1 || low == 0)) {
        return Err(bad());
    }
    let next = |n: &u64| {
        let next = if grows {
            n.saturating_mul(step)
        } else {
            n.saturating_add(step)
        };
        (next <= high && next > *n).then_some(next)
    };
    let numbers = std::iter::successors(Some(low), next).take(MOST_VALUES + 1);
    Ok(numbers.map(|n| format!("{n}{unit}")).collect())
}

/// Both ends of `10/s..500/s` and their unit, which the first may leave out.
fn bounds(key: &str, range: &str) -> anyhow::Result<(u64, u64, String)> {
    let number = |text: &str| {
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let n = text[..end].parse::<u64>().ok()?;
        Some((n, text[end..].trim().to_owned()))
    };
    let parsed = range
        .split_once("..")
        .and_then(|(low, high)| Some((number(low)?, number(high)?)));
    match parsed {
        Some(((low, low_unit), (high, unit)))
            if low <= high && (low_unit == unit || low_unit.is_empty()) =>
        {
            Ok((low, high, unit))
        }
        _ => Err(bad_range(key, range)),
    }
}

fn bad_range(key: &str, range: &str) -> anyhow::Error {
    Refusal::usage(format!(
        "`{range}` is not a range for `{key}`\nhint: whole numbers in one unit, the smaller first: `1..64`, `10/s..500/s`, \
         with steps `1..64:8` or factors `16KiB..1024KiB*4`"
    ))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Axis::parse(text).unwrap().values
    }

    #[test]
    fn values_are_lists_steps_or_factors() {
        assert_eq!(values("a.b=1..4"), ["1", "2", "3", "4"]);
        assert_eq!(values("a.b=1..64*4"), ["1", "4", "16", "64"]);
        assert_eq!(values("a.b=10/s..50/s:20"), ["10/s", "30/s", "50/s"]);
        assert_eq!(values("a.b=16..64KiB*2"), ["16KiB", "32KiB", "64KiB"]);
        assert_eq!(values("a.b=on, off"), ["on", "off"]);
        assert_eq!(
            values("proxy.proxy_buffers={count=8,size=\"4KiB\"},{count=16,size=\"4KiB\"}"),
            ["{count=8,size=\"4KiB\"}", "{count=16,size=\"4KiB\"}"]
        );
    }

    #[test]
    fn slips_are_refused_with_a_hint() {
        for text in [
            "a",
            "a=",
            "=1",
            "a=5..1",
            "a=1s..5ms",
            "a=0..8*2",
            "a=1..8*1",
            "a=1..8:0",
            "a=x..y",
            "a=1,,2",
            "a=1..99999999",
        ] {
            let error = Axis::parse(text).unwrap_err().to_string();
            assert!(error.contains("hint:"), "{text}: {error}");
        }
        assert!(Range::parse("a=4..4").is_err());
        assert_eq!(Range::parse("a=4..40/s").unwrap().setting(7), "a=7/s");
    }
}
