//! The wall clock in the forms of logs and of the `Date` field.

use crate::time::calendar::{Civil, unix_seconds};

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
        let second = unix_seconds();
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
