//! What a sick event loop does. For a proxy in a process of its own.

use std::convert::Infallible;
use std::io;

use crate::machine::sickness::Sickness;
use crate::sick::{deadlock, open_what_is_held, rest_in_vfork, write_to_nobody};

/// Sicknesses of which event loops do not come back. A leak befalls the process instead, whose loops go on, without descriptors.
pub(super) const OF_LOOPS: [Sickness; 5] = [
    Sickness::Spin,
    Sickness::Deadlock,
    Sickness::SlowWrite,
    Sickness::Uninterruptible,
    Sickness::Unkillable,
];

/// Suffers for good: this thread does not come back, if the kernel lets it suffer at all.
pub(super) fn suffer(sickness: Sickness) {
    match sickness {
        Sickness::Spin => loop {
            std::hint::spin_loop();
        },
        Sickness::Deadlock => deadlock(),
        Sickness::SlowWrite => {
            let _: io::Result<Infallible> = write_to_nobody(|| None);
        }
        Sickness::Uninterruptible => {
            let _ = rest_in_vfork();
        }
        Sickness::Unkillable => open_what_is_held(),
        Sickness::FdLeak(_) => {}
    }
}
