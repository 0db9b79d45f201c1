//! What follows a run, and what `slowlab report` repeats: summary, charts, report, verdict. Reads the folder and nothing else.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::SpeechArgs;
use crate::error::{Exit, Refusal};
use crate::judged;
use crate::plan::RunPlan;
use crate::record::folder::{to_json, write_below};
use crate::record::summary::{Summary, Verdict};
use crate::report::chart::{self, ChartError};
use crate::report::data::RunData;
use crate::report::format::{self, Format};
use crate::report::symptoms::{self, Said};
use crate::report::words::Words;
use crate::report::{accounts, brief, html, summarize, text};

/// A judged run.
pub(super) struct Outcome {
    /// As programs read it.
    summary: Summary,
    /// The same in the language of readers.
    shown: Summary,
    /// What its logs said, beside what happened.
    said: Vec<Said>,
    words: &'static Words,
    kept: &'static Words,
}

impl Outcome {
    /// Whether anything was judged.
    pub(super) fn judged(&self) -> bool {
        !self.summary.expectations.is_empty()
    }

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
        match () {
            () if has(Verdict::Failed) => Exit::Failed,
            () if has(Verdict::Undecided) || !self.tested() => Exit::Undecided,
            // Also where there is nothing to judge: numbers of a sick laboratory are no result.
            () if !self.summary.doubts.is_empty() => Exit::Undecided,
            () if has(Verdict::LeftOut) && !has(Verdict::Held) => Exit::Undecided,
            () => Exit::Held,
        }
    }

    /// Whether anything was measured at all.
    pub(super) fn tested(&self) -> bool {
        let variants = &self.summary.variants;
        let mut groups = variants.iter().flat_map(|variant| &variant.groups);
        let mut pipelines = variants
            .iter()
            .filter_map(|variant| variant.pipeline.as_ref());
        groups.any(|group| group.requests > 0) || pipelines.any(|pipeline| pipeline.looks > 0)
    }
}

/// Writes `summary.json`, the charts and `report.html` into `dir`, from the records that are there.
///
/// # Errors
/// A folder that is not a results folder, or that cannot be written.
pub(super) fn report(dir: &Path, plan: &RunPlan, speech: SpeechArgs) -> anyhow::Result<Outcome> {
    let mut data = RunData::read(dir).map_err(|error| Refusal::unreadable(&error))?;
    let (kept, words) = (speech.kept(), speech.shown());
    let mut summary = judged::summary(&data, plan, kept);
    accounts::write(&data, dir).map_err(Refusal::unfit)?;
    let mut shown = summary.clone();
    shown.doubts = summarize::doubts(&data, words);
    shown.warnings = summarize::warnings(&data, &shown.doubts, words);
    shown.expectations = judged::expectations(&data, &shown, plan, words);
    retell(&mut shown, plan, words);
    if kept.language() == words.language() {
        summary = shown.clone();
    }
    plan.question_in(words.language().code())
        .clone_into(&mut data.manifest.question);
    write_below(dir, &["summary.json"], &to_json(&summary)).map_err(Refusal::unfit)?;
    let drawn = chart::draw_all(&data, &shown, dir, words);
    drawn.map_err(|error| match error {
        ChartError::Write { .. } => Refusal::unfit(error),
        error => Refusal::with_exit(Exit::Bug, error),
    })?;
    let said = symptoms::said(&data, &shown);
    let page = html::render(&data, &shown, &said, words)?;
    write_below(dir, &["report.html"], page.as_bytes()).map_err(Refusal::unfit)?;
    Ok(Outcome {
        said,
        summary,
        shown,
        words,
        kept,
    })
}

/// The same in a language: sentences are made of the facts anew, claims are the scenario's own.
fn retell(shown: &mut Summary, plan: &RunPlan, words: &Words) {
    for finding in &mut shown.findings {
        finding.text = words.finding(finding);
    }
    for account in &mut shown.accounts {
        account.text = words.account(account);
    }
    if let Some(headline) = &mut shown.headline {
        headline.text = words.headline(headline);
    }
    let language = words.language().code();
    for (place, one) in shown.expectations.iter_mut().enumerate() {
        one.claim = plan.claim_in(language, place, &one.claim).to_owned();
    }
}

/// How much of a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// `summary.json`; where the report is, if `talk`.
    Json {
        /// Whether to say more than that, on standard error.
        talk: bool,
    },
    /// Nothing: the results of all runs come at the end. Where the report is, if `talk`.
    Nothing {
        /// Whether to say that, on standard error.
        talk: bool,
    },
    /// One line.
    Line,
    /// One screen.
    Screen,
    /// Every number and every finding.
    All,
    /// For other programs.
    Formatted(Format),
}

impl Told {
    /// What the flags of a run ask for.
    pub(super) fn of(json: bool, quiet: bool, verbose: bool) -> Told {
        match (json, quiet, verbose) {
            (true, quiet, _) => Told::Json { talk: !quiet },
            (_, true, _) => Told::Line,
            (_, _, true) => Told::All,
            _ => Told::Screen,
        }
    }
}

/// Prints the result on standard output. A reader that has gone away (`| head -1`) changes nothing: the verdict stands.
///
/// # Errors
/// Those of writing to it.
pub(super) fn print(outcome: &Outcome, dir: &Path, told: Told) -> anyhow::Result<()> {
    let Outcome {
        summary,
        shown,
        words,
        ..
    } = outcome;
    let width = || {
        rustix::termios::tcgetwinsize(std::io::stdout())
            .map_or(100, |size| usize::from(size.ws_col))
    };
    let text = match told {
        Told::Nothing { .. } => String::new(),
        Told::Json { .. } => {
            serde_json::to_string_pretty(summary).context("a summary is plain data")? + "\n"
        }
        Told::Line => brief::line(shown, words),
        Told::Screen => brief::render(shown, dir, (width(), true), words),
        Told::All => text::render(shown, Some(dir), (width(), true), (words, &outcome.said)),
        Told::Formatted(format) => {
            format::render(std::slice::from_ref(summary), format, outcome.kept)
        }
    };
    match told {
        // Names and claims are data here, whatever they look like.
        Told::Json { .. } | Told::Formatted(_) => {
            deliver(std::io::stdout().write_all(text.as_bytes()))?
        }
        // anstream takes the colour out where nobody could see it.
        _ => deliver(anstream::stdout().write_all(text.as_bytes()))?,
    }
    if let Told::Json { talk: true } | Told::Nothing { talk: true } = told {
        talk(&format!("report: {}", dir.join("report.html").display()));
    }
    Ok(())
}

/// Prints the results of several runs as one JSON array.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn print_all(summaries: &[Summary]) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(summaries).context("summaries are plain data")?;
    deliver(writeln!(std::io::stdout(), "{text}"))?;
    Ok(())
}

/// What became of writing to standard output; a reader that has gone away is no failure.
pub(super) fn deliver(written: std::io::Result<()>) -> Result<(), Refusal> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Refusal::unfit(
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Says something on standard error.
pub(super) fn talk(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Writes runs into files, for other programs.
///
/// # Errors
/// Those of writing them.
pub(super) fn write_formats(
    summaries: &[Summary],
    files: [(&Option<PathBuf>, Format); 2],
    speech: SpeechArgs,
) -> Result<(), Refusal> {
    for (path, format) in files {
        if let Some(path) = path {
            write_to(path, &format::render(summaries, format, speech.kept()))?;
        }
    }
    Ok(())
}

/// Writes a file that a flag names.
///
/// # Errors
/// Those of writing it.
pub(super) fn write_to(path: &Path, text: &str) -> Result<(), Refusal> {
    std::fs::write(path, text).map_err(|error| cannot_write(path, &error))
}

/// Refuses a file that a flag names and that could not be written in the end, before anything is measured for it.
///
/// # Errors
/// The folder is not there, the name is a folder's, or this user may not write there.
pub(super) fn can_be_written(path: &Path) -> Result<(), Refusal> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let asked = match path.exists() {
        true => path,
        false => folder.unwrap_or(Path::new(".")),
    };
    let may = match path.is_dir() {
        true => Err(rustix::io::Errno::ISDIR),
        false => rustix::fs::access(asked, rustix::fs::Access::WRITE_OK),
    };
    may.map_err(|errno| cannot_write(path, &errno.into()))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::unfit(format!("cannot write `{}`: {error}", path.display()))
}
