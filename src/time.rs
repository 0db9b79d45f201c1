//! Instants and durations on the run's one clock.
//!
//! Every process of a run reads `CLOCK_MONOTONIC` and counts from the same origin, so an instant taken in a
//! forked worker, in the proxy thread and in a client can be subtracted from one another. The origin travels to the
//! backend's processes as a plain number. Nothing else in the crate reads a clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: nanoseconds since the run's origin.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

/// A length of time in nanoseconds. In files it is a string with a unit, such as `"250ms"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

impl Timestamp {
    /// The run's origin.
    pub const ZERO: Timestamp = Timestamp(0);
    /// Later than anything that a run can reach.
    pub const MAX: Timestamp = Timestamp(u64::MAX);

    /// An instant `ns` nanoseconds after the origin.
    pub const fn from_ns(ns: u64) -> Timestamp {
        Timestamp(ns)
    }

    /// An instant `us` microseconds after the origin.
    pub const fn from_us(us: u64) -> Timestamp {
        Timestamp(us.saturating_mul(1_000))
    }

    /// Nanoseconds since the origin.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Whole microseconds since the origin.
    pub const fn as_us(self) -> u64 {
        self.0 / 1_000
    }

    /// Seconds since the origin, for charts and prose.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The time from `earlier` to here; zero if `earlier` is in fact later.
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

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

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        crate::units::from_quantity(deserializer, "a duration such as \"250ms\"")
    }
}

/// The run's clock: `CLOCK_MONOTONIC` counted from an origin that all processes of the run share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    origin_ns: u64,
}

impl Clock {
    /// A clock whose origin is now.
    pub fn start() -> Clock {
        Clock {
            origin_ns: monotonic_ns(),
        }
    }

    /// The clock of another process of the same run.
    pub const fn with_origin_ns(origin_ns: u64) -> Clock {
        Clock { origin_ns }
    }

    /// The origin as the kernel counts it, to hand to another process.
    pub const fn origin_ns(&self) -> u64 {
        self.origin_ns
    }

    /// The time since the origin.
    pub fn now(&self) -> Timestamp {
        Timestamp(monotonic_ns().saturating_sub(self.origin_ns))
    }

    /// How long from now until `at`; zero if it has passed.
    pub fn until(&self, at: Timestamp) -> Duration {
        at.since(self.now()).to_duration()
    }
}

fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let secs = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    secs * 1_000_000_000 + nanos
}

/// CPU time that this thread has used: for burning a given amount of CPU, whatever else runs on the machine.
pub fn thread_cpu_time() -> Span {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let secs = u64::try_from(used.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(used.tv_nsec).unwrap_or(0);
    Span(secs * 1_000_000_000 + nanos)
}

/// The wall clock, for folder names and manifests only: never subtract two of these.
pub fn utc_now() -> std::time::SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    std::time::SystemTime::now()
}

/// Serde adapter: an instant as whole microseconds, for CSV columns that end in `_us`.
pub mod as_us {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(at.as_us())
    }

    /// Reads whole microseconds.
    ///
    /// # Errors
    /// Anything that is not a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(deserializer).map(Timestamp::from_us)
    }
}

/// Serde adapter: an instant that may not be known, as whole microseconds or an empty field.
pub mod as_us_opt {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds, or nothing.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_some(&at.as_us()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads whole microseconds, or nothing.
    ///
    /// # Errors
    /// Anything that is neither empty nor a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Timestamp::from_us))
    }
}

/// Serde adapter: a span as whole microseconds, for CSV columns that end in `_us`.
pub mod span_as_us {
    use super::Span;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(span.as_us())
    }

    /// Reads whole microseconds.
    ///
    /// # Errors
    /// Anything that is not a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        u64::deserialize(deserializer).map(Span::from_us)
    }
}

/// Serde adapter: a span that may not be known, as whole microseconds or an empty field.
pub mod span_as_us_opt {
    use super::Span;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds, or nothing.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => serializer.serialize_some(&span.as_us()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads whole microseconds, or nothing.
    ///
    /// # Errors
    /// Anything that is neither empty nor a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Span>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Span::from_us))
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

    #[test]
    fn the_clock_is_shared_by_its_origin() {
        let here = Clock::start();
        let there = Clock::with_origin_ns(here.origin_ns());
        let first = here.now();
        assert!(there.now() >= first);
    }
}
