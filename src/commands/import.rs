//! `slowlab import`: a scenario from a user's own nginx and gunicorn configuration.

use std::io::Write as _;

use super::finish::talk;
use crate::cli::ImportArgs;
use crate::error::{Exit, Refusal};
use crate::reference::import::{self, Sources};

/// Prints the scenario on standard output, and on standard error what was made of each directive.
///
/// # Errors
/// A file that cannot be read, or that nginx would not read either.
pub(super) fn run(args: &ImportArgs) -> anyhow::Result<Exit> {
    let sources = Sources {
        nginx: args.nginx.clone(),
        location: args.location.clone(),
        gunicorn: args.gunicorn.clone(),
    };
    let imported = import::import(&sources).map_err(Refusal::usage)?;
    for (heading, lines) in [
        ("understood", &imported.understood),
        ("no effect on slow clients here", &imported.ignored),
        ("it matters, but could not be mapped", &imported.unmapped),
    ] {
        if !lines.is_empty() {
            talk(&format!("{heading}:\n  {}", lines.join("\n  ")));
        }
    }
    std::io::stdout().write_all(import::to_toml(&imported).as_bytes())?;
    talk("the application and the clients are assumed: see ASSUMED in the file");
    Ok(Exit::Held)
}
