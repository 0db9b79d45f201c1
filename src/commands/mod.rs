//! The subcommands: one file each. Standard output carries the result, standard error the talk.

mod check;
mod doctor;
mod finish;
mod interrupt;
mod list;
mod load;
mod panics;
mod progress;
mod report;
mod roles;
mod run;
mod show;

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::error::{Exit, Refusal};

/// Does what the command line asks for.
///
/// # Errors
/// Those of the subcommand; a [`crate::error::Refusal`] among the causes decides the exit code.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    panics::watch();
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
        Command::List => list::run(),
        Command::Show { name } => show::run(&name),
        Command::Check { files, set } => check::run(&files, &set),
        Command::Run(args) => run::run(&args),
        Command::Report { dir, json } => report::run(&dir, json),
        Command::Backend(role) => roles::backend(&role),
        Command::Proxy(role) => roles::proxy(&role),
        Command::Clients { role, target } => roles::clients(&role, &target),
        Command::Doctor => doctor::run(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "slowlab", &mut script);
            io::stdout().write_all(&script)?;
            Ok(Exit::Held)
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?;
            Ok(Exit::Held)
        }
    }
}
