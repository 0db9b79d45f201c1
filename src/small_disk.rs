//! A small disk of its own: a tmpfs that is mounted in namespaces of a helper process, without rights over this machine. Others reach it as
//! `/proc/PID/root/…`; with the helper it is gone, whatever ends it.
//!
//! Where the kernel does not let users have them, there is no such disk, and nothing
//! stands in for it: a limit on the size of files is another thing.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::mounted::{self, Mounted, READY};
use crate::namespaces;
use crate::strays::close_strays;
use crate::title::set_title;
use crate::units::Bytes;

/// The hidden first argument that makes the binary a helper.
pub const DISK_ROLE: &str = "__disk";

/// A disk. Dropping it ends it; files that are still open stay until they are closed.
#[derive(Debug)]
pub(crate) struct SmallDisk(Mounted);

impl SmallDisk {
    /// Makes one of this size, at an empty folder of ours.
    ///
    /// # Errors
    /// The kernel does not let this user mount anything.
    pub(crate) fn start(size: Bytes, at: &Path, executable: &Path) -> io::Result<SmallDisk> {
        let mut helper = Command::new(executable);
        helper
            .arg0("slowlab: disk")
            .arg(DISK_ROLE)
            .arg(size.0.to_string())
            .arg(at);
        Mounted::spawn(&mut helper, at)?.ready().map(SmallDisk)
    }

    /// Where it is, for every process of this user.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Why this machine has no such disk for this user; `None` if it has.
pub(crate) fn missing(executable: &Path) -> Option<String> {
    mounted::missing(|folder| {
        let disk = SmallDisk::start(Bytes::kib(64), folder, executable)?;
        fs::write(disk.path().join("x"), "x")
    })
}

/// The main function of the helper; its exit code. It ends with whoever started it: by the end of its standard input.
pub fn disk_main() -> i32 {
    close_strays();
    let mut arguments = std::env::args_os().skip(2);
    let (size, at) = (arguments.next(), arguments.next());
    // The title is written over the arguments.
    set_title(c"slowlab: disk");
    let (Some(size), Some(at)) = (size, at) else {
        return 2;
    };
    let mounted = mount(&size, &at);
    let word = match &mounted {
        Ok(()) => READY.to_owned(),
        Err(error) => mounted::refusal(error),
    };
    if mounted::say(&word).is_err() || mounted.is_err() {
        return 1;
    }
    let _ = io::stdin().read_to_end(&mut Vec::new());
    0
}

/// A tmpfs of this size, in namespaces of this process.
fn mount(size: &OsStr, at: &OsStr) -> io::Result<()> {
    namespaces::enter()?;
    let options = [b"mode=0700,size=", size.as_bytes()].concat();
    namespaces::mount(c"tmpfs", at, &options)
}
