//! `slowlab compare DIR DIR`: two runs, or two sets of repeats, metric by metric.

use std::io::Write as _;
use std::path::Path;

use super::finish::talk;
use crate::error::{Exit, Refusal};
use crate::report::compare::{Side, Verdict, compare, render, to_csv};

/// Prints the comparison. A metric beyond its bound is exit 1; nothing to judge is exit 3.
///
/// # Errors
/// A folder that is not a results folder.
pub(super) fn run(first: &Path, second: &Path, csv: bool) -> anyhow::Result<Exit> {
    let first = Side::read(first).map_err(Refusal::usage)?;
    let second = Side::read(second).map_err(Refusal::usage)?;
    if !first.is_of_the_same_text(&second) {
        talk(
            "note: the two runs are not of the same scenario text; only variants of the same name are compared",
        );
    }
    let comparison = compare(&first, &second);
    let text = if csv {
        to_csv(&comparison)
    } else {
        render(&comparison)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(match () {
        () if comparison.count(Verdict::Beyond) > 0 => Exit::Failed,
        () if comparison.count(Verdict::Within) + comparison.count(Verdict::Spread) == 0 => {
            Exit::Undecided
        }
        () => Exit::Held,
    })
}
