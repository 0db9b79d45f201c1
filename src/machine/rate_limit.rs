//! nginx's `limit_rate` and `proxy_limit_rate`: a budget in whole seconds, and a pause after each transfer.
//!
//! `ngx_http_write_filter` and `ngx_event_pipe_read_upstream` share the rule: what may be moved by now is the rate times the whole seconds begun
//! since the start, and a transfer of so many bytes is followed by the time that they are worth. While it pauses, a connection is *delayed*:
//! its idle timer does not run, and events on it wait.

use crate::time::{Span, Timestamp};
use crate::units::ByteRate;

const MS_PER_SEC: u64 = 1_000;

/// A limit of one direction of one response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RateLimit {
    /// Bytes a second, at least 1.
    rate: u64,
    /// Bytes that pass before the limit counts (`limit_rate_after`).
    free: u64,
    /// nginx's `start_sec`.
    start_sec: u64,
}

impl RateLimit {
    /// A limit that counts from `now`; `None` for a rate of zero, which is no limit.
    pub(super) fn new(rate: ByteRate, free: u64, now: Timestamp) -> Option<RateLimit> {
        (rate.0 > 0).then(|| RateLimit {
            rate: rate.0,
            free,
            start_sec: now.as_secs(),
        })
    }

    /// How many bytes may be moved now, `moved` having been moved since the start.
    ///
    /// # Errors
    /// The pause until some may be.
    pub(super) fn budget(&self, now: Timestamp, moved: u64) -> Result<u64, Span> {
        let seconds = now.as_secs().saturating_sub(self.start_sec) + 1;
        let allowed = self.rate.saturating_mul(seconds).saturating_add(self.free);
        match allowed.checked_sub(moved) {
            Some(left) if left > 0 => Ok(left),
            _ => Err(Span::from_ms(
                (moved - allowed) * MS_PER_SEC / self.rate + 1,
            )),
        }
    }

    /// The pause after the count of moved bytes went from `before` to `after`; none below a millisecond.
    pub(super) fn pause(&self, before: u64, after: u64) -> Option<Span> {
        let counted = after.saturating_sub(self.free) - before.saturating_sub(self.free);
        let ms = counted.saturating_mul(MS_PER_SEC) / self.rate;
        (ms > 0).then(|| Span::from_ms(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(at: u64) -> Timestamp {
        Timestamp::from_us(at * 1000)
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        assert_eq!(RateLimit::new(ByteRate(0), 10, ms(0)), None);
    }

    #[test]
    fn the_budget_grows_by_whole_seconds_of_the_clock() {
        let limit = RateLimit::new(ByteRate(1000), 0, ms(2900)).unwrap();
        assert_eq!(limit.budget(ms(2999), 0), Ok(1000));
        assert_eq!(limit.budget(ms(3000), 0), Ok(2000), "a second began");
        assert_eq!(limit.budget(ms(3000), 2500), Err(Span::from_ms(501)));
        assert_eq!(limit.budget(ms(3000), 2000), Err(Span::from_ms(1)));
    }

    #[test]
    fn a_pause_is_what_the_bytes_are_worth_beyond_the_free_ones() {
        let limit = RateLimit::new(ByteRate(1000), 500, ms(0)).unwrap();
        assert_eq!(limit.pause(0, 500), None);
        assert_eq!(limit.pause(400, 600), Some(Span::from_ms(100)));
        assert_eq!(limit.pause(600, 600), None);
        assert_eq!(limit.budget(ms(0), 1200), Ok(300));
    }
}
