//! The guard's side: a process that runs the program and ends it; and the one that becomes the program.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions};

use super::{AT_ONCE, GRACE, PROGRAM_ROLE, Seen, WITH_COMPANY, wait_for};
use crate::masters::open_pidfd;
use crate::private::{depart, go_on_when_orphaned};
use crate::process::{begin_session, shell_status};
use crate::strays::{close_strays, full_files_end_the_process};
use crate::time::{Clock, Span, Timestamp};
use crate::title::set_title;

/// This binary, also after it was replaced.
const OWN_BINARY: &str = "/proc/self/exe";

/// How often it is looked whether one of those that are left has ended.
const LOOK: Span = Span::from_ms(20);

/// The guard's side: runs the program named by the arguments until it ends or standard input does.
pub fn guard_main() -> u8 {
    close_strays();
    begin_session();
    go_on_when_orphaned();
    let mut args = std::env::args_os().skip(2);
    let signals = args.next().unwrap_or_default();
    let signals: Vec<Signal> = signals
        .to_string_lossy()
        .split(',')
        .filter_map(|raw| Signal::from_named_raw(raw.parse().ok()?))
        .collect();
    let company = args.next().is_some_and(|word| word == WITH_COMPANY);
    let scratch = PathBuf::from(args.next().unwrap_or_default());
    let command: Vec<OsString> = args.collect();
    set_title(c"slowlab: guard");
    match guard((&signals, company), &scratch, &command) {
        Ok(status) => status,
        Err(error) => {
            let program = command.first().map(PathBuf::from).unwrap_or_default();
            let _ = writeln!(io::stdout(), "cannot run `{}`: {error}", program.display());
            1
        }
    }
}

fn guard(
    (signals, company): (&[Signal], bool),
    scratch: &Path,
    command: &[OsString],
) -> io::Result<u8> {
    let Some((program, args)) = command.split_first() else {
        return Err(io::Error::other("no program was named"));
    };
    if company {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    }
    let output = io::stderr().as_fd().try_clone_to_owned()?;
    let mut leash = Leash {
        pipe: File::from(io::stdin().as_fd().try_clone_to_owned()?),
        seen: None,
        is_cut: false,
    };
    let last = signals.last().map_or(0, |signal| signal.as_raw());
    let mut child = Command::new(OWN_BINARY)
        .arg(PROGRAM_ROLE)
        .arg(last.to_string())
        .arg(std::process::id().to_string())
        .arg(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(output)
        .process_group(0)
        .spawn()?;
    // Nobody may be there to read it any more; the leash will tell.
    let _ = writeln!(io::stdout(), "{}", child.id());
    let group = Pid::from_child(&child);
    match open_pidfd(child.id()) {
        Ok(ended) => {
            let mut seen = wait_for(&ended, Some(leash.pipe.as_fd()), Span::MAX);
            if seen == Seen::Leash {
                leash.take();
            }
            for signal in signals {
                if seen == Seen::End || leash.seen == Some(Word::AtOnce) {
                    break;
                }
                let _ = rustix::process::kill_process(group, *signal);
                seen = leash.wait_beside(|leash| wait_for(&ended, leash, GRACE));
            }
            if company && seen == Seen::End {
                let status = child.wait()?;
                accompany(group, signals, &mut leash);
                return Ok(leave((group, scratch), &mut leash, status));
            }
        }
        Err(_) => leash.is_cut = true,
    }
    // Also after a clean end: a master that was killed from outside leaves its workers behind.
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
    let status = child.wait()?;
    Ok(leave((group, scratch), &mut leash, status))
}

/// Waits until none of those is left that go on without the process that was started, and asks them to end when it is time.
fn accompany(group: Pid, signals: &[Signal], leash: &mut Leash) {
    while leash.seen.is_none() {
        if wait_for_the_rest(leash, LOOK) {
            return;
        }
    }
    for signal in signals {
        if leash.seen == Some(Word::AtOnce) {
            return;
        }
        let _ = rustix::process::kill_process_group(group, *signal);
        if wait_for_the_rest(leash, GRACE) {
            return;
        }
    }
}

/// Whether nobody is left, after so long at most or at word from the leash.
fn wait_for_the_rest(leash: &mut Leash, limit: Span) -> bool {
    let clock = Clock::start();
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Err(rustix::io::Errno::CHILD) => return true,
            Ok(Some(_)) => continue,
            Ok(None) | Err(_) => {}
        }
        let left = (Timestamp::ZERO + limit).since(clock.now());
        if left.is_zero() {
            return false;
        }
        if leash.hears(left.min(LOOK)) {
            return false;
        }
    }
}

/// Ends whatever is left; the code to end with.
fn leave((group, scratch): (Pid, &Path), leash: &mut Leash, status: ExitStatus) -> u8 {
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
    while rustix::process::wait(WaitOptions::empty()).is_ok() {}
    leash.hears(Span::ZERO);
    if leash.is_cut {
        let _ = std::fs::remove_dir_all(scratch);
        // The folder that holds it goes too, once the last of its parts is gone.
        scratch.parent().map(depart);
    }
    shell_status(status)
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}

/// The pipe whose other end is ours.
#[derive(Debug)]
struct Leash {
    pipe: File,
    /// The last word that has come of it.
    seen: Option<Word>,
    /// Whether it has ended: we are gone, and do not clean up.
    is_cut: bool,
}

/// What a leash says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
    /// The program is to end.
    Orderly,
    /// By force.
    AtOnce,
    /// Nothing more will come.
    Ended,
}

impl Leash {
    /// What to wait for beside other things; `None` once it has ended.
    fn speaks(&self) -> Option<BorrowedFd<'_>> {
        (self.seen != Some(Word::Ended)).then(|| self.pipe.as_fd())
    }

    /// Waits for a word, so long at most, and takes it; whether there was one.
    fn hears(&mut self, limit: Span) -> bool {
        let mut fds: Vec<PollFd<'_>> = (self.speaks().into_iter())
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        let limit = Timespec::try_from(limit.to_duration()).ok();
        let heard = poll(&mut fds, limit.as_ref()).is_ok_and(|ready| ready > 0);
        if heard {
            self.take();
        }
        heard
    }

    /// There is something to be read.
    fn take(&mut self) {
        let mut word = [0];
        self.seen = Some(match self.pipe.read(&mut word) {
            Ok(1..) if word[0] == AT_ONCE => Word::AtOnce,
            Ok(1..) => Word::Orderly,
            _ => {
                self.is_cut = true;
                Word::Ended
            }
        });
    }

    /// Waits, and takes what is said meanwhile: a word that hurries ends the wait, the end of the pipe does not.
    fn wait_beside(&mut self, wait: impl Fn(Option<BorrowedFd<'_>>) -> Seen) -> Seen {
        loop {
            match wait(self.speaks()) {
                Seen::Leash => self.take(),
                seen => return seen,
            }
            if self.seen == Some(Word::AtOnce) {
                return Seen::Nothing;
            }
        }
    }
}

/// Becomes the program, which the kernel tells of its guard's end by a signal. The arguments: the signal, the guard, the program and its arguments.
/// Returns only if there is no such program.
pub fn program_main() -> u8 {
    let mut args = std::env::args_os().skip(2);
    let mut number = || args.next()?.to_str()?.parse::<i32>().ok();
    let (signal, guard) = (number(), number());
    if let Some(signal) = signal.and_then(Signal::from_named_raw) {
        let _ = rustix::process::set_parent_process_death_signal(Some(signal));
    }
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get());
    if parent != guard {
        return 1;
    }
    let Some(program) = args.next() else {
        return 1;
    };
    full_files_end_the_process();
    let error = Command::new(&program).args(args).exec();
    let program = PathBuf::from(program);
    let _ = writeln!(io::stderr(), "cannot run `{}`: {error}", program.display());
    // As a shell says it.
    127
}
