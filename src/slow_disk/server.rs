//! The helper's side: mounts, and answers as slowly as it is told to.
//!
//! `/dev/fuse` is open in this process and in no other: when it ends, in whatever way, the kernel ends the connection, and everybody who waits for an answer
//! wakes with an error, those included whom no signal reaches. (A process that had inherited the descriptor stayed in D after all were killed; only root could
//! end that.) It ends with whoever started it, by the end of its standard input, and at the latest when its time is over.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::files::{Files, HELD_NAME};
use super::wire::Request;
use super::{READER, SLOW_DISK_ROLE};
use crate::mounted::{self, READY};
use crate::namespaces;
use crate::strays::close_strays;
use crate::time::{Clock, Span};
use crate::title::set_title;

/// More than the kernel puts into one request (`max_write` and a page).
const LARGEST_REQUEST: usize = 1 << 17;

/// What it is told by its arguments.
struct Told {
    at: OsString,
    delay: Span,
    holds: bool,
    limit: Span,
}

/// The main function of the helper; its exit code.
pub fn slow_disk_main() -> i32 {
    close_strays();
    let mut behind = std::env::args_os().skip(2);
    if behind.next().is_some_and(|word| word == READER) {
        return read(behind.next().unwrap_or_default());
    }
    let told = told();
    // The title is written over the arguments.
    set_title(c"slowlab: slow");
    let Some(told) = told else { return 2 };
    let clock = Clock::start();
    match mount(&told.at).and_then(|device| serve(device, &told, clock)) {
        Ok(()) => 0,
        Err(error) => {
            // Who asked may be gone.
            let _ = mounted::say(&mounted::refusal(&error));
            1
        }
    }
}

fn told() -> Option<Told> {
    let arguments: Vec<OsString> = std::env::args_os().skip(2).collect();
    let [at, delay, holds, limit] = arguments.as_slice() else {
        return None;
    };
    let ms = |text: &OsStr| text.to_str()?.parse().ok().map(Span::from_ms);
    Some(Told {
        at: at.clone(),
        delay: ms(delay)?,
        holds: holds == "holds",
        limit: ms(limit)?,
    })
}

fn mount(at: &OsStr) -> io::Result<File> {
    namespaces::enter()?;
    // Of these namespaces: the kernel asks for that.
    let device = File::options().read(true).write(true).open("/dev/fuse");
    let device =
        device.map_err(|error| io::Error::new(error.kind(), format!("/dev/fuse: {error}")))?;
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0",
        device.as_raw_fd()
    );
    namespaces::mount(c"fuse", at, options.as_bytes())?;
    Ok(device)
}

/// Who reads the file and is never answered: the page that it waits for is what an `open` then waits for.
fn start_reader(at: &OsStr) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .args([SLOW_DISK_ROLE, READER])
        .arg(Path::new(at).join(HELD_NAME))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// What the reader does; its exit code.
fn read(path: OsString) -> i32 {
    set_title(c"slowlab: reader");
    let mut byte = [0];
    let read = File::open(path).and_then(|mut file| file.read(&mut byte));
    i32::from(read.is_err())
}

fn serve(device: File, told: &Told, clock: Clock) -> io::Result<()> {
    let mut files = Files::new(told.delay);
    let mut reader = match told.holds {
        true => Some(start_reader(&told.at)?),
        false => None,
    };
    let mut is_ready = false;
    let ends_at = clock.now() + told.limit;
    let mut buffer = vec![0; LARGEST_REQUEST];
    while clock.now() < ends_at {
        if !is_ready && files.is_held() == told.holds {
            is_ready = true;
            let _ = mounted::say(READY);
        }
        let until = files.next().unwrap_or(ends_at).min(ends_at);
        match wait(&device, until.since(clock.now()))? {
            Woken::Farewell => break,
            Woken::Request => {
                let length = match (&device).read(&mut buffer) {
                    Ok(length) => length,
                    // The request was taken back, or somebody unmounted it.
                    Err(error) if error.raw_os_error() == Some(Errno::NODEV.raw_os_error()) => {
                        break;
                    }
                    Err(_) => continue,
                };
                let request = Request::read(&buffer[..length]);
                let answer = request.and_then(|request| files.ask(request, clock.now()));
                tell(&device, answer.into_iter());
            }
            Woken::Due => {}
        }
        tell(&device, files.due(clock.now()).into_iter());
    }
    drop(device);
    if let Some(reader) = &mut reader {
        let _ = reader.kill();
        let _ = reader.wait();
    }
    Ok(())
}

/// Whoever asked may be gone; then nobody wants the answer.
fn tell(mut device: &File, answers: impl Iterator<Item = Vec<u8>>) {
    for answer in answers {
        let _ = device.write(&answer);
    }
}

enum Woken {
    Request,
    Farewell,
    Due,
}

fn wait(device: &File, span: Span) -> io::Result<Woken> {
    let stdin = io::stdin();
    let mut fds = [
        PollFd::from_borrowed_fd(device.as_fd(), PollFlags::IN),
        PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN),
    ];
    let limit = Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: (span.as_ns() % 1_000_000_000) as _,
    };
    match poll(&mut fds, Some(&limit)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(
        match (fds[0].revents().is_empty(), fds[1].revents().is_empty()) {
            (_, false) => Woken::Farewell,
            (false, true) => Woken::Request,
            (true, true) => Woken::Due,
        },
    )
}
