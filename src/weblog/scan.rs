//! One pass over lines.

use std::io::{self, BufRead};

use super::{Counts, Field, Line, Moment};

/// What is asked of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// What is counted.
    pub by: Field,
    /// Lines from this second on; `None` from the first.
    pub since: Option<Moment>,
    /// Lines before this second; `None` to the last.
    pub until: Option<Moment>,
    /// Requests for this path are left out.
    pub exclude: Option<Vec<u8>>,
    /// Distinct keys that are kept.
    pub most_keys: usize,
}

/// What one pass found.
#[derive(Debug)]
pub struct Found {
    /// The keys.
    pub counts: Counts,
    /// Lines read, and their bytes.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Lines that are none of an access log.
    pub strange: u64,
}

/// Reads lines to the end.
///
/// # Errors
/// Those of reading.
pub fn scan(asked: &Asked, mut input: impl BufRead) -> io::Result<Found> {
    let mut found = Found {
        counts: Counts::new(asked.most_keys),
        lines: 0,
        bytes: 0,
        strange: 0,
    };
    let mut line = Vec::with_capacity(1024);
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(found);
        }
        found.lines += 1;
        found.bytes += read as u64;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        match Line::parse(text) {
            Some(line) => {
                if asked.wants(&line) {
                    found.counts.add(line.field(asked.by));
                }
            }
            None => found.strange += 1,
        }
    }
}

impl Asked {
    fn wants(&self, line: &Line<'_>) -> bool {
        let in_time = self.since.is_none_or(|since| line.moment >= since)
            && self.until.is_none_or(|until| line.moment < until);
        let excluded = (self.exclude.as_deref()).is_some_and(|uri| line.path() == uri);
        in_time && !excluded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_time_without_one_path() {
        let mut log = String::new();
        for minute in 0..10 {
            log += &format!(
                "10.0.0.1 - - [28/May/2026:13:0{minute}:00 +0000] \"GET /healthz HTTP/1.1\" 200 2 \"-\" \"-\"\n"
            );
            log += &format!(
                "10.0.0.{} - - [28/May/2026:13:0{minute}:30 +0000] \"GET /?q=1 HTTP/1.1\" 200 2 \"-\" \"-\"\n",
                minute % 2
            );
        }
        log += "half a line";
        let asked = Asked {
            by: Field::Address,
            since: Moment::of_words("2026-05-28T13:02:00"),
            until: Moment::of_words("2026-05-28T13:07:00"),
            exclude: Some(b"/healthz".to_vec()),
            most_keys: 100,
        };
        let found = scan(&asked, log.as_bytes()).unwrap();
        assert_eq!((found.lines, found.strange), (21, 1));
        assert_eq!(found.bytes, log.len() as u64);
        let told: Vec<(String, u64)> = (found.counts.top(9).into_iter())
            .map(|one| (String::from_utf8(one.key).unwrap(), one.count))
            .collect();
        assert_eq!(
            told,
            [("10.0.0.0".to_owned(), 3), ("10.0.0.1".to_owned(), 2)]
        );
    }
}
