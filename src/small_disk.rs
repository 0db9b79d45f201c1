//! A small disk of its own: a tmpfs that is mounted in namespaces of a helper process, without rights over this machine. Others reach it as
//! `/proc/PID/root/…`; with the helper it is gone, whatever ends it.
//!
//! Where the kernel does not let users have them, there is no such disk, and nothing
//! stands in for it: a limit on the size of files is another thing.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::namespaces;
use crate::strays::close_strays;
use crate::title::set_title;
use crate::units::Bytes;

/// The hidden first argument that makes the binary a helper.
pub const DISK_ROLE: &str = "__disk";

/// What the helper says when the disk is there.
const READY: &str = "ready";

/// A disk. Dropping it ends it; files that are still open stay until they are closed.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    helper: Child,
    path: PathBuf,
}

impl SmallDisk {
    /// Makes one of this size, at an empty folder of ours.
    ///
    /// # Errors
    /// The kernel does not let this user mount anything.
    pub(crate) fn start(size: Bytes, at: &Path, executable: &Path) -> io::Result<SmallDisk> {
        fs::create_dir_all(at)?;
        let mut helper = Command::new(executable)
            .arg0("slowlab: disk")
            .arg(DISK_ROLE)
            .arg(size.0.to_string())
            .arg(at)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let mut said = String::new();
        if let Some(stdout) = helper.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let inside = at.strip_prefix("/").unwrap_or(at);
        let path = PathBuf::from(format!("/proc/{}/root", helper.id())).join(inside);
        let disk = SmallDisk { helper, path };
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
}

impl Drop for SmallDisk {
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
    let tried = SmallDisk::start(Bytes::kib(64), folder.path(), executable);
    let written = tried.and_then(|disk| fs::write(disk.path().join("x"), "x"));
    written.err().map(|error| error.to_string())
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
    let mut out = io::stdout();
    let mounted = mount(&size, &at);
    let word = match &mounted {
        Ok(()) => READY.to_owned(),
        Err(error) => format!("no file system of its own for this user: {error}"),
    };
    let told = writeln!(out, "{word}").and_then(|()| out.flush());
    if mounted.is_err() || told.is_err() {
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
