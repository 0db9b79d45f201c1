//! `slowlab compare DIR DIR`: two runs, or two sets of repeats, metric by metric; as a page and as charts their curves over one another.

use std::io::Write as _;

use super::finish::{deliver, talk};
use super::gate::write_to;
use crate::cli::CompareArgs;
use crate::error::{Exit, Refusal};
use crate::report::chart::{self, ChartError};
use crate::report::compare::{Merged, Side, Verdict, compare, render, to_csv};
use crate::report::html;

/// Prints the comparison. A metric beyond its bound is exit 1; nothing to judge is exit 3.
///
/// # Errors
/// A folder that is not a results folder, or a file that cannot be written.
pub(super) fn run(args: &CompareArgs) -> anyhow::Result<Exit> {
    let words = args.speech.shown();
    let runs = |path| Side::runs_in(path).map_err(Refusal::usage);
    let (of_first, of_second) = (runs(&args.first)?, runs(&args.second)?);
    let (first, second) = (Side::of(&of_first), Side::of(&of_second));
    if !first.is_of_the_same_text(&second) {
        talk(&words.say("compare-other-text", []));
    }
    let comparison = compare(&first, &second);
    if args.html.is_some() || args.charts.is_some() {
        let merged = Merged::of(of_first, of_second);
        if let Some(dir) = &args.charts {
            let drawn = chart::draw_compared(&merged, dir, words);
            drawn.map_err(|error| match error {
                ChartError::Write { .. } => Refusal::unfit(error),
                error => Refusal::with_exit(Exit::Bug, error),
            })?;
        }
        if let Some(path) = &args.html {
            write_to(path, &html::compared(merged, &comparison, words)?)?;
        }
    }
    let text = if args.csv {
        to_csv(&comparison)
    } else {
        render(&comparison, words)
    };
    deliver(std::io::stdout().write_all(text.as_bytes()))?;
    Ok(match () {
        () if comparison.count(Verdict::Beyond) > 0 => Exit::Failed,
        () if comparison.count(Verdict::Within) + comparison.count(Verdict::Spread) == 0 => {
            Exit::Undecided
        }
        () => Exit::Held,
    })
}
