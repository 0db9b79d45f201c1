//! SIGINT, SIGTERM and SIGHUP for the process that runs a lab.
//!
//! The first signal asks the run to end and keep what it measured. The second leaves at once: what was started is killed
//! and the private folder removed. While a report is written only files are at stake, which `slowlab report` writes again: there the
//! first one does, too. SIGCONT is counted: whoever gets it has been stopped (job control). A SIGHUP that was ignored from the start stays ignored: that is what `nohup` asks for.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{getpid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::speech::Listener;
use super::{finish, watch};
use crate::error::Exit;
use crate::leave::Leave;
use crate::private;
use crate::process::field;

/// 0, or the exit code of the signal that came first.
static CODE: AtomicU8 = AtomicU8::new(0);

/// How often this process was told to go on.
static WENT_ON: AtomicU32 = AtomicU32::new(0);

/// How long a run that was interrupted may take to report what it has; a signal is answered within a second.
const PATIENCE: Duration = Duration::from_millis(700);

/// A report that is being written.
static REPORTING: Mutex<Option<Reporting>> = Mutex::new(None);

/// What is said if a signal cuts a report short; nothing to those who asked for quiet.
struct Reporting {
    said: Option<String>,
}

/// What waits ask.
static LEAVE: LazyLock<Leave> = LazyLock::new(Leave::default);

/// Listens from here on, on a thread of its own. Call once.
///
/// # Errors
/// Those of starting a thread or installing a handler.
pub(super) fn listen() -> io::Result<()> {
    // The runtime would panic without such a pair.
    drop(UnixStream::pair()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let (int, term, hup, mut cont) = {
        let _context = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            match is_ignored(SignalKind::hangup()) {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
            signal(SignalKind::from_raw(libc::SIGCONT))?,
        )
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let went_on = async {
                while cont.recv().await.is_some() {
                    WENT_ON.fetch_add(1, Ordering::SeqCst);
                }
            };
            runtime.block_on(async { tokio::join!(hear(int, term, hup), went_on) })
        })?;
    Ok(())
}

async fn hear(mut int: Signal, mut term: Signal, mut hup: Option<Signal>) {
    loop {
        let hung_up = async {
            match &mut hup {
                Some(hup) => hup.recv().await,
                None => std::future::pending().await,
            }
        };
        let exit = tokio::select! {
            _ = int.recv() => Exit::Interrupted,
            _ = term.recv() => Exit::Terminated,
            _ = hung_up => Exit::Terminated,
        };
        if CODE.swap(exit.code(), Ordering::SeqCst) != 0 {
            watch::put_back();
            leave_at_once(exit);
        }
        leave_a_report();
        LEAVE.ask();
    }
}

/// Ends this process as SIGTERM does once its standard input is at its end: then whoever started it is gone.
///
/// # Errors
/// There is no thread for it.
pub(super) fn with_standard_input() -> io::Result<()> {
    std::thread::Builder::new()
        .name("standard input".to_owned())
        .spawn(|| {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = kill_process(getpid(), rustix::process::Signal::TERM);
        })?;
    Ok(())
}

/// Writes the report of a folder, for as long as nobody interrupts that.
pub(super) fn while_reporting<T>(
    (dir, listener): (&Path, Listener),
    report: impl FnOnce() -> T,
) -> T {
    let said = (!listener.quiet).then(|| finish::interrupted_report(dir, listener.words));
    *reporting() = Some(Reporting { said });
    let (done, patience) = mpsc::channel::<()>();
    if asked().is_some() {
        std::thread::spawn(move || {
            if patience.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                leave_a_report();
            }
        });
    }
    let written = report();
    *reporting() = None;
    drop(done);
    written
}

/// Ends the process, if it is writing a report.
fn leave_a_report() {
    // Whoever holds this keeps the report from being called written.
    let mut reporting = reporting();
    if let (Some(Reporting { said }), Some(exit)) = (reporting.take(), asked()) {
        if let Some(said) = said {
            finish::talk(&said);
        }
        leave_at_once(exit);
    }
}

/// Ends the process, and what it holds with it.
fn leave_at_once(exit: Exit) -> ! {
    private::abandon();
    std::process::exit(i32::from(exit.code()));
}

fn reporting() -> MutexGuard<'static, Option<Reporting>> {
    REPORTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this process was started with a signal ignored (`SigIgn` in proc(5)).
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = field(&status, "SigIgn").and_then(|mask| u64::from_str_radix(mask, 16).ok());
    mask.is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

/// What everything that waits in this process is to ask.
pub(super) fn leave() -> Leave {
    LEAVE.clone()
}

/// How often this process has gone on after it was stopped.
pub(super) fn went_on() -> u32 {
    WENT_ON.load(Ordering::SeqCst)
}

/// The exit that a signal asked for, if one came.
pub(super) fn asked() -> Option<Exit> {
    match CODE.load(Ordering::SeqCst) {
        0 => None,
        code if code == Exit::Terminated.code() => Some(Exit::Terminated),
        _ => Some(Exit::Interrupted),
    }
}
