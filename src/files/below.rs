//! Writing below a folder that somebody named, without being led out of it.
//!
//! A results folder may come from anywhere, and a symbolic link in it would have its reader write wherever the link points. So the way down is
//! walked by descriptors, one name at a time, and a link is refused, whatever it points at. The folder's own path may lead through links:
//! whoever names `results/x/latest` means that.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

/// How a folder is opened.
const AS_FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// One that is there.
    ///
    /// # Errors
    /// It is not, or is no folder.
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        Ok(Folder(rustix::fs::open(path, AS_FOLDER, Mode::empty())?))
    }

    /// One within it, which is made if it is not there.
    ///
    /// # Errors
    /// It is a symbolic link or a file; those of the disk.
    pub(crate) fn inner(&self, name: &str) -> io::Result<Folder> {
        let name = one(name)?;
        match rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let opened = rustix::fs::openat(&self.0, name, AS_FOLDER | OFlags::NOFOLLOW, Mode::empty());
        opened.map(Folder).map_err(|error| self.told(name, error))
    }

    /// Writes a file as a whole or not at all: under a temporary name that becomes its own, so that no reader sees half of it. What has
    /// that name already is replaced, a link as well.
    ///
    /// # Errors
    /// Those of the disk. The temporary file is removed then.
    pub(crate) fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        let name = one(name)?;
        let temporary = format!("{name}.tmp");
        let written = self
            .new_file(&temporary)
            .and_then(|mut file| file.write_all(contents))
            .and_then(|()| Ok(rustix::fs::renameat(&self.0, &temporary, &self.0, name)?));
        written.inspect_err(|_| {
            // It may never have been made.
            let _ = rustix::fs::unlinkat(&self.0, &temporary, AtFlags::empty());
        })
    }

    /// Opens a file that is there for more at its end.
    ///
    /// # Errors
    /// It is not there, or is a symbolic link.
    pub(crate) fn append(&self, name: &str) -> io::Result<File> {
        let name = one(name)?;
        let flags =
            OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.0, name, flags, Mode::empty());
        opened
            .map(File::from)
            .map_err(|error| self.told(name, error))
    }

    /// What is in the way under a temporary name is left from a slowlab that was killed, or is a trap.
    fn new_file(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(0o666));
        let opened = match open() {
            Err(Errno::EXIST) => {
                rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?;
                open()
            }
            opened => opened,
        };
        Ok(opened?.into())
    }

    /// The kernel says of a link what it says of a file, or speaks of loops.
    fn told(&self, name: &str, error: Errno) -> io::Error {
        let about = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW);
        match about.map(|about| rustix::fs::FileType::from_raw_mode(about.st_mode)) {
            Ok(rustix::fs::FileType::Symlink) => {
                io::Error::other("it is a symbolic link, and slowlab writes through none")
            }
            _ => error.into(),
        }
    }
}

/// A single name: the way down is made of those.
fn one(name: &str) -> io::Result<&str> {
    match name {
        "" | "." | ".." => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        name if name.contains('/') => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        name => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn files_are_written_whole_and_replace_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let inner = folder.inner("inner").unwrap();
        for text in ["one", "two"] {
            folder.write("file", text.as_bytes()).unwrap();
            inner.write("file", text.as_bytes()).unwrap();
        }
        let mut file = folder.append("file").unwrap();
        file.write_all(b" three").unwrap();
        assert_eq!(
            fs::read_to_string(dir.path().join("file")).unwrap(),
            "two three"
        );
        assert_eq!(
            fs::read_to_string(dir.path().join("inner/file")).unwrap(),
            "two"
        );
        assert!(folder.inner("inner").is_ok() && folder.inner("file").is_err());
        // Nothing temporary stays, also of what fails: a folder is not replaced by a file.
        assert!(folder.write("inner", b"x").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn no_link_leads_out() {
        let outside = tempfile::tempdir().unwrap();
        let victim = outside.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        let dir = tempfile::tempdir().unwrap();
        symlink(outside.path(), dir.path().join("charts")).unwrap();
        for name in ["summary.json", "summary.json.tmp", "table.csv"] {
            symlink(&victim, dir.path().join(name)).unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap();
        let error = folder.inner("charts").unwrap_err().to_string();
        assert!(error.contains("symbolic link"), "{error}");
        let error = folder.append("table.csv").unwrap_err().to_string();
        assert!(error.contains("symbolic link"), "{error}");
        folder.write("summary.json", b"ours").unwrap();
        assert_eq!(
            fs::read_to_string(dir.path().join("summary.json")).unwrap(),
            "ours"
        );
        for name in ["../victim", "a/b", "..", ".", ""] {
            assert!(
                folder.write(name, b"x").is_err() && folder.inner(name).is_err(),
                "{name}"
            );
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
        // The folder itself may be named through a link.
        let link = outside.path().join("latest");
        symlink(dir.path(), &link).unwrap();
        Folder::open(&link).unwrap().write("more", b"x").unwrap();
        assert!(dir.path().join("more").exists());
    }
}
