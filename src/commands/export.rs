//! `slowlab export NAME --to DIR`: a scenario's stack as configuration of the real programs.

use std::io::Write as _;
use std::path::Path;

use super::finish::talk;
use super::{load, speech};
use crate::cli::RoleArgs;
use crate::error::{Exit, Refusal};
use crate::reference::export::{self, Layout};

/// Writes the files, each listed on standard output.
///
/// # Errors
/// A bad scenario, a variant that the real programs cannot play, a folder that is not empty or cannot be written.
pub(super) fn run(args: &RoleArgs, to: &Path) -> anyhow::Result<Exit> {
    let variants = std::slice::from_ref(&args.variant);
    let run = load::run_plan(
        &args.scenario,
        &args.set,
        None,
        variants,
        speech::of_environment(),
    )?;
    let Some(plan) = run.variants.first().map(|variant| &variant.plan) else {
        let (name, scenario) = (&args.variant, &args.scenario);
        return Err(Refusal::usage(format!("`{scenario}` has no variant `{name}`")).into());
    };
    if std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        let to = to.display();
        return Err(Refusal::usage(format!(
            "`{to}` is not empty\nhint: name a new folder with --to"
        ))
        .into());
    }
    let files = export::render(plan, &Layout::by_hand(plan)).map_err(Refusal::undecided)?;
    export::write(&files, to).map_err(Refusal::unfit)?;
    for note in export::notes(plan) {
        talk(&format!("note: {}", note.text));
    }
    let mut out = std::io::stdout();
    for file in &files {
        writeln!(out, "{}", to.join(file.path).display())?;
    }
    talk(&format!(
        "{} starts it, Ctrl-C ends it",
        to.join("start").display()
    ));
    Ok(Exit::Held)
}
