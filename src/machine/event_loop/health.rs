//! What a sickness comes to in a proxy's process, and what heals it.
//!
//! Of an nginx it is the workers that fall sick; the master hears signals as before. At HUP it starts new workers, which are new processes: they
//! have leaked nothing, and wait for nobody's lock. The old ones stay as they are.

use super::life::{Deed, deed};
use crate::machine::act::SignalName;
use crate::machine::sickness::{AfterLeak, LEAK_LIMIT, Sickness};

/// Whom a sickness befalls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Befalls {
    /// The event loops that there are: they exist, serve nobody, and do not come back.
    Loops,
    /// What the event loops share of their process: they serve whom they have, and have no descriptor for anything new. nginx's accept pauses for
    /// [`super::ACCEPT_PAUSE`] and tries again.
    Descriptors,
}

/// What a proxy can suffer from: its accept loop is nginx's, and knows one way to go on without descriptors.
pub const OF_PROXIES: [Sickness; 6] = [
    Sickness::Spin,
    Sickness::Deadlock,
    Sickness::SlowWrite,
    Sickness::Uninterruptible,
    Sickness::Unkillable,
    Sickness::FdLeak(AfterLeak::Raises),
];

/// Whom it befalls.
pub fn befalls(sickness: Sickness) -> Befalls {
    match sickness {
        Sickness::FdLeak(_) => Befalls::Descriptors,
        Sickness::Spin
        | Sickness::Deadlock
        | Sickness::SlowWrite
        | Sickness::Uninterruptible
        | Sickness::Unkillable => Befalls::Loops,
    }
}

/// How a proxy's process is, in which old and new loops are together, as nginx's workers are not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    leaks: bool,
    has_stuck_loops: bool,
    is_held: bool,
    is_stopped: bool,
}

/// Whether a signal ends a process at once: by what nginx makes of it, or by the kernel.
fn ends_at_once(name: SignalName) -> bool {
    deed(name) == Some(Deed::End) || name == SignalName::Kill
}

impl Health {
    /// It falls sick; whom that befalls.
    pub fn falls_sick(&mut self, sickness: Sickness) -> Befalls {
        let befalls = befalls(sickness);
        match befalls {
            Befalls::Loops => {
                self.has_stuck_loops = true;
                self.is_held |= sickness == Sickness::Unkillable;
            }
            Befalls::Descriptors => self.leaks = true,
        }
        befalls
    }

    /// Up to how many descriptors it leaks now, if it leaks: whatever is closed is forgotten again.
    pub fn leaks_up_to(&self) -> Option<u32> {
        self.leaks.then_some(LEAK_LIMIT)
    }

    /// SIGSTOP.
    pub fn stops(&mut self) {
        self.is_stopped = true;
    }

    /// SIGCONT.
    pub fn goes_on(&mut self) {
        self.is_stopped = false;
    }

    /// Whether it does nothing, and takes note of nothing.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Whether a signal waits and nothing comes of it now: at a process that is stopped any but SIGKILL, and while a file system holds some of its
    /// threads any that would end it. The process is there for as long as one of them is.
    pub fn keeps_waiting(&self, name: SignalName) -> bool {
        self.is_held && ends_at_once(name) || self.is_stopped && name != SignalName::Kill
    }

    /// New loops take over; whether what has leaked is closed for them.
    pub fn on_reload(&mut self) -> bool {
        std::mem::take(&mut self.leaks)
    }

    /// Whether its loops end when they are asked to. A reload leaves those that do not.
    pub fn ends_in_order(&self) -> bool {
        !self.has_stuck_loops
    }
}
