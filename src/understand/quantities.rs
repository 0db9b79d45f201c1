//! nginx's sizes and times, in TOML strings.

/// `64k`, `1m`, `512` as `"64KiB"`, `"1MiB"`, `"512B"`.
pub(in crate::understand) fn size(text: &str) -> Option<String> {
    let (digits, unit) = match text.to_ascii_lowercase().chars().last()? {
        'k' => (&text[..text.len() - 1], "KiB"),
        'm' => (&text[..text.len() - 1], "MiB"),
        'g' => (&text[..text.len() - 1], "GiB"),
        _ => (text, "B"),
    };
    let number: u64 = digits.parse().ok()?;
    Some(format!("\"{number}{unit}\""))
}

/// `100k` as `"100KiB/s"`.
pub(in crate::understand) fn rate(text: &str) -> Option<String> {
    let size = size(text)?;
    Some(format!("{}/s\"", size.trim_end_matches('"')))
}

/// `60`, `60s`, `1m30s`, `250ms` as `"1m"` and the like: nginx's units, a bare number being seconds.
pub(in crate::understand) fn time(text: &str) -> Option<String> {
    let ms = time_ms(text)?;
    Some(format!("\"{}\"", crate::time::Span::from_ms(ms)))
}

fn time_ms(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let number: u64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        // `ms` before `m`, which is a minute; `M` is a month.
        let units = [
            ("ms", 1),
            ("s", 1_000),
            ("m", 60_000),
            ("h", 3_600_000),
            ("d", 86_400_000),
            ("w", 604_800_000),
        ];
        let (length, factor) = match units.iter().find(|(unit, _)| rest.starts_with(unit)) {
            Some((unit, factor)) => (unit.len(), *factor),
            None if rest.is_empty() || rest.starts_with(' ') => (0, 1_000),
            None => return None,
        };
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = rest[length..].trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginx_units_become_ours() {
        for (theirs, ours) in [
            ("64k", Some("\"64KiB\"")),
            ("1M", Some("\"1MiB\"")),
            ("512", Some("\"512B\"")),
            ("0", Some("\"0B\"")),
            ("x", None),
            ("", None),
            ("12q", None),
        ] {
            assert_eq!(size(theirs).as_deref(), ours, "{theirs}");
        }
        for (theirs, ours) in [
            ("60", Some("\"1m\"")),
            ("75s", Some("\"1m15s\"")),
            ("1m 30s", Some("\"1m30s\"")),
            ("1m30s", Some("\"1m30s\"")),
            ("250ms", Some("\"250ms\"")),
            ("0", Some("\"0s\"")),
            ("1d", Some("\"1day\"")),
            ("1y", None),
            ("s", None),
            ("", None),
        ] {
            assert_eq!(time(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
