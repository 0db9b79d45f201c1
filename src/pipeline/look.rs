//! One look at a stage, by `/proc`.

use std::fs;
use std::path::Path;

use crate::process;
use crate::record::{StageSample, StageWait};

/// This binary by its short name, which a tool's process has until it becomes the tool.
const OURS: &str = "exe";

/// What is seen of it now; a process that has just gone is seen without a state. The memory of a tool's process counts once it is the tool.
pub(super) fn look(fresh: StageSample, temp: &Path, is_tool: bool) -> StageSample {
    let pid = fresh.pid;
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let wchan = read("wchan").unwrap_or_default().trim().to_owned();
    let syscall = read("syscall").unwrap_or_default();
    let has_become_it = || process::name(pid) != OURS;
    StageSample {
        state: process::Stat::of(pid).map(|stat| stat.state),
        waits: waits(&wchan, &syscall),
        wchan,
        cpu_us: read("schedstat").and_then(|text| on_cpu_us(&text)),
        rss_bytes: process::resident(pid).filter(|_| !is_tool || has_become_it()),
        temp_bytes: Some(size_of(temp)),
        ..fresh
    }
}

/// Which neighbour it waits for. The kernel's names are `pipe_read` and `pipe_write`, since 6.10 `anon_pipe_read` and `anon_pipe_write`; where they are
/// hidden (`0`), the call and its descriptor say the same.
fn waits(wchan: &str, syscall: &str) -> Option<StageWait> {
    if wchan.ends_with("pipe_read") {
        return Some(StageWait::Input);
    }
    if wchan.ends_with("pipe_write") {
        return Some(StageWait::Room);
    }
    let mut words = syscall.split_ascii_whitespace();
    let call: Option<libc::c_long> = words.next().and_then(|word| word.parse().ok());
    match (call, words.next()) {
        _ if wchan.len() > 1 => None,
        (Some(libc::SYS_read), Some("0x0")) => Some(StageWait::Input),
        (Some(libc::SYS_write), Some("0x1")) => Some(StageWait::Room),
        _ => None,
    }
}

/// The first number of `schedstat`: time on a CPU, in nanoseconds.
fn on_cpu_us(schedstat: &str) -> Option<u64> {
    let ns: u64 = schedstat.split_ascii_whitespace().next()?.parse().ok()?;
    Some(ns / 1000)
}

/// What the files in a folder take.
fn size_of(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = files
        .filter_map(|file| file.metadata().ok())
        .map(|about| about.len());
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_whom_a_stage_waits_for() {
        let read = format!("{} 0x0 0x7ffc 0x1000 0x0", libc::SYS_read);
        let write = format!("{} 0x1 0x7ffc 0x1000 0x0", libc::SYS_write);
        for (wchan, syscall, expected) in [
            ("pipe_read", "", Some(StageWait::Input)),
            ("anon_pipe_read", "", Some(StageWait::Input)),
            ("anon_pipe_write", "", Some(StageWait::Room)),
            // Hidden from this user.
            ("0", read.as_str(), Some(StageWait::Input)),
            ("", write.as_str(), Some(StageWait::Room)),
            // A read of a file is work of its own, and so is a sleep.
            ("folio_wait_bit_common", read.as_str(), None),
            ("hrtimer_nanosleep", "230 0x0 0x0", None),
            ("0", "running", None),
        ] {
            assert_eq!(waits(wchan, syscall), expected, "{wchan} {syscall}");
        }
        assert_eq!(on_cpu_us("1234567 89 3\n"), Some(1234));
        assert_eq!(on_cpu_us(""), None);
    }
}
