//! An instant on the run's clock.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Span;

/// An instant: nanoseconds since the run's origin. Kept with one added, so that an instant that may not be known is no larger than one
/// that is: a simulated client has a dozen of those, and there are a million clients.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU64);

const _: () = assert!(size_of::<Option<Timestamp>>() == 8);

impl Timestamp {
    /// The run's origin.
    pub const ZERO: Timestamp = Timestamp(NonZeroU64::MIN);
    /// Later than anything that a run can reach.
    pub const MAX: Timestamp = Timestamp(NonZeroU64::MAX);

    /// An instant `ns` nanoseconds after the origin.
    pub const fn from_ns(ns: u64) -> Timestamp {
        Timestamp(NonZeroU64::MIN.saturating_add(ns))
    }

    /// An instant `us` microseconds after the origin.
    pub const fn from_us(us: u64) -> Timestamp {
        Timestamp::from_ns(us.saturating_mul(1_000))
    }

    /// Nanoseconds since the origin.
    pub const fn as_ns(self) -> u64 {
        self.0.get() - 1
    }

    /// Whole microseconds since the origin.
    pub const fn as_us(self) -> u64 {
        self.as_ns() / 1_000
    }

    /// Whole seconds since the origin.
    pub const fn as_secs(self) -> u64 {
        self.since(Timestamp::ZERO).as_secs()
    }

    /// Seconds since the origin, for charts and prose.
    pub fn as_secs_f64(self) -> f64 {
        self.as_ns() as f64 / 1e9
    }

    /// The time from `earlier` to here; zero if `earlier` is in fact later.
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span::from_ns(self.0.get().saturating_sub(earlier.0.get()))
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.as_ns()))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        Timestamp::from_ns(self.as_ns().saturating_sub(span.as_ns()))
    }
}

impl Default for Timestamp {
    fn default() -> Timestamp {
        Timestamp::ZERO
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timestamp").field(&self.as_ns()).finish()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.as_ns())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(deserializer).map(Timestamp::from_ns)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_say_what_they_were_made_of() {
        for ns in [0, 1, 999, 1_000, u64::MAX - 1] {
            assert_eq!(Timestamp::from_ns(ns).as_ns(), ns);
            let text = serde_json::to_string(&Timestamp::from_ns(ns)).unwrap();
            assert_eq!(text, ns.to_string());
            assert_eq!(
                serde_json::from_str::<Timestamp>(&text).unwrap().as_ns(),
                ns
            );
            assert_eq!(
                format!("{:?}", Timestamp::from_ns(ns)),
                format!("Timestamp({ns})")
            );
        }
        assert_eq!(Timestamp::from_ns(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::default(), Timestamp::ZERO);
    }

    #[test]
    fn arithmetic_stays_within_time() {
        let (at, span) = (Timestamp::from_ns(5), Span::from_ns(7));
        assert_eq!(at + span, Timestamp::from_ns(12));
        assert_eq!(at - span, Timestamp::ZERO);
        assert_eq!(at - Span::MAX, Timestamp::ZERO);
        assert_eq!(at + Span::MAX, Timestamp::MAX);
        assert_eq!((at + span).since(at), span);
        assert_eq!(at.since(at + span), Span::ZERO);
        assert!(Timestamp::ZERO < at && at < Timestamp::MAX);
    }
}
