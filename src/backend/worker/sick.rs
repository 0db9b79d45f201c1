//! What a sick worker does, really: so that `/proc` shows of it what it shows of a program that went wrong in this way.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Barrier, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{Timespec, nanosleep};

use super::super::HELD_FILE;
use super::super::fork::rest_in_vfork;
use super::super::poll::readable;
use super::socket::burn;
use crate::machine::sickness::{AfterLeak, BACK_OFF, FOR_GOOD, LEAK_LIMIT, Sickness};
use crate::machine::worker::{Interrupt, Outcome};
use crate::time::Span;

/// Suffers, for good where that is for good; `pending` tells of a signal that unwinds it.
pub(super) fn suffer(
    sickness: Sickness,
    listener: Option<&OwnedFd>,
    leaked: &mut Vec<OwnedFd>,
    pending: impl Fn() -> Option<Interrupt>,
) -> Outcome<'static> {
    match sickness {
        Sickness::Spin => burn(FOR_GOOD, pending),
        Sickness::Deadlock => deadlock(),
        Sickness::SlowWrite => write_to_nobody(pending),
        Sickness::Uninterruptible => {
            // A kernel that refuses the child leaves the worker well.
            let _ = rest_in_vfork();
            Outcome::Done
        }
        Sickness::Unkillable => {
            // Whoever is let go has an error, or the file.
            let held = std::env::var_os(HELD_FILE);
            drop(held.and_then(|path| File::open(path).ok()));
            Outcome::Done
        }
        Sickness::FdLeak(after) => {
            leak_all(leaked);
            match (after, listener) {
                (AfterLeak::Raises, _) | (_, None) => Outcome::Done,
                (AfterLeak::TriesAgain, Some(listener)) => accept_loop(listener, None, pending),
                (AfterLeak::BacksOff, Some(listener)) => {
                    accept_loop(listener, Some(BACK_OFF), pending)
                }
            }
        }
    }
}

/// Two threads that wait for each other's lock. Never returns, whatever signal comes: the wait for a lock is taken up again.
fn deadlock() -> Outcome<'static> {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    let both_have_one = Arc::new(Barrier::new(2));
    let (theirs, met) = (Arc::clone(&locks), Arc::clone(&both_have_one));
    let take = |lock: &Mutex<()>| drop(lock.lock().unwrap_or_else(PoisonError::into_inner));
    let other = std::thread::Builder::new().spawn(move || {
        let _held = theirs[1].lock().unwrap_or_else(PoisonError::into_inner);
        met.wait();
        take(&theirs[0]);
    });
    if other.is_err() {
        return Outcome::Done;
    }
    let _held = locks[0].lock().unwrap_or_else(PoisonError::into_inner);
    both_have_one.wait();
    take(&locks[1]);
    Outcome::Done
}

/// A blocking `write` to a client that does not read, which is this process itself.
fn write_to_nobody(pending: impl Fn() -> Option<Interrupt>) -> Outcome<'static> {
    let connected = || -> std::io::Result<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let reader = TcpStream::connect(listener.local_addr()?)?;
        Ok((listener.accept()?.0, reader))
    };
    let Ok((writer, _reader)) = connected() else {
        return Outcome::Done;
    };
    let piece = [0; 65_536];
    loop {
        if let Some(by) = pending() {
            return Outcome::Interrupted { by, sent: 0 };
        }
        match rustix::io::write(&writer, &piece) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return Outcome::Done,
        }
    }
}

/// Opens and forgets until the process has no descriptor left.
fn leak_all(leaked: &mut Vec<OwnedFd>) {
    let limit = getrlimit(Resource::Nofile);
    // What a process of this user may have at most could be a million; a leak that took a month is shown at its end.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(u64::from(LEAK_LIMIT)),
            maximum: limit.maximum,
        },
    );
    while let Ok(file) = File::open("/dev/null") {
        leaked.push(file.into());
    }
}

/// An accept loop that has no descriptor to accept with.
fn accept_loop(
    listener: &OwnedFd,
    back_off: Option<Span>,
    pending: impl Fn() -> Option<Interrupt>,
) -> Outcome<'static> {
    loop {
        if let Some(by) = pending() {
            return Outcome::Interrupted { by, sent: 0 };
        }
        readable([listener.as_fd()], FOR_GOOD);
        let failed = rustix::net::accept(listener).is_err();
        if let Some(span) = back_off.filter(|_| failed) {
            let wait = Timespec {
                tv_sec: 0,
                tv_nsec: i64::try_from(span.as_ns()).unwrap_or(0),
            };
            let _ = nanosleep(&wait); // a signal may end it early, and is looked for next
        }
    }
}
