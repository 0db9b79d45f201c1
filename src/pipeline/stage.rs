//! What a stage's process does: one of ours passes on what it reads, at its pace; any other becomes its tool.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::Signal;

use crate::machine::pipeline::{PIECE, Paced};
use crate::strays::{close_strays, full_files_end_the_process};
use crate::time::{Clock, Span};
use crate::title::set_title;
use crate::units::ByteRate;

/// The hidden first argument that makes the binary a stage.
pub const STAGE_ROLE: &str = "__stage";
/// The argument of one of ours, before its settings as JSON.
pub(super) const PACED: &str = "paced";
/// The argument of a tool, before its name and its arguments.
pub(super) const TOOL: &str = "tool";
/// What a shell says of a process that SIGPIPE has ended.
const ENDED_BY_PIPE: i32 = 128 + libc::SIGPIPE;

/// The main function of a stage; its exit code. The kernel ends it with whoever started it.
pub fn stage_main() -> i32 {
    close_strays();
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let mut arguments = std::env::args_os().skip(2);
    let kind = arguments.next().unwrap_or_default();
    let Some(first) = arguments.next() else {
        return 2;
    };
    if kind == TOOL {
        full_files_end_the_process();
        let error = Command::new(&first).args(arguments).exec();
        let _ = writeln!(io::stderr(), "cannot run `{}`: {error}", first.display());
        // As a shell says it.
        return 127;
    }
    let paced: Option<Paced> = first
        .to_str()
        .and_then(|text| serde_json::from_str(text).ok());
    let Some(paced) = paced else { return 2 };
    // The title is written over the arguments.
    set_title(c"slowlab: stage");
    match pass_on(&paced) {
        Ok(()) => 0,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ENDED_BY_PIPE,
        Err(_) => 1,
    }
}

/// Reads a page at most, passes it on, and takes its time for it.
fn pass_on(paced: &Paced) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut piece = [0; PIECE as usize];
    let clock = Clock::start();
    let mut free_at = clock.now();
    loop {
        let read = match input.read(&mut piece) {
            Ok(0) => return output.flush(),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        burn(clock, paced.cpu);
        if let Some(rate) = paced.rate {
            // What it did not need is not carried: a stage that waited does not hurry afterwards.
            free_at = free_at.max(clock.now()) + time_for(rate, read as u64);
            pause(free_at.since(clock.now()));
        }
        output.write_all(&piece[..read])?;
        output.flush()?;
    }
}

/// How long so many bytes take at a rate.
fn time_for(rate: ByteRate, bytes: u64) -> Span {
    Span::from_ns(bytes.saturating_mul(1_000_000_000) / rate.0.max(1))
}

fn burn(clock: Clock, span: Span) {
    let until = clock.now() + span;
    while clock.now() < until {
        std::hint::spin_loop();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the pace of a stage is this sleep; nothing is measured by it"
)]
fn pause(span: Span) {
    std::thread::sleep(span.to_duration());
}
