//! The subcommands: one file each. Standard output carries the result, standard error the talk.

mod beside;
mod breakpoint;
mod check;
mod compare;
mod confirm;
mod doctor;
mod engine;
mod export;
mod facts;
mod finish;
mod gate;
mod handout;
mod import;
mod interrupt;
mod kernel;
mod lacking;
mod limits;
mod list;
mod load;
mod log;
mod manual;
mod measure;
mod panics;
mod permissions;
mod progress;
mod remains;
mod repeat;
mod report;
mod roles;
mod run;
mod schema;
mod serve;
mod show;
mod simulate;
mod site;
mod speech;
mod stage;
mod staged;
mod sweep;
mod symptom;
mod tried;
mod vary;
mod watch;
mod workshop;

use std::io;

pub use speech::of_command as words_of;

use crate::cli::{Cli, Command};
use crate::error::{Exit, Refusal};
use crate::strays::full_files_are_errors;

/// Does what the command line asks for.
///
/// # Errors
/// Those of the subcommand; a [`crate::error::Refusal`] among the causes decides the exit code.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    panics::watch();
    full_files_are_errors();
    perform(cli).map_err(|error| match error.downcast::<io::Error>() {
        // Everything else that fails says what it was about.
        Ok(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Refusal::unfit(format!("cannot write to standard output: {error}")).into()
        }
        Ok(error) => error.into(),
        Err(error) => error,
    })
}

fn perform(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::List { metrics: true, .. } => list::metrics(),
        Command::List {
            metrics: false,
            speech,
        } => list::run(speech),
        Command::Show {
            name,
            predict,
            speech,
        } => show::run(&name, predict, speech),
        Command::Symptom { words, speech } => symptom::run(&words, speech),
        Command::Log(args) => log::run(&args),
        Command::Permissions => permissions::run(),
        Command::Check { files, set, speech } => check::run(&files, &set, speech.shown()),
        Command::Run(args) => run::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Break(args) => breakpoint::run(&args),
        Command::Report {
            dir,
            json,
            format,
            speech,
        } => report::run(&dir, (json, format), speech),
        Command::Compare(args) => compare::run(&args),
        Command::Metrics => list::metrics(),
        Command::Keys { part } => schema::keys(part.as_deref()),
        Command::Schema { of } => schema::run(of),
        Command::Export { role, to } => export::run(&role, &to),
        Command::Import(args) => import::run(&args),
        Command::Site(args) => site::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Workshop(args) => workshop::run(&args),
        Command::Handout(args) => handout::run(&args),
        Command::Backend(role) => roles::backend(&role),
        Command::Proxy(role) => roles::proxy(&role),
        Command::Clients(args) => roles::clients(&args),
        Command::Stage(args) => staged::run(&args),
        Command::Doctor { sweep: true, .. } => remains::run(),
        Command::Doctor {
            calibrate,
            sweep: false,
        } => doctor::run(calibrate.as_ref()),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man => manual::page(),
    }
}
