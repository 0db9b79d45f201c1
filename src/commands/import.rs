//! `slowlab import`: a scenario from a user's own nginx and gunicorn configuration.

use std::io::Write as _;

use super::finish::talk;
use crate::cli::{ImportArgs, SourceArgs};
use crate::error::{Exit, Refusal};
use crate::reference::import;
use crate::report::words::{Language, Words};
use crate::understand::{Sources, understand};

/// Prints the scenario on standard output, and on standard error what was made of each directive.
///
/// # Errors
/// A file that cannot be read, or that nginx would not read either.
pub(super) fn run(args: &ImportArgs) -> anyhow::Result<Exit> {
    let understood = understand(&sources(&args.sources)?).map_err(Refusal::usage)?;
    let words = Words::of(Language::English);
    for (heading, lines) in import::lists(&understood, &words.speech()) {
        if !lines.is_empty() {
            talk(&format!("{heading}:\n  {}", lines.join("\n  ")));
        }
    }
    let text = import::to_toml(&understood, &words.speech());
    std::io::stdout().write_all(text.as_bytes())?;
    talk("the application and the clients are assumed: see ASSUMED in the file");
    Ok(Exit::Held)
}

/// What the command line names.
///
/// # Errors
/// A variable without a name.
pub(super) fn sources(args: &SourceArgs) -> anyhow::Result<Sources> {
    let mut env = Vec::new();
    for text in &args.env {
        let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let Some((name, value)) = pair else {
            return Err(Refusal::usage(format!(
                "`--env {text}` is no variable\nhint: `--env NAME=VALUE`"
            ))
            .into());
        };
        env.push((name.to_owned(), value.to_owned()));
    }
    Ok(Sources {
        nginx: args.nginx.clone(),
        server: args.server.clone(),
        location: args.location.clone(),
        gunicorn: args.gunicorn.clone(),
        root: args.root.clone(),
        cpus: args.cpus,
        env,
    })
}
