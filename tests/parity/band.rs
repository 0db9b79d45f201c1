//! How far two values of one fact may lie apart.

use std::fmt;

/// A share of the value that it is held against, or so much in its own unit (seconds, bytes, plain), whichever is more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Band {
    share: f64,
    give: f64,
    unit: Unit,
}

/// How the absolute part is written.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Plain,
    Seconds,
    Bytes,
}

/// The same number.
pub(crate) const EXACT: Band = give(0.0);

/// What one of the two does not tell.
pub(crate) const UNTOLD: Band = Band {
    share: f64::INFINITY,
    give: f64::INFINITY,
    unit: Unit::Plain,
};

/// Counts that differ by at most `n`.
pub(crate) const fn give(n: f64) -> Band {
    Band {
        share: 0.0,
        give: n,
        unit: Unit::Plain,
    }
}

/// Within so many percent, of anything.
pub(crate) const fn percent(percent: f64) -> Band {
    Band {
        share: percent / 100.0,
        give: 0.0,
        unit: Unit::Plain,
    }
}

/// Bytes that differ by at most so many KiB.
pub(crate) const fn kib(kib: f64) -> Band {
    Band {
        share: 0.0,
        give: kib * 1024.0,
        unit: Unit::Bytes,
    }
}

/// Bytes that differ by at most so many MiB.
pub(crate) const fn mib(mib: f64) -> Band {
    kib(mib * 1024.0)
}

/// Times within so many percent, or so many milliseconds.
pub(crate) const fn percent_or_ms(percent: f64, ms: f64) -> Band {
    Band {
        share: percent / 100.0,
        give: ms / 1000.0,
        unit: Unit::Seconds,
    }
}

impl Band {
    /// Whether `value` is near enough to what it is held against. Two that were both not measured agree.
    pub(crate) fn holds(self, value: Option<f64>, against: Option<f64>) -> bool {
        match (value, against) {
            _ if self.share.is_infinite() => true,
            (Some(value), Some(against)) => {
                let room = self.give.max(self.share * against.abs());
                (value - against).abs() <= room + 1e-9
            }
            (None, None) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let give = match self.unit {
            Unit::Plain => format!("+-{}", self.give),
            Unit::Bytes => format!("+-{} KiB", self.give / 1024.0),
            Unit::Seconds => format!("{} ms", self.give * 1000.0),
        };
        let share = format!("{:.0} %", self.share * 100.0);
        match (self.share > 0.0, self.give > 0.0) {
            _ if self.share.is_infinite() => f.write_str("untold"),
            (false, false) => f.write_str("exact"),
            (false, true) => f.write_str(&give),
            (true, false) => f.write_str(&share),
            (true, true) => write!(f, "{share} or {give}"),
        }
    }
}

#[test]
fn a_band_is_as_wide_as_it_says() {
    let near = |band: Band, value, against| band.holds(Some(value), Some(against));
    assert!(near(EXACT, 3.0, 3.0) && !near(EXACT, 3.0, 4.0));
    assert!(near(give(1.0), 3.0, 4.0) && !near(give(1.0), 3.0, 5.0));
    assert!(near(percent(10.0), 0.9, 1.0) && !near(percent(10.0), 0.89, 1.0));
    assert!(
        near(percent_or_ms(10.0, 5.0), 0.006, 0.001)
            && !near(percent_or_ms(10.0, 5.0), 0.007, 0.001)
    );
    assert!(UNTOLD.holds(None, Some(1.0)));
    assert!(EXACT.holds(None, None) && !EXACT.holds(Some(0.0), None));
    assert_eq!(percent_or_ms(10.0, 5.0).to_string(), "10 % or 5 ms");
}
