//! The private folder of a run: sockets, temp files, and who was started; and what becomes of it when nobody is left to remove it.
//!
//! Whoever runs a lab holds a lock (flock) on the folder. A folder whose lock is free is stale, whatever its age: the next start, or
//! `slowlab doctor --sweep`, ends what it records and removes it. Nothing else in the folder for temporary files is touched.

mod held;
mod record;
mod sweep;
mod trace;

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::retry_on_intr;

pub(crate) use held::abandon;
pub(crate) use record::{depart, note};
pub(crate) use sweep::{Swept, sweep};
pub(crate) use trace::Trace;

/// How the name of every private folder begins.
const PREFIX: &str = "slowlab-";
/// A sweep may take a folder that is not locked yet for a stale one.
const TRIES: usize = 8;

/// A private folder (mode 0700). It goes, with everything in it, when this is dropped.
#[derive(Debug)]
pub(crate) struct Private {
    // Removed before the lock is given up.
    dir: held::Thorough,
    _lock: OwnedFd,
}

impl Private {
    /// Makes one below the folder for temporary files.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn create() -> io::Result<Private> {
        Private::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> io::Result<Private> {
        let mut last = io::Error::other("it vanishes as soon as it is made");
        for _ in 0..TRIES {
            let dir = tempfile::Builder::new()
                .prefix(PREFIX)
                // Whatever the umask.
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)?;
            match lock(dir.path()).and_then(|lock| record::begin(dir.path()).map(|()| lock)) {
                Ok(lock) => {
                    let dir = held::Thorough::of(dir);
                    return Ok(Private { dir, _lock: lock });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Lets other users through to what is in it, if they know its name (0711): for a socket that is not for its owner alone.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn let_through(&self) -> io::Result<()> {
        fs::set_permissions(self.path(), Permissions::from_mode(0o711))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Takes the lock of a folder.
///
/// # Errors
/// Somebody has it (`WouldBlock`); the folder is gone or is none.
fn lock(folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = rustix::fs::open(folder, flags, Mode::empty())?;
    retry_on_intr(|| rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive))?;
    Ok(lock)
}

/// From here on this process is the parent of whatever loses its own below it, so that it is found, ended and taken note of.
pub(crate) fn adopt_orphans() {
    // A kernel that cannot (before 3.4) has no namespaces, pidfds or the rest either.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Has this process go on if it was stopped when its parent dies, so that it can notice and end.
pub(crate) fn go_on_when_orphaned() {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::CONT));
}

/// The folder that records what was started on behalf of something in `dir`: that, or the one around it.
fn recording(dir: &Path) -> Option<PathBuf> {
    let around = dir.ancestors().take(3);
    let mut found = around.filter(|folder| record::is_in(folder));
    found.next().map(Path::to_owned)
}
