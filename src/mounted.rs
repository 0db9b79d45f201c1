//! A helper process that has mounted a file system in namespaces of its own, without rights over this machine. Others reach it as `/proc/PID/root/…`; with
//! the helper it is gone, whatever ends it.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::namespaces;

/// What the helper says when the file system is there. Any other line is why it is not.
pub(crate) const READY: &str = "ready";

/// The helper, seen by who started it. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Mounted {
    helper: Child,
    path: PathBuf,
}

impl Mounted {
    /// Starts the helper that mounts at this folder, which is made. Its standard input ends with who started it.
    ///
    /// # Errors
    /// The folder cannot be made, or the process not started.
    pub(crate) fn spawn(helper: &mut Command, at: &Path) -> io::Result<Mounted> {
        fs::create_dir_all(at)?;
        let helper = helper
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let inside = at.strip_prefix("/").unwrap_or(at);
        let path = PathBuf::from(format!("/proc/{}/root", helper.id())).join(inside);
        Ok(Mounted { helper, path })
    }

    /// Waits until it has mounted.
    ///
    /// # Errors
    /// Why it could not.
    pub(crate) fn ready(mut self) -> io::Result<Mounted> {
        let mut said = String::new();
        if let Some(stdout) = self.helper.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        match said.trim_end() {
            READY => Ok(self),
            "" => Err(io::Error::other("the helper of the disk did not start")),
            why => Err(io::Error::other(why.to_owned())),
        }
    }

    /// Number of the helper's process.
    pub(crate) fn id(&self) -> u32 {
        self.helper.id()
    }

    /// Where the file system is, for every process of this user.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = self.helper.kill();
        let _ = self.helper.wait();
    }
}

/// The helper's word to who started it: [`READY`], or why not.
///
/// # Errors
/// Nobody listens.
pub(crate) fn say(word: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{word}").and_then(|()| out.flush())
}

/// What the helper says where the kernel does not let this user mount.
pub(crate) fn refusal(error: &io::Error) -> String {
    let reads = |path: &str| fs::read_to_string(path).ok();
    let why = namespaces::forbidden_by(reads).map(|why| format!("; {why}"));
    let why = why.unwrap_or_default();
    format!("no file system of its own for this user: {error}{why}")
}

/// Why this machine does not let this user have what is tried in a folder of its own; `None` if it does.
pub(crate) fn missing(tried: impl FnOnce(&Path) -> io::Result<()>) -> Option<String> {
    let folder = tempfile::Builder::new().prefix("slowlab-disk-").tempdir();
    let tried = folder.and_then(|folder| tried(folder.path()));
    tried.err().map(|error| error.to_string())
}
