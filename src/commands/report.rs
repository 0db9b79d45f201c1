//! `slowlab report`: redraws a report from a results folder, complete or partial.

use std::io::Write as _;
use std::path::Path;

use super::finish::Told;
use super::{finish, load};
use crate::cli::{ReportFormat, SpeechArgs};
use crate::error::{Exit, Refusal};
use crate::report::data::RunData;
use crate::report::format::{self, Format};

/// Reads the folder again and judges it again.
///
/// # Errors
/// A folder that is not a results folder, or that cannot be written.
pub(super) fn run(
    dir: &Path,
    (json, format): (bool, Option<ReportFormat>),
    speech: SpeechArgs,
) -> anyhow::Result<Exit> {
    // A scenario's folder has its newest run under this name.
    let newest = dir.join("latest");
    let dir = match !dir.join("manifest.json").exists() && newest.exists() {
        true => &newest,
        false => dir,
    };
    let plan = load::plan_of_results(dir, speech.shown()).map_err(Refusal::usage)?;
    let outcome = finish::report(dir, &plan, speech)?;
    let told = match (json, format) {
        (true, _) | (_, Some(ReportFormat::Json)) => Told::Json { talk: json },
        (_, None) => Told::All,
        (_, Some(ReportFormat::Md)) => Told::Formatted(Format::Md),
        (_, Some(ReportFormat::Junit)) => Told::Formatted(Format::Junit),
        (_, Some(ReportFormat::Openmetrics)) => Told::Formatted(Format::OpenMetrics),
        (_, Some(ReportFormat::Perfetto)) => {
            let run = RunData::read(dir).map_err(|error| Refusal::unreadable(&error))?;
            finish::deliver(std::io::stdout().write_all(format::trace(&run).as_bytes()))?;
            return Ok(outcome.exit(false));
        }
    };
    finish::print(&outcome, dir, told)?;
    Ok(outcome.exit(false))
}
