//! What follows a run, and what `slowlab report` repeats: summary, charts, report, verdict. Reads the folder and nothing else.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::{RunArgs, SpeechArgs};
use crate::error::{Exit, Refusal};
use crate::judged;
use crate::plan::RunPlan;
use crate::record::folder::{to_json, write_below};
use crate::record::summary::{Summary, Verdict};
use crate::report::chart::{self, ChartError};
use crate::report::data::RunData;
use crate::report::format::{self, Format, Runs};
use crate::report::symptoms::{self, Said};
use crate::report::unjudged::{Unjudged, is_measured};
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
    /// What was measured.
    pub(super) fn into_summary(self) -> Summary {
        self.summary
    }

    /// The exit code that the verdicts ask for; `required`: a run of which nothing is expected is no success.
    pub(super) fn exit(&self, required: bool) -> Exit {
        let judged = &self.summary.expectations;
        let has = |verdict| judged.iter().any(|one| one.verdict == verdict);
        match Unjudged::of(&self.summary) {
            _ if has(Verdict::Failed) => Exit::Failed,
            _ if has(Verdict::Undecided) => Exit::Undecided,
            Some(unjudged) if !unjudged.is_well(required) => Exit::Undecided,
            _ => Exit::Held,
        }
    }

    /// Whether anything was measured at all.
    pub(super) fn tested(&self) -> bool {
        is_measured(&self.summary)
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
    Line {
        /// Which of several runs of a scenario it is.
        seed: bool,
    },
    /// One screen.
    Screen,
    /// Every number and every finding.
    All,
    /// For other programs.
    Formatted(Format),
}

impl Told {
    /// What the flags of a run ask for.
    pub(super) fn of(args: &RunArgs) -> Told {
        match (args.json, args.work.quiet, args.verbose) {
            (true, quiet, _) => Told::Json { talk: !quiet },
            (_, true, _) => Told::Line {
                seed: args.repeat > 1,
            },
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
        Told::Line { seed } => brief::line(shown, seed, words),
        Told::Screen => brief::render(shown, dir, (width(), true), words),
        Told::All => text::render(shown, Some(dir), (width(), true), (words, &outcome.said)),
        Told::Formatted(format) => format::render(Runs::only(summary), format, outcome.kept),
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
        let report = dir.join("report.html").display().to_string();
        talk(&words.tell("talk-report", &[("path", &report)]));
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

/// Where a run that was cut short is.
pub(super) fn kept_in(dir: &Path, words: &Words) -> String {
    words.tell("run-kept", &[("path", &dir.display().to_string())])
}

/// A signal ended it.
pub(super) fn interrupted(dir: &Path, words: &Words) -> String {
    words.tell("run-interrupted", &[("kept", &kept_in(dir, words))])
}

/// A signal ended it while its report was written.
pub(super) fn interrupted_report(dir: &Path, words: &Words) -> String {
    words.tell(
        "run-report-interrupted",
        &[("path", &dir.display().to_string())],
    )
}

/// An error ended it.
pub(super) fn explain(error: &anyhow::Error, dir: &Path, words: &Words) -> anyhow::Error {
    let exit = error
        .downcast_ref::<Refusal>()
        .map_or(Exit::Bug, Refusal::exit);
    Refusal::with_exit(exit, format!("{error:#}\n{}", kept_in(dir, words))).into()
}
