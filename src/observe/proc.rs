//! One process as `/proc` shows it, and as a supervisor sees it.

use std::fs;
use std::path::PathBuf;

use super::syscalls;
use crate::process::{Stat, field, resident};
use crate::record::{ProcRole, ProcSample};
use crate::time::{Span, Timestamp, utc_now};

/// A process of the stack that is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchedProcess {
    /// What it is.
    pub role: ProcRole,
    /// Its number, if it is a worker.
    pub worker: Option<u32>,
    /// Its process id.
    pub pid: u32,
    /// Where it writes what it does.
    pub log: Option<PathBuf>,
}

/// State, sleeping place, CPU time and memory of a process; `None` once it is gone.
///
/// `wchan` alone cannot tell a TCP send from a receive (both are `wait_woken`), and reads `0` for another user's process.
pub(super) fn sample(process: &WatchedProcess, at: Timestamp) -> Option<ProcSample> {
    let pid = process.pid;
    let stat = Stat::of(pid)?;
    let wchan = read(pid, "wchan").unwrap_or_default();
    Some(ProcSample {
        wchan: wchan.trim().to_owned(),
        cpu_us: in_us(stat.user + stat.system),
        user_us: Some(in_us(stat.user)),
        rss_bytes: resident(pid),
        role: process.role,
        worker: process.worker,
        active: Some(match process.role {
            // Of a proxy as well: where nobody waits for it, a pid file is all that there is to ask.
            ProcRole::Worker | ProcRole::Proxy | ProcRole::Edge => is_there(pid),
            // Whoever waits for a child hears of its end at once.
            ProcRole::Master => !stat.is_dead(),
        }),
        ..ProcSample::of_worker(at, pid, stat.state)
    })
}

/// The same with what takes more reads: the call that it is in, its threads, descriptors and pending signals.
pub(super) fn sample_closely(process: &WatchedProcess, at: Timestamp) -> Option<ProcSample> {
    let sample = sample(process, at)?;
    let pid = process.pid;
    let status = read(pid, "status").unwrap_or_default();
    let pending = |name| u64::from_str_radix(field(&status, name)?, 16).ok();
    let several = field(&status, "Threads").is_some_and(|threads| threads != "1");
    Some(ProcSample {
        syscall: read(pid, "syscall").and_then(|text| syscalls::name_of(&text)),
        threads: several.then(|| threads(pid)).flatten(),
        voluntary_switches: field(&status, "voluntary_ctxt_switches")
            .and_then(|count| count.parse().ok()),
        fds: descriptors(pid),
        fd_limit: read(pid, "limits").and_then(|limits| parse_limit(&limits)),
        signals_pending: match (pending("SigPnd"), pending("ShdPnd")) {
            (Some(own), Some(shared)) => Some(format!("{:x}", own | shared)),
            _ => None,
        },
        log_age: process.log.as_ref().and_then(age_of),
        ..sample
    })
}

fn read(pid: u32, file: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/{file}")).ok()
}

/// `kill(pid, 0)`, with which nothing is sent.
fn is_there(pid: u32) -> bool {
    let pid = crate::masters::pid_of(pid).ok();
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// What `/proc` counts in clock ticks, in microseconds.
pub(super) fn in_us(ticks: u64) -> u64 {
    ticks.saturating_mul(1_000_000) / rustix::param::clock_ticks_per_second().max(1)
}

/// The states of all threads. What matters may be in another one than the first.
fn threads(pid: u32) -> Option<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let states = tasks.flatten().filter_map(|task| Stat::read(&task.path()));
    Some(states.map(|stat| stat.state).collect())
}

/// How many descriptors are open: the folder's size says so since Linux 6.2, before that they are counted.
fn descriptors(pid: u32) -> Option<u64> {
    let folder = format!("/proc/{pid}/fd");
    match fs::metadata(&folder).ok()?.len() {
        0 => Some(fs::read_dir(&folder).ok()?.count() as u64),
        count => Some(count),
    }
}

/// The soft limit of open files.
fn parse_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// How long ago a file was written to.
fn age_of(log: &PathBuf) -> Option<Span> {
    let modified = fs::metadata(log).ok()?.modified().ok()?;
    let age = utc_now().duration_since(modified).unwrap_or_default();
    Some(Span::from_us(
        u64::try_from(age.as_micros()).unwrap_or(u64::MAX),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(pid: u32) -> WatchedProcess {
        WatchedProcess {
            role: ProcRole::Worker,
            worker: Some(1),
            pid,
            log: None,
        }
    }

    #[test]
    fn limits_are_found_by_name() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
            Max processes             100                  100                  processes\n\
            Max open files            64                   524288               files\n";
        assert_eq!(parse_limit(limits), Some(64));
    }

    #[test]
    fn this_process_is_there_and_an_impossible_one_is_not() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let process = WatchedProcess {
            log: Some(log.path().to_owned()),
            ..worker(std::process::id())
        };
        let here = sample_closely(&process, Timestamp::ZERO).unwrap();
        assert!("RSD".contains(here.state), "{here:?}");
        // A test that runs has read more than its own first page.
        assert!(here.rss_bytes > Some(1 << 20), "{here:?}");
        assert_eq!((here.active, here.worker), (Some(true), Some(1)));
        assert!(here.fds >= Some(3) && here.fd_limit >= here.fds, "{here:?}");
        assert!(here.log_age < Some(Span::from_secs(60)), "{here:?}");
        assert!(
            here.signals_pending.is_some() && here.voluntary_switches.is_some(),
            "{here:?}"
        );
        assert_eq!(sample(&worker(u32::MAX), Timestamp::ZERO), None);
    }

    #[test]
    fn a_child_that_was_not_waited_for_is_there_and_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pidfd = crate::masters::open_pidfd(child.id()).unwrap();
        assert!(crate::masters::has_ended(&pidfd, Span::from_secs(20)));
        let as_worker = sample_closely(&worker(child.id()), Timestamp::ZERO).unwrap();
        assert_eq!((as_worker.state, as_worker.active), ('Z', Some(true)));
        let master = WatchedProcess {
            role: ProcRole::Master,
            ..worker(child.id())
        };
        let as_service = sample(&master, Timestamp::ZERO).unwrap();
        assert_eq!((as_service.state, as_service.active), ('Z', Some(false)));
        child.wait().unwrap();
    }
}
