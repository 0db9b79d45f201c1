//! An access log: the busiest hour, sizes and times as they are. Combined format, with or without `$request_time` and `$upstream_response_time` at its end.

use std::collections::BTreeMap;
use std::path::Path;

use thiserror::Error;

use crate::files;
use crate::report::words::Words;
use crate::units::Bytes;
use crate::weblog::Line;

/// Larger logs are cut off by whoever names them.
const LARGEST: u64 = 1 << 31;
/// Length of `26/Nov/2026:13`, day and hour.
const HOUR: usize = 14;
/// Steps of a distribution: percentiles that a reader knows.
const STEPS: [f64; 8] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// A log that cannot be used.
#[derive(Debug, Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Read(String, std::io::Error),
    /// No line of it is one of an access log.
    #[error(
        "no line of `{0}` is one of the combined format\nhint: log_format combined, with $request_time and $upstream_response_time behind it if you like"
    )]
    Empty(String),
}

/// What a log says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AccessLog {
    /// Lines that were understood.
    pub lines: u64,
    /// Lines that were not.
    pub unparsed: u64,
    /// Requests of each hour, by its name: `26/Nov/2026:13`.
    pub hours: BTreeMap<String, u64>,
    /// Body sizes in bytes, sorted.
    pub sizes: Vec<u64>,
    /// Handler times in milliseconds, sorted; empty if the log has none.
    pub times_ms: Vec<u64>,
    /// Whether times are the handler's (`$upstream_response_time`) and not the client's too.
    pub by_upstream: bool,
}

impl AccessLog {
    /// Reads a log.
    ///
    /// # Errors
    /// Those of the disk; no line that is understood.
    pub fn read(path: &Path) -> Result<AccessLog, LogError> {
        let shown = path.display().to_string();
        let bytes =
            files::read(path, LARGEST).map_err(|error| LogError::Read(shown.clone(), error))?;
        let mut log = AccessLog::default();
        let mut requests: Vec<u64> = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                continue;
            }
            match parse(line) {
                Some(entry) => log.take(entry, &mut requests),
                None => log.unparsed += 1,
            }
        }
        if log.lines == 0 {
            return Err(LogError::Empty(shown));
        }
        if log.times_ms.is_empty() {
            log.times_ms = requests;
        }
        log.sizes.sort_unstable();
        log.times_ms.sort_unstable();
        Ok(log)
    }

    fn take(&mut self, entry: Entry, requests: &mut Vec<u64>) {
        self.lines += 1;
        *self.hours.entry(entry.hour).or_default() += 1;
        self.sizes.push(entry.size);
        if let Some(upstream) = entry.upstream_ms {
            self.by_upstream = true;
            self.times_ms.push(upstream);
        } else {
            requests.extend(entry.request_ms);
        }
    }

    /// The busiest hour and its requests a second.
    pub fn peak(&self) -> Option<(&str, f64)> {
        let peak = self.hours.iter().max_by_key(|(_, count)| **count)?;
        Some((peak.0, *peak.1 as f64 / 3600.0))
    }

    /// The largest response.
    pub fn largest(&self) -> Bytes {
        Bytes(self.sizes.last().copied().unwrap_or(0))
    }

    /// `response` and `wait` of a page, in TOML: as they are distributed.
    pub fn page(&self) -> (String, String) {
        let sizes = empirical(&self.sizes, |size| format!("{size}B"));
        let times = match self.times_ms.is_empty() {
            true => "\"10ms\"".to_owned(),
            false => empirical(&self.times_ms, |ms| format!("{ms}ms")),
        };
        (sizes, times)
    }

    /// What a reader should know of it, a line each.
    pub fn told(&self, words: &Words) -> Vec<String> {
        let at = |sorted: &[u64], share: f64| quantile(sorted, share);
        let size = |share: f64| Bytes(at(&self.sizes, share)).to_string();
        let facts = [
            ("lines", &self.lines.to_string()[..]),
            ("unparsed", &self.unparsed.to_string()),
            ("half", &size(0.5)),
            ("most", &size(0.99)),
            ("largest", &self.largest().to_string()),
        ];
        let mut out = vec![words.tell("site-read-log", &facts)];
        if let Some((hour, rate)) = self.peak() {
            let rate = format!("{rate:.2}");
            out.push(words.tell("site-read-hour", &[("hour", hour), ("rate", &rate)]));
        }
        if !self.times_ms.is_empty() {
            let of = match self.by_upstream {
                true => "site-read-handler-times",
                false => "site-read-request-times",
            };
            let time = |share: f64| at(&self.times_ms, share).to_string();
            out.push(words.tell(of, &[("half", &time(0.5)), ("most", &time(0.99))]));
        }
        out
    }
}

fn quantile(sorted: &[u64], share: f64) -> u64 {
    let last = sorted.len().saturating_sub(1);
    let index = (share * last as f64).round() as usize;
    sorted.get(index.min(last)).copied().unwrap_or(0)
}

/// `{ empirical = [["8KiB", 0.9], …] }`: each value up to its share.
fn empirical(sorted: &[u64], shown: impl Fn(u64) -> String) -> String {
    let mut steps: Vec<(u64, f64)> = Vec::new();
    let mut before = 0.0;
    for share in STEPS {
        let value = quantile(sorted, share);
        let weight = share - before;
        before = share;
        match steps.last_mut() {
            Some((last, sum)) if *last == value => *sum += weight,
            _ => steps.push((value, weight)),
        }
    }
    if let [(only, _)] = steps.as_slice() {
        return format!("\"{}\"", shown(*only));
    }
    let steps: Vec<String> = steps
        .iter()
        .map(|(value, weight)| format!("[\"{}\", {weight:.4}]", shown(*value)))
        .collect();
    format!("{{ empirical = [{}] }}", steps.join(", "))
}

/// One request.
struct Entry {
    hour: String,
    size: u64,
    request_ms: Option<u64>,
    upstream_ms: Option<u64>,
}

/// The combined format, perhaps with `$request_time` and `$upstream_response_time` behind it.
fn parse(line: &[u8]) -> Option<Entry> {
    let line = Line::parse(line)?;
    let _status: u16 = std::str::from_utf8(line.status).ok()?.parse().ok()?;
    let behind = String::from_utf8_lossy(line.behind);
    let size = match behind.split_whitespace().next()? {
        "-" => 0,
        size => size.parse().ok()?,
    };
    // Times stand behind what is quoted; `"0.003"` is as good as `0.003`.
    let times = behind.rfind("\" ").map_or("", |at| &behind[at + 2..]);
    let mut times = times.split_whitespace().filter_map(milliseconds);
    let request_ms = times.next();
    Some(Entry {
        hour: String::from_utf8_lossy(&line.time[..HOUR]).into_owned(),
        size,
        request_ms,
        upstream_ms: times.next(),
    })
}

/// Seconds with a point, perhaps in quotes or behind `rt=`; of several upstreams the sum.
fn milliseconds(word: &str) -> Option<u64> {
    let word = word.rsplit('=').next()?.trim_matches(['"', ',', ';']);
    let mut total = 0.0;
    for one in word.split([',', ':']) {
        let seconds: f64 = one.trim().parse().ok()?;
        total += seconds;
    }
    (word.contains('.') && (0.0..1e6).contains(&total)).then_some((total * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_lines_with_and_without_times() {
        let plain = r#"1.2.3.4 - - [26/Nov/2026:13:05:06 +0000] "GET /a\"b HTTP/1.1" 200 1234 "-" "Mozilla/5.0 (X)""#;
        let entry = parse(plain.as_bytes()).unwrap();
        assert_eq!((entry.hour.as_str(), entry.size), ("26/Nov/2026:13", 1234));
        assert_eq!((entry.request_ms, entry.upstream_ms), (None, None));
        let timed = format!("{plain} 0.250 0.120");
        let entry = parse(timed.as_bytes()).unwrap();
        assert_eq!(
            (entry.request_ms, entry.upstream_ms),
            (Some(250), Some(120))
        );
        let named = format!("{plain} rt=0.250 urt=\"0.100, 0.020\"");
        assert_eq!(parse(named.as_bytes()).unwrap().request_ms, Some(250));
        assert!(parse(b"nonsense").is_none());
        assert!(parse(b"").is_none());
    }

    #[test]
    fn a_log_becomes_a_page_and_its_busiest_hour() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("access.log");
        let line = |hour: u32, size: u32, time: &str| {
            format!(
                "1.1.1.1 - - [26/Nov/2026:{hour:02}:00:00 +0000] \"GET / HTTP/1.1\" 200 {size} \"-\" \"x\" {time}\n"
            )
        };
        let mut text = "garbage\n".to_owned();
        for n in 0..100 {
            text += &line(if n < 70 { 9 } else { 10 }, 100 * (n + 1), "0.500 0.010");
        }
        std::fs::write(&path, text).unwrap();
        let log = AccessLog::read(&path).unwrap();
        assert_eq!((log.lines, log.unparsed), (100, 1));
        assert_eq!(log.peak().unwrap().0, "26/Nov/2026:09");
        assert_eq!(log.largest(), Bytes(10_000));
        let (sizes, times) = log.page();
        assert!(
            sizes.starts_with("{ empirical = [[\"1100B\", 0.1000]"),
            "{sizes}"
        );
        assert_eq!(times, "\"10ms\"");
        std::fs::write(&path, "garbage\n").unwrap();
        assert!(AccessLog::read(&path).is_err());
    }
}
