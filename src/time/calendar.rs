//! The wall clock in calendar terms, in UTC: the proleptic Gregorian calendar, by eras of 400 years that begin in March (H. Hinnant, `civil_from_days`,
//! `days_from_civil`).

use std::time::UNIX_EPOCH;

use super::utc_now;

/// Of 1970-01-01, since the first of March of the year 0.
const UNIX_DAY: u64 = 719_468;
/// As logs and HTTP write them.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// From that of 1970-01-01 on.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// A day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    /// From 0 on.
    pub year: u64,
    /// From 1 on.
    pub month: u64,
    /// From 1 on.
    pub day: u64,
}

impl Date {
    /// So many days after the first of March of the year 0.
    pub fn of_number(days: u64) -> Date {
        let (era, doe) = (days / 146_097, days % 146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        Date {
            year: yoe + era * 400 + u64::from(month <= 2),
            month,
            day: doy - (153 * mp + 2) / 5 + 1,
        }
    }

    /// The inverse.
    pub fn number(self) -> u64 {
        let year = self.year.saturating_sub(u64::from(self.month <= 2));
        let (era, of_era) = (year / 400, year % 400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day.saturating_sub(1);
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
    }
}

/// The number of a month that has this name in logs, from 1 on.
pub fn month_of(name: &[u8]) -> Option<u64> {
    let place = MONTHS.iter().position(|known| known.as_bytes() == name)?;
    Some(place as u64 + 1)
}

/// A second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// Its day.
    pub date: Date,
    weekday: &'static str,
    seconds: u64,
}

impl Civil {
    /// The second that is.
    pub fn now() -> Civil {
        Civil::at(unix_seconds())
    }

    /// So many seconds after 1970 began.
    pub fn at(since: u64) -> Civil {
        let days = since / 86_400;
        Civil {
            date: Date::of_number(days + UNIX_DAY),
            weekday: WEEKDAYS[(days % 7) as usize],
            seconds: since % 86_400,
        }
    }

    /// `21:49:08`.
    pub fn time(&self) -> String {
        let (h, m, s) = (
            self.seconds / 3_600,
            self.seconds / 60 % 60,
            self.seconds % 60,
        );
        format!("{h:02}:{m:02}:{s:02}")
    }

    /// `22/Nov/2026:21:49:08 +0000`, as access logs have it (nginx's `$time_local`, gunicorn's `%(t)s`).
    pub fn time_local(&self) -> String {
        let Date { year, day, .. } = self.date;
        format!("{day:02}/{}/{year}:{} +0000", self.month(), self.time())
    }

    /// `Sun, 22 Nov 2026 21:49:08 GMT`, for the `Date` field.
    pub fn http_date(&self) -> String {
        let Date { year, day, .. } = self.date;
        let (weekday, month, time) = (self.weekday, self.month(), self.time());
        format!("{weekday}, {day:02} {month} {year} {time} GMT")
    }

    fn month(&self) -> &'static str {
        MONTHS[(self.date.month - 1) as usize]
    }
}

/// Whole seconds since 1970 by the wall clock; 0 if that is set to before.
pub fn unix_seconds() -> u64 {
    utc_now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (second, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (1_795_383_542, "Sun, 22 Nov 2026 21:39:02 GMT"),
        ] {
            assert_eq!(Civil::at(second).http_date(), date);
        }
        let local = Civil::at(1_795_383_542).time_local();
        assert_eq!(local, "22/Nov/2026:21:39:02 +0000");
    }

    #[test]
    fn a_day_has_one_number_and_a_number_one_day() {
        for number in (0..4 * 146_097).step_by(61) {
            assert_eq!(Date::of_number(number).number(), number);
        }
        assert_eq!(Civil::at(0).date.number(), UNIX_DAY);
        assert_eq!((month_of(b"Dec"), month_of(b"dec")), (Some(12), None));
    }
}
