//! A line of the combined format, by its fields; and its time.

use crate::time::calendar::{Date, month_of};

/// What can be counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The client's address: the first word.
    Address,
    /// The request's URI without what is behind a `?`.
    Uri,
    /// The status.
    Status,
}

/// A line of an access log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// The client's address.
    pub address: &'a [u8],
    /// When it was written.
    pub moment: Moment,
    /// The same as the line has it: `28/May/2026:13:55:36`.
    pub time: &'a [u8],
    /// The request's URI, whole; empty where the request was no request.
    pub uri: &'a [u8],
    /// The status.
    pub status: &'a [u8],
    /// What stands behind that: the size, and whatever the format has more.
    pub behind: &'a [u8],
}

/// A second, in the log's own zone: years, months, days, hours, minutes and seconds one after another, so that moments are in the order of time as
/// `28/May/2026` is not in the order of letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Moment(u64);

/// Length of `28/May/2026:13:55:36`.
const TIME: usize = 20;

impl<'a> Line<'a> {
    /// Reads a line; `None` for one that is none of an access log.
    pub fn parse(line: &'a [u8]) -> Option<Line<'a>> {
        let end = find(line, b' ')?;
        let (address, rest) = line.split_at(end);
        let open = find(rest, b'[')?;
        let rest = &rest[open + 1..];
        let (moment, time) = (Moment::of_log(rest)?, &rest[..TIME]);
        let quote = find(rest, b'"')?;
        let rest = &rest[quote + 1..];
        let close = closing_quote(rest)?;
        let (request, rest) = (&rest[..close], &rest[close + 1..]);
        let status = rest.trim_ascii_start();
        let (status, behind) = status.split_at(find(status, b' ').unwrap_or(status.len()));
        let uri = match (
            find(request, b' '),
            request.iter().rposition(|b| *b == b' '),
        ) {
            (Some(first), Some(last)) if last > first => &request[first + 1..last],
            _ => &[],
        };
        Some(Line {
            address,
            moment,
            time,
            uri,
            status,
            behind,
        })
    }

    /// One of its fields.
    pub fn field(&self, field: Field) -> &'a [u8] {
        match field {
            Field::Address => self.address,
            Field::Uri => self.path(),
            Field::Status => self.status,
        }
    }

    /// The URI without its query.
    pub fn path(&self) -> &'a [u8] {
        &self.uri[..find(self.uri, b'?').unwrap_or(self.uri.len())]
    }
}

impl Moment {
    /// Reads `28/May/2026:13:55:36`, with anything behind it.
    pub fn of_log(text: &[u8]) -> Option<Moment> {
        let text = text.get(..TIME)?;
        let fits = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':')];
        if !fits.iter().all(|(at, byte)| text[*at] == *byte) {
            return None;
        }
        let month = month_of(&text[3..6])?;
        let [day, hour, minute, second] =
            [&text[..2], &text[12..14], &text[15..17], &text[18..20]].map(number);
        let year = number(&text[7..11])?;
        Some(Moment::of(year, month, [day?, hour?, minute?, second?]))
    }

    /// Reads `2026-05-28T13:55:36`, the same with a space, or a day alone, which is its first second.
    pub fn of_words(text: &str) -> Option<Moment> {
        let bytes = text.as_bytes();
        let day = bytes.get(..10)?;
        if day[4] != b'-' || day[7] != b'-' {
            return None;
        }
        let of_day = match bytes.len() {
            10 => [0, 0, 0],
            19 if matches!(bytes[10], b'T' | b' ') && bytes[13] == b':' && bytes[16] == b':' => [
                number(&bytes[11..13])?,
                number(&bytes[14..16])?,
                number(&bytes[17..19])?,
            ],
            _ => return None,
        };
        let (month, date) = (number(&day[5..7])?, number(&day[8..10])?);
        let plausible = (1..=12).contains(&month) && (1..=31).contains(&date);
        plausible.then(|| {
            let [hour, minute, second] = of_day;
            Moment::of(
                number(&day[..4]).unwrap_or(0),
                month,
                [date, hour, minute, second],
            )
        })
    }

    fn of(year: u64, month: u64, [day, hour, minute, second]: [u64; 4]) -> Moment {
        let date = (year * 100 + month) * 100 + day;
        Moment(((date * 100 + hour) * 100 + minute) * 100 + second)
    }

    /// So many seconds earlier.
    pub fn earlier(self, seconds: u64) -> Moment {
        let part = |below: u64| (self.0 / below) % 100;
        let date = Date {
            year: self.0 / 10_000_000_000,
            month: part(100_000_000),
            day: part(1_000_000),
        };
        let of_day = part(10_000) * 3_600 + part(100) * 60 + part(1);
        let total = (date.number() * 86_400 + of_day).saturating_sub(seconds);
        let Date { year, month, day } = Date::of_number(total / 86_400);
        let of_day = total % 86_400;
        Moment::of(
            year,
            month,
            [day, of_day / 3_600, of_day / 60 % 60, of_day % 60],
        )
    }

    /// As digits: `20260528135536`.
    pub fn digits(self) -> u64 {
        self.0
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u64::from(digit - b'0'))
    })
}

fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

/// The end of a quoted field: servers escape a quote within one as `\"` or `\x22`.
fn closing_quote(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = br#"10.0.0.7 - - [28/May/2026:13:55:36 +0000] "GET /a/b?c=d HTTP/1.1" 200 2326 "-" "x \"y\"""#;

    #[test]
    fn the_fields_of_a_line() {
        let line = Line::parse(LINE).unwrap();
        assert_eq!(line.address, b"10.0.0.7");
        assert_eq!(line.uri, b"/a/b?c=d");
        assert_eq!(line.field(Field::Uri), b"/a/b");
        assert_eq!(line.field(Field::Status), b"200");
        assert_eq!(line.time, b"28/May/2026:13:55:36");
        assert!(line.behind.starts_with(b" 2326 "), "{line:?}");
        assert_eq!(line.moment.digits(), 20_260_528_135_536);
        let odd = br#"unix: - - [28/May/2026:13:55:36 +0000] "\x16\x03\x01" 400 157 "-" "-""#;
        let odd = Line::parse(odd).unwrap();
        assert_eq!((odd.uri, odd.status), (&b""[..], &b"400"[..]));
        for none in [
            &b""[..],
            b"hello",
            b"a - - [yesterday] \"GET / HTTP/1.1\" 200 1",
        ] {
            assert_eq!(Line::parse(none), None, "{}", String::from_utf8_lossy(none));
        }
    }

    #[test]
    fn moments_are_in_the_order_of_time_where_letters_are_not() {
        let moment = |text: &str| Moment::of_log(text.as_bytes()).unwrap();
        let (may, june) = (
            moment("28/May/2026:00:00:00"),
            moment("02/Jun/2026:00:00:00"),
        );
        assert!(may < june && "28/May/2026" > "02/Jun/2026");
        assert_eq!(Moment::of_words("2026-05-28"), Some(may));
        let later = Moment::of_words("2026-05-28T13:55:36");
        assert_eq!(later, Moment::of_words("2026-05-28 13:55:36"));
        assert_eq!(later, Line::parse(LINE).map(|line| line.moment));
        for wrong in ["2026-13-01", "28/May/2026", "2026-05-28T1:00", ""] {
            assert_eq!(Moment::of_words(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn earlier_goes_over_midnight_month_and_leap_day() {
        let words = |text| Moment::of_words(text).unwrap();
        for (from, seconds, to) in [
            ("2026-05-28T00:00:10", 20, "2026-05-27T23:59:50"),
            ("2026-06-01T00:00:00", 1, "2026-05-31T23:59:59"),
            ("2028-03-01T00:00:00", 86_400, "2028-02-29T00:00:00"),
            ("2026-01-01T00:00:00", 1, "2025-12-31T23:59:59"),
        ] {
            assert_eq!(words(from).earlier(seconds), words(to), "{from}");
        }
    }
}
