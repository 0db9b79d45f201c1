//! `slowlab doctor`: what this machine can hold, and what is missing.

use std::io::Write as _;

use crate::error::{Exit, Refusal};
use crate::observe;
use crate::record::Manifest;

/// Open files that one client needs behind a buffering proxy, both ends in this process: its socket, the proxy's downstream and
/// upstream sockets, a temp file.
const FILES_PER_PROXIED_CLIENT: u64 = 4;

/// Prints the facts.
///
/// # Errors
/// A limit that cannot be read.
pub(super) fn run() -> anyhow::Result<Exit> {
    let (open_files, _) = observe::limits::raise_nofile().map_err(|error| {
        Refusal::unfit(format!("cannot raise the limit of open files: {error}"))
    })?;
    let mut facts = Manifest::default();
    observe::machine::describe(&mut facts);
    let mut out = std::io::stdout().lock();
    let unknown = || "unknown".to_owned();
    writeln!(
        out,
        "kernel        {}",
        facts.kernel.unwrap_or_else(unknown)
    )?;
    writeln!(out, "cpu           {}", facts.cpu.unwrap_or_else(unknown))?;
    writeln!(
        out,
        "open files    {open_files}: about {} clients behind a proxy",
        observe::limits::clients_that_fit(open_files, FILES_PER_PROXIED_CLIENT)
    )?;
    if let Some((median, max)) = facts.tick_error_us {
        writeln!(out, "timer error   {median} us median, {max} us at most")?;
    }
    for (name, value) in &facts.sysctls {
        writeln!(out, "{name} = {value}")?;
    }
    for (program, use_of_it) in [
        ("nginx", "the reference engine"),
        ("gunicorn", "the reference engine"),
    ] {
        let found = std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
        });
        writeln!(
            out,
            "{program:<13} {} ({use_of_it} needs it; the lab does not)",
            if found { "found" } else { "not in PATH" }
        )?;
    }
    Ok(Exit::Held)
}
