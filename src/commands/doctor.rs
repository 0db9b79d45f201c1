//! `slowlab doctor`: what this machine can hold, and what is missing.

use std::collections::BTreeMap;
use std::io::Write;

use crate::error::{Exit, Refusal};
use crate::observe::{self, calibrate};
use crate::record::Manifest;
use crate::reference::programs::{Named, find_gunicorn, find_nginx};

/// Open files that one client needs behind a buffering proxy, both ends in this process: its socket, the proxy's downstream and
/// upstream sockets, a temp file.
const FILES_PER_PROXIED_CLIENT: u64 = 4;

/// Prints the facts.
///
/// # Errors
/// A limit that cannot be read.
pub(super) fn run(calibrate: bool) -> anyhow::Result<Exit> {
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
    // What `run --engine reference` would say, and nothing that the lab needs.
    let named = Named::default();
    let nginx = find_nginx(&named).map(|nginx| nginx.version.to_string());
    let gunicorn = find_gunicorn(&named).map(|gunicorn| gunicorn.version.to_string());
    for (program, found) in [("nginx", nginx), ("gunicorn", gunicorn)] {
        let said =
            found.unwrap_or_else(|error| error.to_string().replace('\n', "\n              "));
        writeln!(out, "{program:<13} {said} (for --engine reference only)")?;
    }
    if calibrate {
        measure(&mut out, &facts.sysctls)?;
    }
    Ok(Exit::Held)
}

/// What real sockets take in, and what the model behind predictions and the sim says.
fn measure(out: &mut dyn Write, sysctls: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let kernel = calibrate::kernel_buffers(sysctls);
    let cells = calibrate::calibrate(&kernel)
        .map_err(|error| Refusal::unfit(format!("cannot measure sockets: {error}")))?;
    let size = |bytes: Option<u64>| bytes.map_or("unset".to_owned(), |bytes| bytes.to_string());
    writeln!(
        out,
        "\nbytes taken in while nobody reads, by writes of 4 KiB"
    )?;
    writeln!(
        out,
        "{:>6} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "family", "SO_SNDBUF", "SO_RCVBUF", "measured", "model", "error"
    )?;
    for cell in &cells {
        writeln!(
            out,
            "{:>6} {:>9} {:>9} {:>9} {:>9} {:>6.1}%",
            if cell.unix { "unix" } else { "tcp" },
            size(cell.sndbuf),
            size(cell.rcvbuf),
            cell.measured,
            cell.model,
            100.0 * cell.error()
        )?;
    }
    Ok(())
}
