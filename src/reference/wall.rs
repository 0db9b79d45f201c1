//! From the wall clock of other programs' logs to the run's clock.

use std::time::UNIX_EPOCH;

use crate::time::{Clock, Timestamp, utc_now};

/// The two clocks, read at one moment. Good to a millisecond unless somebody sets the wall clock during the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock {
    wall_ns: u64,
    run_ns: u64,
}

impl WallClock {
    /// Reads both clocks.
    pub(super) fn compare(clock: Clock) -> WallClock {
        let before = clock.now().as_ns();
        let wall = utc_now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let after = clock.now().as_ns();
        WallClock {
            wall_ns: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX),
            run_ns: before.midpoint(after),
        }
    }

    /// The run's instant at so many seconds since the epoch, written as a decimal (`1795384739.958`); what lies before the
    /// origin becomes the origin.
    pub(super) fn at(&self, seconds: &str) -> Option<Timestamp> {
        let ns = decimal_ns(seconds)?;
        Some(Timestamp::from_ns(
            (self.run_ns + ns).saturating_sub(self.wall_ns),
        ))
    }
}

/// Nanoseconds of a decimal number of seconds, exactly.
pub(super) fn decimal_ns(seconds: &str) -> Option<u64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let mut ns = whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?;
    let mut unit = 100_000_000;
    for digit in fraction.chars() {
        ns = ns.checked_add(u64::from(digit.to_digit(10)?) * unit)?;
        unit /= 10;
    }
    Some(ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(
            decimal_ns("1795384739.958"),
            Some(1_795_384_739_958_000_000)
        );
        assert_eq!(decimal_ns("0.007"), Some(7_000_000));
        assert_eq!(decimal_ns("12"), Some(12_000_000_000));
        assert_eq!(decimal_ns("-"), None);
        assert_eq!(decimal_ns("1.x"), None);
    }

    #[test]
    fn wall_clock_instants_land_on_the_run_clock() {
        let wall = WallClock {
            wall_ns: 1_000_000_000_000,
            run_ns: 5_000_000_000,
        };
        assert_eq!(wall.at("1001.5"), Some(Timestamp::from_ns(6_500_000_000)));
        assert_eq!(wall.at("990"), Some(Timestamp::ZERO));
    }
}
