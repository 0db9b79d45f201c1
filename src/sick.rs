//! What a sick process does, really, so that `/proc` shows of it what it shows of a program that went wrong in this way: what workers and a proxy of its own
//! process have in common.

use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Barrier, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The variable of the environment that names the file which does not let go of whoever opens it.
pub(crate) const HELD_FILE: &str = "SLOWLAB_HELD_FILE";

/// Opens that file: D in `open` (257), which no signal ends. Returns once its file system answers or is gone, with nothing open.
pub(crate) fn open_what_is_held() {
    let held = std::env::var_os(HELD_FILE);
    drop(held.and_then(|path| File::open(path).ok()));
}

/// Two threads that wait for each other's lock: S in `futex` (202), both of them. Returns only if there is no second thread, whatever signal
/// comes: the wait for a lock is taken up again.
pub(crate) fn deadlock() {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    let both_have_one = Arc::new(Barrier::new(2));
    let (theirs, met) = (Arc::clone(&locks), Arc::clone(&both_have_one));
    let take = |lock: &Mutex<()>| drop(lock.lock().unwrap_or_else(PoisonError::into_inner));
    let other = std::thread::Builder::new().spawn(move || {
        let _held = theirs[1].lock().unwrap_or_else(PoisonError::into_inner);
        met.wait();
        take(&theirs[0]);
    });
    if other.is_err() {
        return;
    }
    let _held = locks[0].lock().unwrap_or_else(PoisonError::into_inner);
    both_have_one.wait();
    take(&locks[1]);
}

/// A blocking `write` to a client that does not read, which is this process itself, until a signal has `leaves` say why it ends.
///
/// # Errors
/// Those of making the two ends.
pub(crate) fn write_to_nobody<T>(leaves: impl Fn() -> Option<T>) -> io::Result<T> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let _reader = TcpStream::connect(listener.local_addr()?)?;
    let (writer, _) = listener.accept()?;
    let piece = [0; 65_536];
    loop {
        if let Some(why) = leaves() {
            return Ok(why);
        }
        match rustix::io::write(&writer, &piece) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Opens and forgets, until the process has no descriptor left. What a process of this user may have at most could be a million: a leak that took a
/// month is shown at its end, with a `limit` of its own.
pub(crate) fn leak_all(leaked: &mut Vec<OwnedFd>, limit: u32) {
    let limits = Rlimit {
        current: Some(u64::from(limit)),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    let _ = setrlimit(Resource::Nofile, limits);
    while let Ok(file) = File::open("/dev/null") {
        leaked.push(file.into());
    }
}

/// `vfork` with a child that does not go on: the kernel holds this thread in `kernel_clone`, state D, until the child is gone. Returns only if
/// there is no child, or somebody kills it.
///
/// The child has a copy of this memory (no `CLONE_VM`), so it disturbs nothing here; it dies with its parent, by the kernel's hand.
///
/// # Errors
/// Those of `clone`.
#[expect(unsafe_code, reason = "`clone` has no safe interface")]
pub(crate) fn rest_in_vfork() -> io::Result<()> {
    let flags = libc::CLONE_VFORK | libc::SIGCHLD;
    let nothing: libc::c_long = 0;
    let parent = rustix::process::getpid();
    // SAFETY: without a stack and without `CLONE_VM` this is `fork` with a wait: the child goes on here in a copy of this memory. It calls only
    // what may be called in the child of a process with several threads (`prctl`, `getppid`, `pause`, `_exit`: system calls), and never returns.
    unsafe {
        match libc::syscall(
            libc::SYS_clone,
            libc::c_long::from(flags),
            nothing,
            nothing,
            nothing,
            nothing,
        ) {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
                if libc::getppid() != parent.as_raw_nonzero().get() {
                    libc::_exit(0);
                }
                loop {
                    libc::pause();
                }
            }
            _ => Ok(()),
        }
    }
}
