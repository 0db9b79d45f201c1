//! What a number measures: powers of time and of bytes, so that products and quotients keep their meaning.

use std::fmt;

use crate::metrics;
use crate::time::Span;
use crate::units::human_bytes;

/// The unit of a value. Values are kept in seconds, bytes and plain numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unit {
    time: i8,
    bytes: i8,
    /// A plain number that reads better as a percentage.
    share: bool,
}

impl Unit {
    pub(super) const PLAIN: Unit = Unit {
        time: 0,
        bytes: 0,
        share: false,
    };
    pub(super) const SHARE: Unit = Unit {
        time: 0,
        bytes: 0,
        share: true,
    };
    pub(super) const TIME: Unit = Unit {
        time: 1,
        bytes: 0,
        share: false,
    };
    pub(super) const BYTES: Unit = Unit {
        time: 0,
        bytes: 1,
        share: false,
    };

    /// Of a metric.
    pub(super) fn of(unit: metrics::Unit) -> Unit {
        match unit {
            metrics::Unit::Plain => Unit::PLAIN,
            metrics::Unit::Share => Unit::SHARE,
            metrics::Unit::Micros | metrics::Unit::Seconds => Unit::TIME,
            metrics::Unit::Bytes => Unit::BYTES,
        }
    }

    /// Whether values of the two can be added and compared.
    pub(super) fn fits(self, other: Unit) -> bool {
        (self.time, self.bytes) == (other.time, other.bytes)
    }

    /// Of a sum. A share and a plain number are both plain numbers.
    pub(super) fn plus(self, other: Unit) -> Unit {
        Unit {
            share: self.share && other.share,
            ..self
        }
    }

    /// Of a product.
    pub(super) fn times(self, other: Unit) -> Unit {
        Unit {
            time: self.time.saturating_add(other.time),
            bytes: self.bytes.saturating_add(other.bytes),
            share: false,
        }
    }

    /// Of a quotient.
    pub(super) fn over(self, other: Unit) -> Unit {
        Unit {
            time: self.time.saturating_sub(other.time),
            bytes: self.bytes.saturating_sub(other.bytes),
            share: false,
        }
    }

    /// A value for people.
    pub(super) fn human(self, value: f64) -> String {
        let sign = if value < 0.0 { "-" } else { "" };
        let size = value.abs();
        match (self.time, self.bytes) {
            (1, 0) => format!("{sign}{}", Span::from_secs_f64(size).human()),
            (0, 1) => format!("{sign}{}", human_bytes(size as u64)),
            (-1, 1) => format!("{sign}{}/s", human_bytes(size as u64)),
            (0, 0) if self.share => format!("{sign}{} %", digits(size * 100.0)),
            (0, 0) => format!("{sign}{}", digits(size)),
            (-1, 0) => format!("{sign}{}/s", digits(size)),
            _ => format!("{sign}{} ({self})", digits(size)),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.time, self.bytes) {
            (0, 0) => f.write_str("a plain number"),
            (1, 0) => f.write_str("a duration"),
            (0, 1) => f.write_str("a number of bytes"),
            (-1, 1) => f.write_str("bytes per second"),
            (-1, 0) => f.write_str("a rate"),
            (time, bytes) => write!(f, "s^{time} B^{bytes}"),
        }
    }
}

/// Whole numbers as they are, others with up to three digits after the point.
fn digits(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
