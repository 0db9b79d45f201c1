//! What the command line says of itself to a shell and to `man`.

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::error::Exit;

/// Completions for a shell, on standard output.
///
/// # Errors
/// Those of writing to it.
pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "slowlab", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Held)
}

/// The manual page, likewise.
///
/// # Errors
/// Those of writing to it.
pub(super) fn page() -> anyhow::Result<Exit> {
    clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?;
    Ok(Exit::Held)
}
