//! The clock of a run, and the two others that a run needs now and then.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use super::{Span, Timestamp};

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
        Timestamp::from_ns(monotonic_ns().saturating_sub(self.origin_ns))
    }

    /// How long from now until `at`; zero if it has passed.
    pub fn until(&self, at: Timestamp) -> Duration {
        at.since(self.now()).to_duration()
    }
}

fn monotonic_ns() -> u64 {
    reading_ns(ClockId::Monotonic)
}

fn reading_ns(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    let secs = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    secs * 1_000_000_000 + nanos
}

/// For how long this machine was suspended since it started: CLOCK_BOOTTIME minus CLOCK_MONOTONIC. Two readings a moment apart are part of it.
pub(crate) fn suspended() -> Span {
    let awake = reading_ns(ClockId::Monotonic);
    Span::from_ns(reading_ns(ClockId::Boottime).saturating_sub(awake))
}

/// CPU time that this thread has used: for burning a given amount of CPU, whatever else runs on the machine.
pub fn thread_cpu_time() -> Span {
    Span::from_ns(reading_ns(ClockId::ThreadCPUTime))
}

/// For how long this thread was ready to run while others had the CPU: the second field of `/proc/thread-self/schedstat`. `None` without
/// CONFIG_SCHED_INFO.
pub fn thread_waited_for_cpu() -> Option<Span> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let waited = told.split_ascii_whitespace().nth(1)?;
    waited.parse().ok().map(Span::from_ns)
}

/// The wall clock, for folder names and manifests only: never subtract two of these.
pub fn utc_now() -> std::time::SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    std::time::SystemTime::now()
}

/// The wall clock's time as a stamp of whole seconds: `2026-11-22T21:35:00Z`.
pub fn utc_stamp() -> String {
    stamp(utc_now())
}

/// A clock that is set to before 1970 or after 9999 gives the nearest stamp that there is: it is a name, nothing is measured by it.
fn stamp(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = UNIX_EPOCH + since.min(LAST_STAMP);
    humantime::format_rfc3339_seconds(at).to_string()
}

/// 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year.
const LAST_STAMP: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_wrong_gives_a_stamp_all_the_same() {
        let day = Duration::from_secs(86_400);
        for (at, expected) in [
            (UNIX_EPOCH, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH - day, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH - 40_000 * day, "1970-01-01T00:00:00Z"),
            (
                UNIX_EPOCH + Duration::from_millis(1_795_383_542_900),
                "2026-11-22T21:39:02Z",
            ),
            (UNIX_EPOCH + LAST_STAMP, "9999-12-31T23:59:59Z"),
            (UNIX_EPOCH + LAST_STAMP + day, "9999-12-31T23:59:59Z"),
            (UNIX_EPOCH + 1000 * LAST_STAMP, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(stamp(at), expected, "{at:?}");
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
