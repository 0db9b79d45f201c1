//! `slowlab report`: redraws a report from a results folder, complete or partial.

use std::path::Path;

use super::finish::Told;
use super::{finish, load};
use crate::cli::SpeechArgs;
use crate::error::{Exit, Refusal};
use crate::report::format::Format;

/// Reads the folder again and judges it again.
///
/// # Errors
/// A folder that is not a results folder, or that cannot be written.
pub(super) fn run(
    dir: &Path,
    (json, format): (bool, Option<Format>),
    speech: SpeechArgs,
) -> anyhow::Result<Exit> {
    // A scenario's folder has its newest run under this name.
    let newest = dir.join("latest");
    let dir = match !dir.join("manifest.json").exists() && newest.exists() {
        true => &newest,
        false => dir,
    };
    let plan = load::plan_of_results(dir).map_err(Refusal::usage)?;
    let outcome = finish::report(dir, &plan, speech)?;
    let told = match (json, format) {
        (true, _) => Told::Json { talk: true },
        (false, Some(format)) => Told::Formatted(format),
        (false, None) => Told::All,
    };
    finish::print(&outcome, dir, told)?;
    Ok(outcome.exit())
}
