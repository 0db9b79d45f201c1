//! What the kernel says of a process, by its number: `/proc/PID`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::process::Pid;

/// The user and the group that everybody has and nobody is.
pub(crate) const NOBODY: u32 = 65_534;

/// Whether this process passes every mode.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Lets any process of this user trace this one, where Yama would let only its parent. A kernel without Yama knows no such wish, and needs none.
pub(crate) fn let_anybody_trace() {
    let _ = rustix::process::set_ptracer(rustix::process::PTracer::Any);
}

/// Gives this process, which leads a group, a session of its own, as a service has: CPU is shared among sessions (`sched_autogroup_enabled`) as among services,
/// and no terminal that goes away sends it SIGHUP. The group's number stays.
///
/// To leave the session that it is in, a leader has to be a member first, so it is its parent's for as long as that takes. Who cannot stays as it is.
pub(crate) fn begin_session() {
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_pid().unsigned_abs());
    // Not from `getpgid` of rustix, which takes every number for one: in a container the group of whoever started us may be outside, and is 0 then.
    let group = parent.and_then(Stat::of).map(|stat| stat.group);
    let around = group.and_then(|group| Pid::from_raw(group.cast_signed()));
    let _ = rustix::process::setpgid(None, around);
    if rustix::process::setsid().is_err() {
        let _ = rustix::process::setpgid(None, None);
    }
}

/// A process, or one of its threads, as it is now: `stat`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stat {
    /// `R`, `S`, `D`, `T`, `Z` and others (proc(5)).
    pub(crate) state: char,
    /// Its process group.
    pub(crate) group: u32,
    /// Its session.
    pub(crate) session: u32,
    /// CPU time in its own code and in the kernel, in clock ticks.
    pub(crate) user: u64,
    pub(crate) system: u64,
    /// When it began, in clock ticks since the machine did. With it a number means one process only.
    pub(crate) started: u64,
}

/// Fields of the file, as proc(5) numbers them.
const STATE: usize = 3;
const GROUP: usize = 5;
const SESSION: usize = 6;
const USER: usize = 14;
const SYSTEM: usize = 15;
const STARTED: usize = 22;

impl Stat {
    /// Of the process with this number; `None` if there is none.
    pub(crate) fn of(pid: u32) -> Option<Stat> {
        Stat::read(&folder(pid))
    }

    /// Of the process or thread that has this folder.
    pub(crate) fn read(folder: &Path) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(folder.join("stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Stat> {
        let fields = Fields::of(text)?;
        Some(Stat {
            state: fields.get(STATE)?.chars().next()?,
            group: fields.number(GROUP)?,
            session: fields.number(SESSION)?,
            user: fields.number(USER)?,
            system: fields.number(SYSTEM)?,
            started: fields.number(STARTED)?,
        })
    }

    /// Whether it only waits for its parent to take note of its end.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Whether somebody has stopped it (SIGSTOP, job control); not by a debugger.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == 'T'
    }
}

/// What stands in a file `stat`.
pub(crate) struct Fields<'a>(Vec<&'a str>);

impl<'a> Fields<'a> {
    /// `None` if it is none.
    pub(crate) fn of(text: &'a str) -> Option<Fields<'a>> {
        // A name may have anything in it, also brackets.
        let (_, behind_the_name) = text.rsplit_once(") ")?;
        Some(Fields(behind_the_name.split_ascii_whitespace().collect()))
    }

    fn get(&self, number: usize) -> Option<&'a str> {
        self.0.get(number.checked_sub(STATE)?).copied()
    }

    /// The field that has this number in proc(5), if it is behind the name.
    pub(crate) fn number<T: std::str::FromStr>(&self, number: usize) -> Option<T> {
        self.get(number)?.parse().ok()
    }
}

/// Whether a process has been stopped.
pub(crate) fn is_stopped(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.is_stopped())
}

/// All processes of this user: number and what is known.
pub(crate) fn own() -> Vec<(u32, Stat)> {
    let me = rustix::process::geteuid().as_raw();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mine = all.filter(|entry| entry.metadata().is_ok_and(|about| about.uid() == me));
    let pids = mine.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, Stat::of(pid)?))).collect()
}

/// Its name, as `ps` shows it.
pub(crate) fn name(pid: u32) -> String {
    let name = fs::read_to_string(folder(pid).join("comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// Its resident memory in bytes.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    let statm = fs::read_to_string(folder(pid).join("statm")).ok()?;
    parse_statm(&statm, rustix::param::page_size() as u64)
}

/// The most that it ever was since it became its program (`VmHWM`). What `wait4` tells of a child has in it what its parent had when it forked.
pub(crate) fn peak_resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(folder(pid).join("status")).ok()?;
    let peak = field(&status, "VmHWM")?;
    let kib: u64 = peak.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Resident pages, the second number, in bytes.
fn parse_statm(statm: &str, page_size: u64) -> Option<u64> {
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size)
}

/// How a process ended, in the number that a shell has for it: its exit code, or 128 and the number of the signal that ended it. `None` if it has not ended.
pub(crate) fn shell_status(status: ExitStatus) -> Option<i32> {
    let by_signal = || status.signal().map(|signal| 128 + signal);
    status.code().or_else(by_signal)
}

/// Its working folder.
pub(crate) fn working_folder(pid: u32) -> Option<PathBuf> {
    fs::read_link(folder(pid).join("cwd")).ok()
}

/// Those that its first thread has started.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let file = folder(pid).join(format!("task/{pid}/children"));
    let text = fs::read_to_string(file).unwrap_or_default();
    let pids = text.split_ascii_whitespace();
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// What a file `status` says under a name.
pub(crate) fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = status.lines();
    lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

fn folder(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_brackets_in_them() {
        let text = "77 (a) (b)) T 1 70 60 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1 1";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.group, stat.session, stat.started), (70, 60, 12_345));
        assert!(stat.is_stopped() && !stat.is_dead());
        let text = "7 (a) S (b) R 1 7 7 0 -1 4194304 104 0 0 0 12 3 0 0 20 0 1 0 100 0 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.state, stat.user, stat.system), ('R', 12, 3));
        for cut in ["77 (a", "7 (cut", ""] {
            assert_eq!(Stat::parse(cut), None);
        }
    }

    #[test]
    fn fields_of_status_are_found_by_their_whole_names() {
        let status = "Name:\tx\nSigPnd:\t0000000000000100\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t9\n";
        assert_eq!(field(status, "SigPnd"), Some("0000000000000100"));
        assert_eq!(field(status, "voluntary_ctxt_switches"), Some("7"));
        assert_eq!(field(status, "ShdPnd"), None);
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
    fn this_process_is_one_of_its_users() {
        let me = std::process::id();
        let stat = Stat::of(me).unwrap();
        assert!(!stat.is_dead() && !is_stopped(me));
        assert!(
            own()
                .iter()
                .any(|(pid, it)| *pid == me && it.started == stat.started)
        );
        assert_eq!(working_folder(me), std::env::current_dir().ok());
        assert_eq!(Stat::of(u32::MAX), None);
    }
}
