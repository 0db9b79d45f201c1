//! `slowlab doctor`: what this machine can hold, and what is missing.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::apart;
use crate::backend::EXECUTABLE;
use crate::error::{Exit, Refusal};
use crate::machine::costs::Costs;
use crate::machine::sockbuf::KernelBuffers;
use crate::observe;
use crate::observe::calibrate::{self, Calibration, Cell};
use crate::record::Manifest;
use crate::reference::programs::{Named, find_gunicorn, find_nginx};
use crate::time::utc_stamp;

/// Open files that one client needs behind a buffering proxy, both ends in this process: its socket, the proxy's downstream and
/// upstream sockets, a temp file.
const FILES_PER_PROXIED_CLIENT: u64 = 4;

/// Prints the facts; with `calibrate` also what sockets take in, and where to keep what was fitted to it.
///
/// # Errors
/// A limit that cannot be read, sockets that cannot be made, a file that cannot be written.
pub(super) fn run(calibrate: Option<&Option<PathBuf>>) -> anyhow::Result<Exit> {
    let (open_files, _) = observe::limits::raise_nofile().map_err(|error| {
        Refusal::unfit(format!("cannot raise the limit of open files: {error}"))
    })?;
    let mut facts = Manifest::default();
    observe::machine::describe(&mut facts);
    facts.tick_error_us = observe::machine::tick_error();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "kernel        {}",
        facts.kernel.as_deref().unwrap_or("unknown")
    )?;
    writeln!(
        out,
        "cpu           {}",
        facts.cpu.as_deref().unwrap_or("unknown")
    )?;
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
    let far = apart::missing_here(Path::new(EXECUTABLE));
    let far = far.unwrap_or_else(|| "can be played (`clients.link`)".to_owned());
    writeln!(out, "{:<13} {far}", "far clients")?;
    if let Some(keep) = calibrate {
        measure(&mut out, &facts, keep.as_ref())?;
    }
    Ok(Exit::Held)
}

/// What real sockets take in, what the model behind predictions and the sim says, and what it would say when fitted to them.
fn measure(out: &mut dyn Write, facts: &Manifest, keep: Option<&PathBuf>) -> anyhow::Result<()> {
    let kernel = calibrate::kernel_buffers(&facts.sysctls);
    let cells = calibrate::measure()
        .map_err(|error| Refusal::unfit(format!("cannot measure sockets: {error}")))?;
    let fitted = calibrate::refit(&kernel, &cells);
    table(out, &cells, &kernel, &fitted)?;
    let percent = |kernel, check| 100.0 * calibrate::mean_error(kernel, &cells, check);
    writeln!(
        out,
        "\nmean error of TCP: {:.1} % where the fit looked, {:.1} % where it did not (*)",
        percent(&kernel, false),
        percent(&kernel, true),
    )?;
    if fitted == kernel {
        writeln!(out, "no other constants fit this machine clearly better")?;
    } else {
        writeln!(
            out,
            "fitted:            {:.1} %                      {:.1} %",
            percent(&fitted, false),
            percent(&fitted, true),
        )?;
    }
    let costs = calibrate::costs()
        .map_err(|error| Refusal::unfit(format!("cannot measure what bytes cost: {error}")))?;
    prices(out, &costs)?;
    let Some(path) = keep else {
        return Ok(writeln!(
            out,
            "`doctor --calibrate FILE` keeps this for `run --engine sim --kernel FILE`"
        )?);
    };
    let unknown = || "unknown".to_owned();
    let release = facts.kernel.clone().unwrap_or_else(unknown);
    let measured = utc_stamp();
    Calibration::new(release, measured, (fitted, costs), cells)
        .write(path)
        .map_err(Refusal::unfit)?;
    Ok(writeln!(
        out,
        "kept: slowlab run NAME --engine sim --kernel {}",
        path.display()
    )?)
}

/// What a KiB costs here, and where the sim's own constants were measured.
fn prices(out: &mut dyn Write, costs: &Costs) -> std::io::Result<()> {
    writeln!(
        out,
        "\nnanoseconds for a KiB, here and in the sim without `--kernel FILE`"
    )?;
    let known = Costs::MEASURED;
    for (what, here, there) in [
        ("send", costs.send_kib_ns, known.send_kib_ns),
        ("be read", costs.read_kib_ns, known.read_kib_ns),
        ("pass on", costs.pass_on_kib_ns, known.pass_on_kib_ns),
        ("a piece", costs.pass_on_piece_ns, known.pass_on_piece_ns),
        ("relay", costs.relay_kib_ns, known.relay_kib_ns),
    ] {
        writeln!(out, "{what:<13} {here:>9} {there:>9}")?;
    }
    Ok(())
}

fn table(
    out: &mut dyn Write,
    cells: &[Cell],
    kernel: &KernelBuffers,
    fitted: &KernelBuffers,
) -> std::io::Result<()> {
    let size = |bytes: Option<u64>| bytes.map_or("unset".to_owned(), |bytes| bytes.to_string());
    writeln!(
        out,
        "\nbytes taken in while nobody reads, by writes of 4 KiB"
    )?;
    writeln!(
        out,
        "{:>6} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>7}",
        "family", "SO_SNDBUF", "SO_RCVBUF", "measured", "model", "error", "fitted", "error"
    )?;
    for cell in cells {
        writeln!(
            out,
            "{:>6} {:>9} {:>9} {:>9} {:>9} {:>6.1}% {:>9} {:>6.1}%{}",
            if cell.unix { "unix" } else { "tcp" },
            size(cell.sndbuf),
            size(cell.rcvbuf),
            cell.measured,
            cell.model(kernel),
            100.0 * cell.error(kernel),
            cell.model(fitted),
            100.0 * cell.error(fitted),
            if cell.check { " *" } else { "" },
        )?;
    }
    Ok(())
}
