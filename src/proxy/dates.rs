//! The wall clock in the forms of logs and of the `Date` field.

use crate::time::calendar::{Civil, unix_seconds};
use crate::time::{Span, Timestamp};

/// By so much a date may be late. nginx's is by as long as a turn of its loop takes.
const GRAIN: Span = Span::from_ms(1);

/// The second that is, in the forms that every request needs. nginx, too, makes them once a second (`ngx_time_update`).
#[derive(Default)]
pub(super) struct Dates {
    second: u64,
    /// When the wall clock is to be read again.
    due: Timestamp,
    /// For the `Date` field.
    pub(super) http: String,
    /// For the access log.
    pub(super) local: String,
}

impl Dates {
    /// Brings them up to date, if `now` is long enough after the last time.
    pub(super) fn update(&mut self, now: Timestamp) {
        if now < self.due {
            return;
        }
        self.due = now + GRAIN;
        let second = unix_seconds();
        if second != self.second {
            let civil = Civil::at(second);
            self.second = second;
            self.http = civil.http_date();
            self.local = civil.time_local();
        }
    }
}

/// Now, as the error log begins its lines: `2026/11/22 21:49:08`.
pub(super) fn log_time() -> String {
    let now = Civil::now();
    let date = now.date;
    format!(
        "{}/{:02}/{:02} {}",
        date.year,
        date.month,
        date.day,
        now.time()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_made_anew_when_the_second_is_over() {
        let mut dates = Dates::default();
        dates.update(Timestamp::from_us(0));
        assert!(dates.http.ends_with(" GMT") && dates.local.ends_with(" +0000"));
        (dates.second, dates.http) = (1, "stale".to_owned());
        dates.update(Timestamp::from_us(999));
        assert_eq!(dates.http, "stale", "the wall clock was read just now");
        dates.update(Timestamp::from_us(1000));
        assert_ne!(dates.http, "stale");
    }
}
