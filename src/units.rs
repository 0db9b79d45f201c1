//! Bytes and rates as types, and the strings that stand for them in files.
//!
//! Binary units are written `KiB`, `MiB`, `GiB`; decimal ones `kB`, `MB`, `GB`. nginx's `64k` (which means 64 KiB there and
//! 64 000 to most people) is refused with the two spellings it could have meant: an ambiguous number in a scenario is a
//! wrong experiment.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes. In files a string with a unit, such as `"64KiB"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bytes(pub u64);

/// Bytes per second. In files `"40KiB/s"` or `"384kbit/s"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ByteRate(pub u64);

/// Happenings per second, for arrivals. In files `"40/s"` or `"90/min"`.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct EventRate(pub f64);

const UNITS: [(&str, u64); 8] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 0), // refused: see `scaled`
    ("B", 1),
];

impl Bytes {
    /// `n` KiB.
    pub const fn kib(n: u64) -> Bytes {
        Bytes(n << 10)
    }

    /// `n` MiB.
    pub const fn mib(n: u64) -> Bytes {
        Bytes(n << 20)
    }

    /// The count as a `usize`.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Splits `1.5MiB` into 1.5 and `MiB`.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let number = text[..end].parse::<f64>().ok()?;
    Some((number, text[end..].trim()))
}

fn scaled(number: f64, unit: &str, text: &str) -> Result<u64, String> {
    let digits = number;
    match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) if *factor > 0 => {
            let value = number * *factor as f64;
            if value.fract() != 0.0 && value < 1.0 {
                return Err(format!("`{text}` is less than one byte"));
            }
            if value > 9e18 {
                return Err(format!("`{text}` is too large"));
            }
            Ok(value.round() as u64)
        }
        _ => match unit.to_ascii_lowercase().as_str() {
            "" => Err(format!(
                "`{text}` has no unit; write `{digits}B`, `{digits}KiB` or `{digits}MiB`"
            )),
            "k" | "kb" | "kib" => Err(format!(
                "`{text}` is ambiguous; write `{digits}KiB` (1024 bytes, nginx's `k`) or `{digits}kB` (1000 bytes)"
            )),
            "m" | "mib" => Err(format!(
                "`{text}` is ambiguous; write `{digits}MiB` (nginx's `m`) or `{digits}MB` (1000000 bytes)"
            )),
            "g" | "gib" => Err(format!(
                "`{text}` is ambiguous; write `{digits}GiB` (nginx's `g`) or `{digits}GB` (1000000000 bytes)"
            )),
            _ => Err(format!(
                "`{unit}` is not a unit of bytes; use B, KiB, MiB, GiB, kB, MB or GB"
            )),
        },
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Bytes, String> {
        let (number, unit) = split_number(text)
            .ok_or_else(|| format!("`{text}` is not a size; write for example `64KiB`"))?;
        scaled(number, unit, text).map(Bytes)
    }
}

impl FromStr for ByteRate {
    type Err = String;

    fn from_str(text: &str) -> Result<ByteRate, String> {
        let Some(per_second) = text.trim().strip_suffix("/s") else {
            return Err(format!(
                "`{text}` is not a rate; write for example `40KiB/s` or `384kbit/s`"
            ));
        };
        let (number, unit) = split_number(per_second)
            .ok_or_else(|| format!("`{text}` is not a rate; write for example `40KiB/s`"))?;
        let bits = match unit {
            "bit" => Some(1.0),
            "kbit" => Some(1e3),
            "Mbit" => Some(1e6),
            "Gbit" => Some(1e9),
            _ => None,
        };
        match bits {
            Some(factor) => Ok(ByteRate((number * factor / 8.0).round() as u64)),
            None => scaled(number, unit, per_second).map(ByteRate),
        }
    }
}

impl FromStr for EventRate {
    type Err = String;

    fn from_str(text: &str) -> Result<EventRate, String> {
        let bad =
            || format!("`{text}` is not a rate of arrivals; write for example `40/s` or `90/min`");
        let (number, unit) = split_number(text).ok_or_else(bad)?;
        match unit {
            "/s" => Ok(EventRate(number)),
            "/min" => Ok(EventRate(number / 60.0)),
            "/h" => Ok(EventRate(number / 3600.0)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
            .into_iter()
            .find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor));
        match exact {
            Some((unit, factor)) => f.pad(&format!("{}{unit}", self.0 / factor)),
            None => f.pad(&format!("{}B", self.0)),
        }
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", Bytes(self.0)))
    }
}

impl fmt::Display for EventRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", self.0))
    }
}

/// A number of bytes for people: up to three significant digits and a binary unit, as in `812 B`, `16 KiB`, `4.25 MiB`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, size) in UNITS {
        if bytes >= size {
            return format!("{} {unit}", trimmed(bytes as f64 / size as f64));
        }
    }
    format!("{bytes} B")
}

/// A line's rate for people, in the decimal bits in which lines are sold: `384 kbit/s`, `100 Mbit/s`.
pub fn human_bits(rate: ByteRate) -> String {
    const UNITS: [(&str, u64); 3] = [
        ("Gbit/s", 1_000_000_000),
        ("Mbit/s", 1_000_000),
        ("kbit/s", 1_000),
    ];
    let bits = rate.0.saturating_mul(8);
    let unit = UNITS.into_iter().find(|(_, size)| bits >= *size);
    unit.map_or(format!("{bits} bit/s"), |(unit, size)| {
        format!("{} {unit}", trimmed(bits as f64 / size as f64))
    })
}

/// So many of a thing whose plural is regular: `1 worker`, `4 workers`.
pub fn counted(count: u64, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

/// A positive number with three significant digits, as in `4.25`, `16.0`, `812`.
pub fn significant(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// The same without zeros that say nothing, as in `4`.
pub fn trimmed(value: f64) -> String {
    let text = significant(value);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Deserialises a quantity that must be a string with a unit; a bare number gets a message that says so.
pub(crate) fn from_quantity<'de, D, T>(deserializer: D, what: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    struct Quantity<T>(&'static str, std::marker::PhantomData<T>);
    impl<T: FromStr<Err = String>> Visitor<'_> for Quantity<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} (a string with a unit)", self.0)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_any(Quantity(what, std::marker::PhantomData))
}

macro_rules! quantity_serde {
    ($type:ty, $what:literal, $pattern:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": concat!("A string: ", $what, ".") })
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                from_quantity(deserializer, $what)
            }
        }
    };
}

quantity_serde!(
    Bytes,
    "a size such as \"64KiB\"",
    r"^[0-9.]+ *(GiB|MiB|KiB|GB|MB|kB|B)$"
);
quantity_serde!(
    ByteRate,
    "a rate such as \"40KiB/s\"",
    r"^[0-9.]+ *((GiB|MiB|KiB|GB|MB|kB|B)/s|(bit|kbit|Mbit|Gbit)/s)$"
);
quantity_serde!(
    EventRate,
    "a rate of arrivals such as \"40/s\"",
    r"^[0-9.]+/(s|min|h)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_get_three_digits_and_no_empty_ones() {
        for (bytes, text) in [
            (812, "812 B"),
            (16 << 10, "16 KiB"),
            (4 << 20, "4 MiB"),
            (4_456_448, "4.25 MiB"),
            (249_000, "243 KiB"),
            (3 << 30, "3 GiB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }

    #[test]
    fn sizes_read_and_print() {
        for (text, bytes) in [
            ("64KiB", 65_536),
            ("1MiB", 1 << 20),
            ("1.5MiB", 1_572_864),
            ("2kB", 2000),
            ("7B", 7),
        ] {
            assert_eq!(text.parse::<Bytes>(), Ok(Bytes(bytes)), "{text}");
        }
        assert_eq!(Bytes(65_536).to_string(), "64KiB");
        assert_eq!(Bytes(65_537).to_string(), "65537B");
    }

    #[test]
    fn ambiguous_sizes_are_refused_with_both_readings() {
        for text in ["64k", "64K", "64KB"] {
            let error = text.parse::<Bytes>().unwrap_err();
            assert!(error.contains("64KiB") && error.contains("64kB"), "{error}");
        }
        assert!("64".parse::<Bytes>().unwrap_err().contains("no unit"));
        assert!("64 bananas".parse::<Bytes>().is_err());
        assert!("".parse::<Bytes>().is_err());
        assert!("-4KiB".parse::<Bytes>().is_err());
    }

    #[test]
    fn rates_read() {
        assert_eq!("40KiB/s".parse(), Ok(ByteRate(40_960)));
        assert_eq!("384kbit/s".parse(), Ok(ByteRate(48_000)));
        assert!("40KiB".parse::<ByteRate>().is_err());
        assert_eq!("40/s".parse(), Ok(EventRate(40.0)));
        assert_eq!("90/min".parse(), Ok(EventRate(1.5)));
        assert!("40".parse::<EventRate>().is_err());
    }

    #[test]
    fn lines_are_told_in_bits_and_one_thing_has_no_plural() {
        for (rate, text) in [
            (48_000, "384 kbit/s"),
            (12_500_000, "100 Mbit/s"),
            (3, "24 bit/s"),
        ] {
            assert_eq!(human_bits(ByteRate(rate)), text);
        }
        assert_eq!(counted(1, "worker"), "1 worker");
        assert_eq!(counted(0, "worker"), "0 workers");
    }
}
