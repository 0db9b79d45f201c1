//! Where in a file a stretch of time begins: by halving, so that only the recent part of a large log is read.
//!
//! Servers write a line when a request ends, so its times never go back by more than a clock that is set; lines that are none are passed over.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::{Line, Moment};

/// A block that is read through at the end.
const BLOCK: u64 = 64 * 1024;
/// A line of a log is not longer than that.
const LONGEST: u64 = 1024 * 1024;

/// The offset of a line at or before the first one that is not before `since`. The file stays where that is.
///
/// # Errors
/// Those of reading and seeking: a pipe cannot.
pub fn begin_of(file: &mut (impl Read + Seek), since: Moment) -> io::Result<u64> {
    let (mut low, mut high) = (0, file.seek(SeekFrom::End(0))?);
    // All lines that begin before `low` are too old.
    while high - low > BLOCK {
        let middle = low + (high - low) / 2;
        match first_after(file, middle, high)? {
            Some((at, moment)) if moment < since => low = at,
            Some(_) | None => high = middle,
        }
    }
    file.seek(SeekFrom::Start(low))?;
    Ok(low)
}

/// The first line of a log that begins after `from` and before `to`.
fn first_after(
    file: &mut (impl Read + Seek),
    from: u64,
    to: u64,
) -> io::Result<Option<(u64, Moment)>> {
    file.seek(SeekFrom::Start(from))?;
    let mut input = BufReader::new(file);
    let mut line = Vec::new();
    let mut at = from + input.by_ref().take(LONGEST).read_until(b'\n', &mut line)? as u64;
    while at < to {
        line.clear();
        let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if let Some(found) = Line::parse(&line) {
            return Ok(Some((at, found.moment)));
        }
        at += read as u64;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_is_left_out_is_too_old_and_what_is_read_is_little_more_than_asked_for() {
        let mut log = Vec::new();
        let mut begins = Vec::new();
        for second in 0..20_000_u64 {
            begins.push(log.len() as u64);
            let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
            log.extend_from_slice(
                format!("10.0.0.1 - - [28/May/2026:{h:02}:{m:02}:{s:02} +0000] \"GET / HTTP/1.1\" 200 2 \"-\" \"-\"\n")
                    .as_bytes(),
            );
            if second % 100 == 0 {
                log.extend_from_slice(b"something else\n");
            }
        }
        for second in [0, 1, 777, 10_000, 19_999] {
            let since = Moment::of_log(&log[begins[second as usize] as usize + 14..]).unwrap();
            let begin = begin_of(&mut Cursor::new(&log), since).unwrap();
            let wanted = begins[second as usize];
            assert!(
                begin <= wanted && wanted - begin <= 2 * BLOCK,
                "{second}: {begin}, {wanted}"
            );
        }
        let later = Moment::of_words("2027-01-01").unwrap();
        let begin = begin_of(&mut Cursor::new(&log), later).unwrap();
        assert!(log.len() as u64 - begin <= 2 * BLOCK);
    }
}
