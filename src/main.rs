//! The `slowlab` binary: parse, do, say what went wrong, exit.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser as _;
use slowlab::error::{Exit, Refusal};
use slowlab::{apart, bug, cli::Cli, slow_disk, small_disk};

type Role = (&'static str, fn() -> i32);

fn main() -> ExitCode {
    bug::ends_this_process();
    // These are this binary run again. A master must not see an argument parser or any thread before it forks.
    let role = std::env::args_os().nth(1).unwrap_or_default();
    let roles: [Role; 6] = [
        (apart::APART_ROLE, apart::apart_main),
        (slowlab::backend::MASTER_ROLE, slowlab::backend::master_main),
        (small_disk::DISK_ROLE, small_disk::disk_main),
        (slow_disk::SLOW_DISK_ROLE, slow_disk::slow_disk_main),
        (slowlab::proxy::OWN_ROLE, slowlab::proxy::own_main),
        (slowlab::pipeline::STAGE_ROLE, slowlab::pipeline::stage_main),
    ];
    if let Some((_, main)) = roles.iter().find(|(name, _)| role == *name) {
        std::process::exit(main());
    }
    match role.to_str() {
        Some(slowlab::reference::GUARD_ROLE) => return slowlab::reference::guard_main().into(),
        Some(slowlab::reference::PROGRAM_ROLE) => return slowlab::reference::program_main().into(),
        _ => {}
    }
    let cli = Cli::parse();
    let words = slowlab::commands::words_of(&cli.command);
    match catch_unwind(AssertUnwindSafe(|| slowlab::commands::run(cli))) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => complain(&error, &words.say("mistake-error", [])).into(),
        Err(_) => Exit::Bug.into(), // it has been printed, and what was running has been dropped
    }
}

/// Prints the chain of causes, once, behind the word for an error, and picks the exit code.
fn complain(error: &anyhow::Error, word: &str) -> Exit {
    if is_broken_pipe(error) {
        return Exit::Held;
    }
    let _ = writeln!(anstream::stderr(), "{word}: {error:#}");
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.exit(),
        // A full disk behind standard output, a limit on threads: whatever could not be done, the system said so.
        None if error.chain().any(|cause| cause.is::<std::io::Error>()) => Exit::Unfit,
        None => Exit::Bug,
    }
}

/// `slowlab list | head -1` is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = (error.chain()).filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
