//! SIGINT, SIGTERM and SIGHUP for the process that runs a lab.
//!
//! The first signal asks the run to end and keep what it measured. The second leaves at once: the backend's master notices that
//! its parent is gone and takes everything down.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use crate::error::Exit;

/// 0, or the exit code of the signal that came first.
static CODE: AtomicU8 = AtomicU8::new(0);

/// Starts listening, on a thread of its own. Call once.
///
/// # Errors
/// Those of starting a thread or installing a handler.
pub(super) fn listen() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let (Ok(mut int), Ok(mut term), Ok(mut hup)) = (
                    signal(SignalKind::interrupt()),
                    signal(SignalKind::terminate()),
                    signal(SignalKind::hangup()),
                ) else {
                    return;
                };
                loop {
                    let exit = tokio::select! {
                        _ = int.recv() => Exit::Interrupted,
                        _ = term.recv() => Exit::Terminated,
                        _ = hup.recv() => Exit::Terminated,
                    };
                    if CODE.swap(exit.code(), Ordering::SeqCst) != 0 {
                        std::process::exit(i32::from(exit.code()));
                    }
                }
            });
        })?;
    Ok(())
}

/// The exit that a signal asked for, if one came.
pub(super) fn asked() -> Option<Exit> {
    match CODE.load(Ordering::SeqCst) {
        0 => None,
        code if code == Exit::Terminated.code() => Some(Exit::Terminated),
        _ => Some(Exit::Interrupted),
    }
}
