//! One process as `/proc` shows it.

use std::fs;

use crate::record::ProcSample;
use crate::time::Timestamp;

/// State, sleeping place, CPU time and memory of a process; `None` once it is gone.
///
/// `wchan` alone cannot tell a TCP send from a receive (both are `wait_woken`), and reads `0` for another user's process.
pub(super) fn sample(pid: u32, at: Timestamp) -> Option<ProcSample> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let wchan = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
    let (state, ticks) = parse_stat(&stat)?;
    let ticks_per_s = rustix::param::clock_ticks_per_second().max(1);
    Some(ProcSample {
        at,
        pid,
        state,
        wchan: wchan.trim().to_owned(),
        cpu_us: ticks * 1_000_000 / ticks_per_s,
        rss_bytes: fs::read_to_string(format!("/proc/{pid}/statm"))
            .ok()
            .and_then(|statm| parse_statm(&statm, rustix::param::page_size() as u64)),
    })
}

/// Resident pages, the second number, in bytes.
fn parse_statm(statm: &str, page_size: u64) -> Option<u64> {
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size)
}

/// The state letter and `utime + stime` in clock ticks. The name, in brackets, may itself hold brackets and spaces.
fn parse_stat(stat: &str) -> Option<(char, u64)> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let mut times = fields.skip(10).map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((state, user + system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_brackets() {
        let stat = "7 (a) S (b) R 1 7 7 0 -1 4194304 104 0 0 0 12 3 0 0 20 0 1 0 100 0 0";
        assert_eq!(parse_stat(stat), Some(('R', 15)));
        assert_eq!(parse_stat("7 (cut"), None);
    }

    #[test]
    fn memory_is_counted_in_pages() {
        assert_eq!(
            parse_statm("2817 1201 801 401 0 433 0", 4096),
            Some(4_919_296)
        );
        assert_eq!(parse_statm("", 4096), None);
    }

    #[test]
    fn this_process_is_there_and_an_impossible_one_is_not() {
        let here = sample(std::process::id(), Timestamp::ZERO).unwrap();
        assert!("RSD".contains(here.state), "{here:?}");
        // A test that runs has read more than its own first page.
        assert!(here.rss_bytes > Some(1 << 20), "{here:?}");
        assert_eq!(sample(u32::MAX, Timestamp::ZERO), None);
    }
}
