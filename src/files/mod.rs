//! Reading files that somebody named: regular ones, up to a size. Writing below folders that somebody named: [`Folder`].
//!
//! A path from a command line or a results folder may be anything: a FIFO would be waited for without end, a device never ends. So a
//! file is opened without blocking, looked at, and read only if it is a regular one that is not larger than anything of its kind.

mod below;
pub(crate) mod path;

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

pub(crate) use below::Folder;

/// The most bytes of a file that people write: a scenario, a configuration.
pub(crate) const MOST_WRITTEN: u64 = 1 << 24;
/// The most bytes of a file of a results folder: a day of a busy run.
pub(crate) const MOST_RECORDED: u64 = 1 << 34;

/// The bytes of a regular file of at most `most` bytes.
///
/// # Errors
/// Those of the disk; something else than a regular file; a larger one.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !about.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile, and files of /proc say that they are empty.
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let text = format!("it is larger than {most} bytes, and nothing of its kind is");
        return Err(io::Error::other(text));
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// As [`read`], and bytes that are no UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read(path, most)?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Where a program is: in a folder of PATH, or else in one of these.
pub(crate) fn in_path(program: &Path, beside: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(beside.iter().map(PathBuf::from));
    let mut places = folders.map(|folder| folder.join(program));
    places.find(|place| place.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_or_too_large_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        for (path, most, words) in [
            (fifo.as_path(), 9, "not a regular file"),
            (Path::new("/dev/zero"), 9, "not a regular file"),
            (file.as_path(), 4, "larger than 4 bytes"),
        ] {
            let error = read(path, most).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(read(dir.path(), 9).is_err());
        assert!(read(&dir.path().join("none"), 9).is_err());
    }
}
