//! What follows a run, and what `slowlab report` repeats: summary, charts, report, verdict. Reads the folder and nothing else.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::error::Exit;
use crate::plan::Expectation;
use crate::record::summary::{Summary, Verdict};
use crate::report::data::RunData;
use crate::report::{chart, findings, html, summarize, text};
use crate::{expect, record};

/// A judged run.
pub(super) struct Outcome {
    summary: Summary,
}

impl Outcome {
    /// What was measured.
    pub(super) fn into_summary(self) -> Summary {
        self.summary
    }

    /// The exit code that the verdicts ask for.
    pub(super) fn exit(&self) -> Exit {
        let has = |verdict| {
            self.summary
                .expectations
                .iter()
                .any(|judged| judged.verdict == verdict)
        };
        let tested = self
            .summary
            .variants
            .iter()
            .flat_map(|variant| &variant.groups)
            .any(|group| group.requests > 0);
        match () {
            () if has(Verdict::Failed) => Exit::Failed,
            () if has(Verdict::Undecided) || !tested => Exit::Undecided,
            () => Exit::Held,
        }
    }
}

/// Writes `summary.json`, the charts and `report.html` into `dir`, from the records that are there.
///
/// # Errors
/// A folder that is not a results folder, or that cannot be written.
pub(super) fn report(dir: &Path, expectations: &[Expectation]) -> anyhow::Result<Outcome> {
    let data = RunData::read(dir)?;
    let mut summary = summarize::summarize(&data);
    summary.expectations = expect::judge(expectations, &summary);
    summary.findings = findings::find(&data, &summary);
    let json = serde_json::to_string_pretty(&summary).context("a summary is plain data")?;
    record::folder::write_atomic(&dir.join("summary.json"), json.as_bytes())?;
    let charts = chart::draw_all(&data, &summary, &dir.join("charts"))?;
    let page = html::render(&data, &summary, &charts)?;
    record::folder::write_atomic(&dir.join("report.html"), page.as_bytes())?;
    Ok(Outcome { summary })
}

/// Prints the result on standard output.
///
/// # Errors
/// Those of writing to it.
pub(super) fn print(outcome: &Outcome, dir: &Path, json: bool, quiet: bool) -> anyhow::Result<()> {
    if json {
        let mut json =
            serde_json::to_string_pretty(&outcome.summary).context("a summary is plain data")?;
        json.push('\n');
        std::io::stdout().write_all(json.as_bytes())?;
    } else {
        let width = rustix::termios::tcgetwinsize(std::io::stdout())
            .map_or(100, |size| usize::from(size.ws_col));
        let text = text::render(&outcome.summary, Some(dir), width, true);
        // anstream takes the colour out where nobody could see it.
        anstream::stdout().write_all(text.as_bytes())?;
    }
    if json && !quiet {
        talk(&format!("report: {}", dir.join("report.html").display()));
    }
    Ok(())
}

/// Says something on standard error.
pub(super) fn talk(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
