//! What a sick worker does, really: so that `/proc` shows of it what it shows of a program that went wrong in this way.

use std::os::fd::{AsFd, OwnedFd};

use rustix::thread::{Timespec, nanosleep};

use super::super::poll::readable;
use super::socket::burn;
use crate::machine::sickness::{AfterLeak, BACK_OFF, FOR_GOOD, LEAK_LIMIT, Sickness};
use crate::machine::worker::{Interrupt, Outcome};
use crate::sick::{deadlock, leak_all, open_what_is_held, rest_in_vfork, write_to_nobody};
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
        Sickness::Deadlock => {
            deadlock();
            Outcome::Done
        }
        Sickness::SlowWrite => match write_to_nobody(pending) {
            Ok(by) => Outcome::Interrupted { by, sent: 0 },
            Err(_) => Outcome::Done,
        },
        Sickness::Uninterruptible => {
            // A kernel that refuses the child leaves the worker well.
            let _ = rest_in_vfork();
            Outcome::Done
        }
        Sickness::Unkillable => {
            open_what_is_held();
            Outcome::Done
        }
        Sickness::FdLeak(after) => {
            leak_all(leaked, LEAK_LIMIT);
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
