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

use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::private::note;
use crate::time::Span;
use files::HELD_NAME;
pub use server::slow_disk_main;

/// The hidden first argument that makes the binary a helper.
pub const SLOW_DISK_ROLE: &str = "__slow-disk";
/// The word behind it that makes it the helper's reader. A folder has a `/` before it.
const READER: &str = "reader";

/// What the helper says when the disk is there.
const READY: &str = "ready";

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
pub(crate) struct SlowDisk {
    helper: Child,
    path: PathBuf,
}

impl SlowDisk {
    /// Makes one at a folder of ours, which is made.
    ///
    /// # Errors
    /// The kernel does not let this user mount anything, or open `/dev/fuse`.
    pub(crate) fn start(slowness: Slowness, at: &Path, executable: &Path) -> io::Result<SlowDisk> {
        std::fs::create_dir_all(at)?;
        let holds = if slowness.holds { "holds" } else { "-" };
        let mut helper = Command::new(executable)
            .arg0("slowlab: slow")
            .arg(SLOW_DISK_ROLE)
            .arg(at)
            .arg(slowness.utime.as_ms().to_string())
            .arg(holds)
            .arg(slowness.limit.as_ms().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        note(at, helper.id(), None);
        let mut said = String::new();
        if let Some(stdout) = helper.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let inside = at.strip_prefix("/").unwrap_or(at);
        let path = PathBuf::from(format!("/proc/{}/root", helper.id())).join(inside);
        let disk = SlowDisk { helper, path };
        match said.trim_end() {
            READY => Ok(disk),
            "" => Err(io::Error::other("the helper of the disk did not start")),
            why => Err(io::Error::other(why.to_owned())),
        }
    }

    /// Where it is, for every process of this user.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that does not let go of whoever opens it.
    pub(crate) fn held(&self) -> PathBuf {
        self.path.join(HELD_NAME)
    }
}

impl Drop for SlowDisk {
    fn drop(&mut self) {
        let _ = self.helper.kill();
        let _ = self.helper.wait();
    }
}

/// Why this machine has no such disk for this user; `None` if it has.
pub(crate) fn missing(executable: &Path) -> Option<String> {
    let folder = match tempfile::Builder::new().prefix("slowlab-disk-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return Some(error.to_string()),
    };
    let slowness = Slowness {
        utime: Span::ZERO,
        holds: true,
        limit: Span::from_secs(10),
    };
    let tried = SlowDisk::start(slowness, folder.path(), executable);
    let looked = tried.and_then(|disk| std::fs::metadata(disk.path()));
    looked.err().map(|error| error.to_string())
}
