//! Time in which this machine did nothing for anybody: it was suspended, or its hypervisor ran others.

use std::fs;

use crate::record::EventKind;
use crate::time::{Span, suspended};

use super::load::cores;
use super::proc::in_us;

/// Shorter than this is the distance of two readings.
const LEAST_SUSPENDED: Span = Span::from_ms(10);

/// Where both kinds of lost time stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LostTime {
    /// What was slept through since boot.
    suspended: Span,
    /// The column `steal` of `/proc/stat`, over all CPUs.
    stolen: Span,
    cpus: u64,
}

impl LostTime {
    /// As of now.
    pub(super) fn now() -> LostTime {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        LostTime::new(suspended(), &stat)
    }

    fn new(suspended: Span, stat: &str) -> LostTime {
        let of_cpu = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
        let stolen = cores(stat).map_or(0, |cores| cores.stolen);
        LostTime {
            suspended,
            stolen: Span::from_us(in_us(stolen)),
            cpus: stat.lines().filter(of_cpu).count() as u64,
        }
    }

    /// What was lost from `earlier` to this, in `elapsed`; `None` if nothing was.
    pub(super) fn since(&self, earlier: &LostTime, elapsed: Span) -> Option<EventKind> {
        let suspended = self.suspended.saturating_sub(earlier.suspended);
        let stolen = self.stolen.saturating_sub(earlier.stolen);
        let some = suspended >= LEAST_SUSPENDED || stolen > Span::ZERO;
        some.then(|| EventKind::TimeLost {
            suspended_us: suspended.as_us(),
            stolen_us: stolen.as_us(),
            cpus: self.cpus,
            elapsed_us: elapsed.as_us(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  27 47 10 18 3 0 3 76 0 0\ncpu0 13 24 5 9 1 0 1 38 0 0\ncpu1 14 23 5 9 2 0 2 38 0 0\nintr 5\n";

    #[test]
    fn what_was_lost_is_the_difference_of_two_readings() {
        let early = LostTime::new(Span::from_secs(7), STAT);
        let later = LostTime::new(Span::from_secs(10), &STAT.replace("3 76", "3 96"));
        let lost = later.since(&early, Span::from_secs(20));
        let expected = EventKind::TimeLost {
            suspended_us: 3_000_000,
            stolen_us: 200_000,
            cpus: 2,
            elapsed_us: 20_000_000,
        };
        assert_eq!(lost, Some(expected));
    }

    #[test]
    fn two_readings_a_moment_apart_are_no_loss() {
        let early = LostTime::new(Span::from_us(7), STAT);
        let later = LostTime::new(Span::from_us(9), STAT);
        assert_eq!(later.since(&early, Span::from_secs(1)), None);
    }

    #[test]
    fn this_machine_can_be_asked() {
        assert!(LostTime::now().cpus >= 1);
    }
}
