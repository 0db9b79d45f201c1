//! `slowlab serve`: the laboratory in a browser.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::finish::talk;
use super::{interrupt, load};
use crate::browse::{self, Options};
use crate::cli::ServeArgs;
use crate::error::{Exit, Refusal};
use crate::record::folder;
use crate::report::words::Words;

/// Serves until a signal ends it, which is its usual end.
///
/// # Errors
/// A name that is neither a scenario file nor a run, no port.
pub(super) fn run(args: ServeArgs) -> anyhow::Result<Exit> {
    let words = args.speech.shown();
    let (files, runs) = sorted(args.named, words)?;
    interrupt::listen().context("cannot listen for signals")?;
    let options = Options {
        port: args.port,
        language: words.language(),
        files,
        runs,
        out: args.out,
        first: "library",
        open: args.open,
    };
    serve(options, words)
}

/// Serves pages, says where, and opens the first one if that is wished.
///
/// # Errors
/// No port.
pub(super) fn serve(options: Options, words: &'static Words) -> anyhow::Result<Exit> {
    let (asked, open) = (options.port.unwrap_or(browse::PORT), options.open);
    let ready = |address: &str, port: u16| {
        let said = words.say("browse-serving", [("address", address.into())]);
        let _ = writeln!(std::io::stdout(), "{said}");
        if port != asked && asked != 0 {
            let ports = [("asked", asked.to_string()), ("port", port.to_string())];
            let ports = ports.map(|(name, port)| (name, port.into()));
            talk(&words.say("browse-port-taken", ports));
        }
        if open && let Err(error) = opened(address) {
            let why = error.to_string();
            talk(&words.tell("browse-cannot-open", &[("why", &why), ("address", address)]));
        }
    };
    browse::serve(options, &interrupt::leave(), ready).map_err(Refusal::unfit)?;
    Ok(Exit::Held)
}

/// Scenario files and folders of runs apart; each is looked at now, so that a slip is not found by a click.
fn sorted(
    named: Vec<PathBuf>,
    words: &'static Words,
) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (runs, files): (Vec<PathBuf>, Vec<PathBuf>) =
        named.into_iter().partition(|path| path.is_dir());
    for run in &runs {
        folder::read_manifest(run).map_err(Refusal::usage)?;
    }
    for file in &files {
        load::scenario(&path_like(file), &[], words)?;
    }
    Ok((files, runs))
}

/// A path that nobody takes for the name of a bundled scenario.
fn path_like(file: &Path) -> String {
    let path = file.display().to_string();
    match path.contains('/') {
        true => path,
        false => format!("./{path}"),
    }
}

/// Asks the desktop for a browser.
fn opened(address: &str) -> std::io::Result<()> {
    let mut opener = Command::new("xdg-open")
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // It ends soon, and somebody has to be told.
    std::thread::spawn(move || opener.wait());
    Ok(())
}
