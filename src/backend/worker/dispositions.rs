//! What a worker does about each signal.

use super::super::signals::Disposition;
use crate::machine::backend_config::WorkerClass;
use crate::machine::sickness::Sickness;
use crate::machine::worker::{Delivery, Interrupt, Worker};
use crate::masters::sickening_signal;

/// gunicorn's `init_signals`: TERM and USR1 never disturb a system call, ABRT, QUIT and INT do; what only the master understands
/// has the default action again. SIGIO is the end of the lab.
const DISPOSITIONS: [(libc::c_int, Disposition); 11] = [
    (libc::SIGHUP, Disposition::Default),
    (libc::SIGTTIN, Disposition::Default),
    (libc::SIGTTOU, Disposition::Default),
    (libc::SIGCHLD, Disposition::Default),
    (libc::SIGUSR2, Disposition::Default),
    (libc::SIGIO, Disposition::Default),
    (libc::SIGTERM, Disposition::CountAndRestart),
    (libc::SIGUSR1, Disposition::CountAndRestart),
    (libc::SIGABRT, Disposition::CountAndInterrupt),
    (libc::SIGQUIT, Disposition::CountAndInterrupt),
    (libc::SIGINT, Disposition::CountAndInterrupt),
];

/// Those of a class; and those by which a worker is told to fall sick, which are not gunicorn's.
pub(super) fn of(class: WorkerClass) -> Vec<(libc::c_int, Disposition)> {
    let dies = Worker::delivery_of(class, Interrupt::Abort) == Delivery::Dies;
    let handled = DISPOSITIONS.map(|(number, disposition)| match number {
        libc::SIGABRT if dies => (number, Disposition::Default),
        _ => (number, disposition),
    });
    let sickening = Sickness::ALL.map(|sickness| {
        let number = sickening_signal(sickness.number());
        (number, Disposition::CountAndRestart)
    });
    [&handled[..], &sickening[..]].concat()
}
