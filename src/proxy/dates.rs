//! The wall clock in calendar terms, for logs and the `Date` field.

use std::time::UNIX_EPOCH;

use crate::time::utc_now;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// The second that is, in the forms that every request needs. nginx, too, makes them once a second (`ngx_time_update`).
#[derive(Default)]
pub(super) struct Dates {
    second: u64,
    /// For the `Date` field.
    pub(super) http: String,
    /// For the access log.
    pub(super) local: String,
}

impl Dates {
    /// Brings them up to date.
    pub(super) fn update(&mut self) {
        let second = seconds();
        if second != self.second {
            let civil = Civil::at(second);
            *self = Dates {
                second,
                http: civil.http_date(),
                local: civil.time_local(),
            };
        }
    }
}

fn seconds() -> u64 {
    utc_now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A point of time in UTC, in calendar terms.
pub(super) struct Civil {
    year: i64,
    month: u64,
    day: u64,
    seconds: u64,
    weekday: &'static str,
}

impl Civil {
    pub(super) fn now() -> Civil {
        Civil::at(seconds())
    }

    /// Days to a date by the civil-from-days method: years start in March, eras are 400 years.
    fn at(since: u64) -> Civil {
        let days = since / 86_400;
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        Civil {
            year: (year_of_era + era * 400 + u64::from(month <= 2)) as i64,
            month,
            day: of_year - (153 * march_month + 2) / 5 + 1,
            seconds: since % 86_400,
            weekday: WEEKDAYS[(days % 7) as usize],
        }
    }

    /// `2026/11/22 21:49:08`, as the error log begins its lines.
    pub(super) fn log_time(&self) -> String {
        let (year, month, day) = (self.year, self.month, self.day);
        format!("{year}/{month:02}/{day:02} {}", self.time())
    }

    fn time(&self) -> String {
        let (h, m, s) = (
            self.seconds / 3600,
            self.seconds / 60 % 60,
            self.seconds % 60,
        );
        format!("{h:02}:{m:02}:{s:02}")
    }

    fn month_name(&self) -> &'static str {
        MONTHS[(self.month - 1) as usize]
    }

    /// `22/Nov/2026:21:49:08 +0000`, nginx's `$time_local` in UTC.
    fn time_local(&self) -> String {
        let (day, month, year) = (self.day, self.month_name(), self.year);
        format!("{day:02}/{month}/{year}:{} +0000", self.time())
    }

    /// `Sun, 22 Nov 2026 21:49:08 GMT`, for the `Date` field.
    fn http_date(&self) -> String {
        let (weekday, day, month) = (self.weekday, self.day, self.month_name());
        format!(
            "{weekday}, {day:02} {month} {} {} GMT",
            self.year,
            self.time()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (second, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        ] {
            assert_eq!(Civil::at(second).http_date(), date);
        }
    }

    #[test]
    fn they_are_made_anew_when_the_second_is_over() {
        let mut dates = Dates::default();
        dates.update();
        assert!(dates.http.ends_with(" GMT") && dates.local.ends_with(" +0000"));
        let mut stale = Dates {
            second: 1,
            http: "stale".to_owned(),
            local: String::new(),
        };
        stale.update();
        assert_ne!(stale.http, "stale");
    }
}
