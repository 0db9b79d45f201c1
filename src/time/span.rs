//! A length of time.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in nanoseconds. In files it is a string with a unit, such as `"250ms"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than anything that a run can last.
    pub const MAX: Span = Span(u64::MAX);

    /// A span of `ns` nanoseconds.
    pub const fn from_ns(ns: u64) -> Span {
        Span(ns)
    }

    /// A span of `us` microseconds.
    pub const fn from_us(us: u64) -> Span {
        Span(us.saturating_mul(1_000))
    }

    /// A span of `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Span {
        Span(ms.saturating_mul(1_000_000))
    }

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Span {
        Span(secs.saturating_mul(1_000_000_000))
    }

    /// A span of `secs` seconds; negative and not-a-number become zero.
    pub fn from_secs_f64(secs: f64) -> Span {
        Span((secs.max(0.0) * 1e9) as u64)
    }

    /// Nanoseconds.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Whole microseconds.
    pub const fn as_us(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole milliseconds.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Whole seconds.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Seconds, for charts and prose.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// For people: three significant digits and one unit, as in `850 us`, `3.01 s`, `12.4 min`.
    pub fn human(self) -> String {
        let ns = self.0 as f64;
        let (value, unit) = match self.0 {
            0 => return "0 s".to_owned(),
            1..999_500 => (ns / 1e3, "us"),
            999_500..999_500_000 => (ns / 1e6, "ms"),
            999_500_000..600_000_000_000 => (ns / 1e9, "s"),
            600_000_000_000..36_000_000_000_000 => (ns / 6e10, "min"),
            _ => (ns / 3.6e12, "h"),
        };
        let text = match value {
            ..9.995 => format!("{value:.2}"),
            ..99.95 => format!("{value:.1}"),
            _ => format!("{value:.0}"),
        };
        let text = match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.'),
            false => &text,
        };
        format!("{text} {unit}")
    }

    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, at most [`Span::MAX`].
    pub const fn saturating_add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }

    /// The difference, at least zero.
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }

    /// The standard library's type for the same length.
    pub const fn to_duration(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Span {
        Span(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    /// Reads `250ms`, `1.5s`, `1m30s`.
    ///
    /// # Errors
    /// A number without a unit, an unknown unit, or a negative length.
    fn from_str(text: &str) -> Result<Span, String> {
        match humantime::parse_duration(text.trim()) {
            Ok(duration) => Ok(Span::from(duration)),
            Err(_) if text.trim().parse::<f64>().is_ok() => Err(format!(
                "`{text}` has no unit; write for example `{}s` or `{}ms`",
                text.trim(),
                text.trim()
            )),
            Err(error) => Err(format!(
                "`{text}` is not a duration ({error}); write for example `250ms`, `1.5s` or `1m30s`"
            )),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(
            &humantime::format_duration(self.to_duration())
                .to_string()
                .replace(' ', ""),
        )
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9.]+ *(ns|us|ms|s|min|m|h|d) *)+$",
            "description": "A string: a duration such as \"250ms\"."
        })
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        crate::units::from_quantity(deserializer, "a duration such as \"250ms\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_need_a_unit() {
        assert_eq!("250ms".parse(), Ok(Span::from_ms(250)));
        assert_eq!("1.5s".parse(), Ok(Span::from_ms(1500)));
        assert_eq!("1m30s".parse(), Ok(Span::from_secs(90)));
        let error = "60".parse::<Span>().unwrap_err();
        assert!(error.contains("no unit"), "{error}");
        assert!("-1s".parse::<Span>().is_err());
        assert!("1 parsec".parse::<Span>().is_err());
    }

    #[test]
    fn spans_print_what_they_read() {
        for text in ["250ms", "1s500ms", "1m30s", "0s", "3s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn people_get_three_digits_and_one_unit() {
        let cases = [
            (0, "0 s"),
            (850_000, "850 us"),
            (999_700, "1 ms"),
            (5_250_000, "5.25 ms"),
            (100_000_000, "100 ms"),
            (3_014_000_000, "3.01 s"),
            (90_000_000_000, "90 s"),
            (900_000_000_000, "15 min"),
        ];
        for (ns, text) in cases {
            assert_eq!(Span::from_ns(ns).human(), text);
        }
    }
}
