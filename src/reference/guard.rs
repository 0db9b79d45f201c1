//! The guard: a process between us and a real program, so that nothing stays behind whatever becomes of us.
//!
//! It holds the reading end of a pipe whose other end is ours. When that ends, because we ask for it or because we were killed, it
//! stops the program: the polite signals first, then SIGKILL for the program's whole process group. Guard and program are in process
//! groups of their own, so that Ctrl-C on the terminal reaches neither. Not covered: `kill -9` of the guard itself.
//!
//! A gunicorn may go on without the process that was started: as another master after USR2, as workers whose master was killed. The guard
//! inherits those, and ends when there are none left.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions};

use crate::masters::open_pidfd;
use crate::strays::close_strays;
use crate::time::{Clock, Span, Timestamp};

/// The hidden first argument that makes the binary a guard.
pub const GUARD_ROLE: &str = "__reference-guard";

/// How long each polite signal may take.
const GRACE: Span = Span::from_secs(2);
/// How long the guard may take beyond that before it is given up.
const GUARD_LIMIT: Span = Span::from_secs(5);

/// How often it is looked whether one of those that are left has ended.
const LOOK: Span = Span::from_ms(20);

/// The arguments for the two values of `company`.
const WITH_COMPANY: &str = "company";
const ALONE: &str = "alone";

/// Tells the guard that we are still there to clean up.
const ORDERLY: &[u8] = b"q";

/// What is to be run.
#[derive(Clone, Debug)]
pub(super) struct Order<'a> {
    /// slowlab's own binary.
    pub(super) executable: &'a Path,
    /// The program and its arguments.
    pub(super) command: Vec<OsString>,
    /// The working folder.
    pub(super) dir: &'a Path,
    /// Takes what the program prints.
    pub(super) output: &'a Path,
    /// A private folder of its own, which goes with it if we are killed.
    pub(super) scratch: &'a Path,
    /// How to ask it to end, in order.
    pub(super) farewell: &'static [Signal],
    /// Whether its other processes may go on without the one that is started; otherwise they end with it.
    pub(super) company: bool,
}

/// A program under guard. Dropping it ends the program.
#[derive(Debug)]
pub(super) struct Guarded {
    guard: Child,
    leash: Option<std::process::ChildStdin>,
    pid: u32,
    patience: Span,
}

impl Guarded {
    /// Starts a program.
    ///
    /// # Errors
    /// The guard or the program could not be started.
    pub(super) fn start(order: &Order<'_>) -> io::Result<Guarded> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(order.output)?;
        std::fs::create_dir_all(order.scratch)?;
        let mut farewell = Vec::new();
        for signal in order.farewell {
            farewell.push(signal.as_raw().to_string());
        }
        let mut guard = Command::new(order.executable)
            .arg(GUARD_ROLE)
            .arg(farewell.join(","))
            .arg(match order.company {
                true => WITH_COMPANY,
                false => ALONE,
            })
            .arg(order.scratch)
            .args(&order.command)
            .current_dir(order.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            .process_group(0)
            .spawn()?;
        let leash = guard.stdin.take();
        let mut first_line = String::new();
        if let Some(stdout) = guard.stdout.take() {
            BufReader::new(stdout).read_line(&mut first_line)?;
        }
        match first_line.trim().parse() {
            Ok(pid) => {
                let rounds = u64::try_from(order.farewell.len()).unwrap_or(1);
                // The process that was started, and after it those that went on without it.
                let patience =
                    Span::from_ns(2 * GRACE.as_ns() * rounds).saturating_add(GUARD_LIMIT);
                Ok(Guarded {
                    guard,
                    leash,
                    pid,
                    patience,
                })
            }
            Err(_) => {
                drop(leash);
                let _ = guard.wait(); // it said why in its output
                Err(io::Error::other(if first_line.is_empty() {
                    "the guard did not start it".to_owned()
                } else {
                    first_line
                }))
            }
        }
    }

    /// The program's process id.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.guard.try_wait().ok().flatten()
    }

    /// How it ended, if it does so within this time.
    pub(super) fn ended_within(&mut self, limit: Span) -> Option<ExitStatus> {
        if let Ok(ended) = open_pidfd(self.guard.id()) {
            let _ = wait_for(&ended, None, limit);
        }
        self.ended()
    }

    /// Ends the program and waits until nothing of it is left.
    pub(super) fn stop(&mut self) {
        let Some(mut leash) = self.leash.take() else {
            return;
        };
        let _ = leash.write_all(ORDERLY); // a guard that is gone has nothing to do
        drop(leash);
        if let Ok(ended) = open_pidfd(self.guard.id())
            && wait_for(&ended, None, self.patience) != Seen::End
        {
            let _ = self.guard.kill();
        }
        let _ = self.guard.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The guard's side: runs the program named by the arguments until it ends or standard input does.
pub fn guard_main() -> u8 {
    close_strays();
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
    };
    let mut child = Command::new(program)
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
                if seen == Seen::End {
                    break;
                }
                let _ = rustix::process::kill_process(group, *signal);
                seen = wait_for(&ended, None, GRACE);
            }
            if company && seen == Seen::End {
                let status = child.wait()?;
                accompany(group, signals, &mut leash);
                return Ok(leave((group, scratch), &leash, status));
            }
        }
        Err(_) => leash.seen = Some(Word::Gone),
    }
    // Also after a clean end: a master that was killed from outside leaves its workers behind.
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
    let status = child.wait()?;
    Ok(leave((group, scratch), &leash, status))
}

/// Waits until none of those is left that go on without the process that was started, and asks them to end when it is time.
fn accompany(group: Pid, signals: &[Signal], leash: &mut Leash) {
    while leash.seen.is_none() {
        if wait_for_the_rest(Some(leash), LOOK) {
            return;
        }
    }
    for signal in signals {
        let _ = rustix::process::kill_process_group(group, *signal);
        if wait_for_the_rest(None, GRACE) {
            return;
        }
    }
}

/// Whether nobody is left, after so long at most or at word from the leash.
fn wait_for_the_rest(mut leash: Option<&mut Leash>, limit: Span) -> bool {
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
        let fds = leash.as_ref().map(|leash| leash.pipe.as_fd());
        let mut fds: Vec<PollFd<'_>> = fds
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .into_iter()
            .collect();
        let timeout = Timespec::try_from(left.min(LOOK).to_duration()).ok();
        if poll(&mut fds, timeout.as_ref()).is_ok_and(|ready| ready > 0)
            && let Some(leash) = &mut leash
        {
            leash.take();
            return false;
        }
    }
}

/// Ends whatever is left; the code to end with.
fn leave((group, scratch): (Pid, &Path), leash: &Leash, status: ExitStatus) -> u8 {
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
    while rustix::process::wait(WaitOptions::empty()).is_ok() {}
    if leash.seen == Some(Word::Gone) {
        let _ = std::fs::remove_dir_all(scratch);
        // The folder that holds it goes too, once the last of its parts is gone.
        let _ = scratch.parent().map(std::fs::remove_dir);
    }
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The pipe whose other end is ours.
#[derive(Debug)]
struct Leash {
    pipe: File,
    /// What has come of it.
    seen: Option<Word>,
}

/// What a leash says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
    /// It is to end, and we clean up.
    Orderly,
    /// We are gone.
    Gone,
}

impl Leash {
    /// There is something to be read.
    fn take(&mut self) {
        self.seen = Some(match self.pipe.read(&mut [0]) {
            Ok(1..) => Word::Orderly,
            _ => Word::Gone,
        });
    }
}

/// What ended a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    /// The program is gone.
    End,
    /// There is word from our side, or our side is gone.
    Leash,
    /// Nothing happened.
    Nothing,
}

/// Waits for the program's end, for the leash, or so long.
fn wait_for(program: &OwnedFd, leash: Option<BorrowedFd<'_>>, limit: Span) -> Seen {
    let clock = Clock::start();
    let deadline = Timestamp::ZERO + limit;
    loop {
        let left = deadline.since(clock.now());
        let mut fds = vec![PollFd::new(program, PollFlags::IN)];
        fds.extend(leash.map(|leash| PollFd::from_borrowed_fd(leash, PollFlags::IN)));
        let timeout = Timespec::try_from(left.to_duration()).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Seen::Nothing,
            Ok(_) if !fds[0].revents().is_empty() => return Seen::End,
            Ok(_) => return Seen::Leash,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Seen::Nothing,
        }
    }
}
