//! Numbers as people read them: three significant digits and a unit.

use crate::units::{significant, trimmed};

/// Microseconds as `8 us`, `0.85 ms`, `5.20 ms`, `3.00 s`, `2 min 5 s`.
pub fn micros(us: u64) -> String {
    match us {
        0 => "0 ms".to_owned(),
        1..10 => format!("{us} us"),
        10..59_950_000 if us < 999_500 => format!("{} ms", significant(us as f64 / 1e3)),
        10..59_950_000 => format!("{} s", significant(us as f64 / 1e6)),
        _ => {
            let secs = (us as f64 / 1e6).round() as u64;
            match (secs / 3600, secs / 60 % 60, secs % 60) {
                (0, minutes, 0) => format!("{minutes} min"),
                (0, minutes, secs) => format!("{minutes} min {secs} s"),
                (hours, minutes, _) => format!("{hours} h {minutes} min"),
            }
        }
    }
}

/// Seconds, in the same words.
pub fn seconds(secs: f64) -> String {
    micros((secs.max(0.0) * 1e6).round() as u64)
}

/// A label on a time axis: no digits beyond those needed (`1 ms`, `20 ms`, `1 s`, `1 min 40 s`).
pub fn tick_micros(us: f64) -> String {
    if us < 10.0 {
        format!("{us:.0} us")
    } else if us < 999_500.0 {
        format!("{} ms", trimmed(us / 1e3))
    } else if us < 59_950_000.0 {
        format!("{} s", trimmed(us / 1e6))
    } else {
        micros(us.round() as u64)
    }
}

/// A share of one as `87 %`; small but not zero stays visible.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent > 0.0 && percent < 0.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// A count with thin grouping: `12 345`.
pub fn count(n: u64) -> String {
    let plain = n.to_string();
    if plain.len() < 5 {
        return plain;
    }
    let mut grouped = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// Columns of a terminal that a text takes: two for a Hangul syllable, a full-width letter or an ideograph.
pub fn columns(text: &str) -> usize {
    let wide = |letter: char| {
        matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
    };
    text.chars()
        .map(|letter| 1 + usize::from(wide(letter)))
        .sum()
}

/// Text broken at spaces into lines of at most `width` columns, each behind `indent`.
pub fn wrapped(width: usize, text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_string()];
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let line = lines.last_mut().expect("it begins with one line");
        let fresh = line.len() == indent.len();
        if !fresh && columns(line) + 1 + columns(word) > width {
            lines.push(format!("{indent}{word}"));
        } else {
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits() {
        let cases = [
            (0, "0 ms"),
            (8, "8 us"),
            (850, "0.85 ms"),
            (5_200, "5.20 ms"),
            (43_210, "43.2 ms"),
            (999_400, "999 ms"),
            (999_700, "1.00 s"),
            (3_000_000, "3.00 s"),
            (59_940_000, "59.9 s"),
            (60_000_000, "1 min"),
            (125_000_000, "2 min 5 s"),
            (3_660_000_000, "1 h 1 min"),
        ];
        for (us, text) in cases {
            assert_eq!(micros(us), text, "{us} us");
        }
    }

    #[test]
    fn ticks_drop_what_they_do_not_need() {
        let cases = [
            (5.0, "5 us"),
            (1e3, "1 ms"),
            (2e4, "20 ms"),
            (5e5, "500 ms"),
            (1e6, "1 s"),
            (2.5e6, "2.5 s"),
            (1e8, "1 min 40 s"),
        ];
        for (us, text) in cases {
            assert_eq!(tick_micros(us), text);
        }
    }

    #[test]
    fn counts_and_shares() {
        assert_eq!(count(1234), "1234");
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(percent(0.874), "87 %");
        assert_eq!(percent(0.004), "0.4 %");
        assert_eq!(percent(0.0), "0 %");
    }

    #[test]
    fn hangul_takes_two_columns() {
        assert_eq!(columns("p99 – 5 × 504"), 13);
        assert_eq!(columns("워커 4개"), 8);
    }
}
