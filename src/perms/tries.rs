//! Trying: what is made, who it is given to, what comes of it.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};

use super::NOBODY;
use super::who::{Who, as_nobody, is_root};

/// What is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// Read it.
    Read,
    /// Write to it.
    Append,
    /// Run it (`execve`), a script with a first line that names its interpreter.
    Run,
    /// Have an interpreter read it: `sh FILE`.
    Interpret,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Came {
    /// It worked.
    Done,
    /// It did not: the kernel's number and words, or a shell's exit code.
    Not(String),
}

/// Makes `path` a script of this mode, of the one to whom it is to belong.
///
/// # Errors
/// Those of the file system.
pub fn script(path: &Path, mode: u32, owner: Who) -> io::Result<()> {
    std::fs::write(path, "#!/bin/sh\nexit 0\n")?;
    give(path, mode, owner)
}

/// Makes `path` belong to somebody, with this mode.
///
/// # Errors
/// Those of the file system.
pub fn give(path: &Path, mode: u32, owner: Who) -> io::Result<()> {
    if is_root() {
        let (user, group) = match owner {
            Who::Owner => (NOBODY, NOBODY),
            Who::Group => (0, NOBODY),
            Who::Other => (0, 0),
        };
        chown(path, Some(user), Some(group))?;
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Tries something with a file, as whoever is not root.
pub fn attempt(deed: Deed, path: &Path) -> Came {
    as_nobody(|| match deed {
        Deed::Read => File::open(path).map(drop).into(),
        Deed::Append => File::options().append(true).open(path).map(drop).into(),
        Deed::Run => ran(Command::new(path)),
        Deed::Interpret => {
            let mut shell = Command::new("/bin/sh");
            shell.arg(path);
            ran(shell)
        }
    })
}

fn ran(mut command: Command) -> Came {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.status() {
        Err(error) => Err::<(), _>(error).into(),
        Ok(status) if status.success() => Came::Done,
        Ok(status) => Came::Not(format!("exit code {}", status.code().unwrap_or(-1))),
    }
}

/// Has somebody listen at `path`, gives it away with this mode, and tries to connect as whoever is not root.
///
/// # Errors
/// Those of making the socket.
pub fn connect(path: &Path, mode: u32, owner: Who) -> io::Result<Came> {
    let listener = UnixListener::bind(path)?;
    give(path, mode, owner)?;
    let came = as_nobody(|| UnixStream::connect(path).map(drop).into());
    drop(listener);
    std::fs::remove_file(path)?;
    Ok(came)
}

/// Tries to connect where nobody listens, or nothing is, or the queue is full.
pub fn connect_to(path: &Path) -> Came {
    as_nobody(|| {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
        let connected = socket.and_then(|socket| {
            socket.set_nonblocking(true)?;
            socket.connect(&socket2::SockAddr::unix(path)?)
        });
        connected.into()
    })
}

/// Whether whoever may write the folder can put another file in the place of one that he may not write; as whoever is not root.
pub fn replace(path: &Path, by: &Path) -> Came {
    as_nobody(|| {
        let replaced = std::fs::write(by, "mine\n").and_then(|()| std::fs::rename(by, path));
        replaced.into()
    })
}

impl From<io::Result<()>> for Came {
    fn from(result: io::Result<()>) -> Came {
        match result {
            Ok(()) => Came::Done,
            Err(error) => {
                let words = error.to_string();
                let words = words.split(" (os error").next().unwrap_or(&words);
                let number = error.raw_os_error();
                Came::Not(match number {
                    Some(number) => format!("{number} {words}"),
                    None => words.to_owned(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        folder
    }

    /// Those of whose class this test can be: only root can be all of them.
    fn classes() -> &'static [(Who, u32)] {
        match is_root() {
            true => &[(Who::Owner, 6), (Who::Group, 3), (Who::Other, 0)],
            false => &[(Who::Owner, 6)],
        }
    }

    fn refused(came: &Came) -> bool {
        matches!(came, Came::Not(why) if why.starts_with("13 "))
    }

    #[test]
    fn to_connect_takes_write_and_nothing_else() {
        let folder = folder();
        let path = folder.path().join("s");
        for (who, shift) in classes() {
            for bits in 0..8 {
                let came = connect(&path, bits << shift, *who).unwrap();
                let writes = bits & 2 != 0;
                assert_eq!(came == Came::Done, writes, "{who:?} {bits:o}: {came:?}");
                assert!(writes || refused(&came), "{came:?}");
            }
        }
    }

    #[test]
    fn a_missing_x_bit_stops_execve_and_no_interpreter() {
        let folder = folder();
        let path = folder.path().join("script");
        for (who, shift) in classes() {
            script(&path, 4 << shift, *who).unwrap();
            assert!(refused(&attempt(Deed::Run, &path)), "{who:?}");
            assert_eq!(attempt(Deed::Interpret, &path), Came::Done, "{who:?}");
            script(&path, 5 << shift, *who).unwrap();
            assert_eq!(attempt(Deed::Run, &path), Came::Done, "{who:?}");
            // The kernel runs it, and its interpreter cannot read it.
            script(&path, 1 << shift, *who).unwrap();
            let unread = attempt(Deed::Run, &path);
            assert!(
                matches!(&unread, Came::Not(why) if why.starts_with("exit code")),
                "{unread:?}"
            );
        }
    }

    #[test]
    fn whoever_may_write_the_folder_replaces_the_file() {
        let folder = folder();
        let (dir, path) = (folder.path().join("d"), folder.path().join("d/settings"));
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(&path, "root's\n").unwrap();
        give(&path, 0o444, Who::Other).unwrap();
        give(&dir, 0o755, Who::Owner).unwrap();
        assert!(refused(&attempt(Deed::Append, &path)));
        assert_eq!(replace(&path, &dir.join("new")), Came::Done);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine\n");
    }

    #[test]
    fn a_socket_without_a_listener_and_none_at_all_are_told_apart() {
        let folder = folder();
        let path = folder.path().join("s");
        assert!(matches!(connect_to(&path), Came::Not(why) if why.starts_with("2 ")));
        drop(UnixListener::bind(&path).unwrap());
        give(&path, 0o777, Who::Owner).unwrap();
        assert!(matches!(connect_to(&path), Came::Not(why) if why.starts_with("111 ")));
    }
}
