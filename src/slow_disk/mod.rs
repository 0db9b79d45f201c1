//! A disk that is slow, or does not answer: a file system in user space (FUSE), mounted in namespaces of a helper process, without rights over this machine.
//!
//! Others reach it as `/proc/PID/root/…`, which takes no entering. Two things can be had of it. Who opens the file `held` waits in D, in `open` (257) and `__folio_lock`,
//! and no signal reaches him: somebody reads that file and is never answered, and an `open` first waits for the page that is being read. And a change of
//! a file's times, as gunicorn's heartbeat is one, takes as long as it is told to.
//!
//! Where `/dev/fuse` may not be opened, or users have no namespaces, there is no such disk, and nothing stands in for it.

mod files;
mod server;
mod wire;

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::mounted::{self, Mounted};
use crate::private::note;
use crate::time::Span;
use files::HELD_NAME;
pub use server::slow_disk_main;

/// The hidden first argument that makes the binary a helper.
pub const SLOW_DISK_ROLE: &str = "__slow-disk";
/// The word behind it that makes it the helper's reader. A folder has a `/` before it.
const READER: &str = "reader";

/// How slow it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slowness {
    /// How long a change of a file's times takes.
    pub(crate) utime: Span,
    /// Whether who opens the file [`SlowDisk::held`] waits for ever.
    pub(crate) holds: bool,
    /// When everybody is let go, whoever forgets to.
    pub(crate) limit: Span,
}

/// A disk. Dropping it lets everybody go who waits for it.
#[derive(Debug)]
pub(crate) struct SlowDisk(Mounted);

impl SlowDisk {
    /// Makes one at a folder of ours, which is made.
    ///
    /// # Errors
    /// The kernel does not let this user mount anything, or open `/dev/fuse`.
    pub(crate) fn start(slowness: Slowness, at: &Path, executable: &Path) -> io::Result<SlowDisk> {
        let mut helper = Command::new(executable);
        helper
            .arg0("slowlab: slow")
            .arg(SLOW_DISK_ROLE)
            .arg(at)
            .arg(slowness.utime.as_ms().to_string())
            .arg(if slowness.holds { "holds" } else { "-" })
            .arg(slowness.limit.as_ms().to_string());
        let disk = Mounted::spawn(&mut helper, at)?;
        note(at, disk.id(), None);
        disk.ready().map(SlowDisk)
    }

    /// Where it is, for every process of this user.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The file that does not let go of whoever opens it.
    pub(crate) fn held(&self) -> PathBuf {
        self.0.path().join(HELD_NAME)
    }
}

/// Why this machine has no such disk for this user; `None` if it has.
pub(crate) fn missing(executable: &Path) -> Option<String> {
    let slowness = Slowness {
        utime: Span::ZERO,
        holds: true,
        limit: Span::from_secs(10),
    };
    mounted::missing(|folder| {
        let disk = SlowDisk::start(slowness, folder, executable)?;
        std::fs::metadata(disk.path()).map(drop)
    })
}
