//! What a search for a limit tried, kept: a table of every value and seed, and a picture of how latency and failures went on the way.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::sweep::rows::{self, Row};
use crate::cli::BreakArgs;
use crate::error::Refusal;
use crate::plan::fnv1a_hex;
use crate::record::folder::{file_name, write_below};
use crate::record::summary::{Judgement, Summary, Verdict};
use crate::report::{chart, csv_text};

/// Everything that was tried, in that order.
#[derive(Debug, Default)]
pub(super) struct Tried {
    seen: Vec<Seen>,
}

/// A value with a seed.
#[derive(Debug)]
struct Seen {
    n: u64,
    value: String,
    seed: u64,
    judgement: Judgement,
    rows: Vec<Row>,
}

/// A row of `break.csv`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    key: &'a str,
    value: &'a str,
    seed: u64,
    condition: &'a str,
    verdict: Verdict,
    measured: &'a str,
}

impl Tried {
    /// One more: the `n`th whole number of the range, as the file writes it.
    pub(super) fn note(&mut self, n: u64, value: String, summary: &Summary, judgement: &Judgement) {
        self.seen.push(Seen {
            n,
            rows: rows::of(0, std::slice::from_ref(&value), summary),
            value,
            seed: summary.seed,
            judgement: judgement.clone(),
        });
    }

    /// Writes `break.csv` and the chart into a folder that is named by what was asked; where that is. `None` if nothing was tried.
    ///
    /// # Errors
    /// Those of writing.
    pub(super) fn write(
        &self,
        args: &BreakArgs,
        (scenario, key): (&str, &str),
    ) -> Result<Option<PathBuf>, Refusal> {
        if self.seen.is_empty() {
            return Ok(None);
        }
        let dir = folder(args, scenario);
        std::fs::create_dir_all(&dir).map_err(|error| {
            Refusal::unfit(format!(
                "cannot make `{}`: {error}\nhint: pass --out DIR to write elsewhere",
                dir.display()
            ))
        })?;
        let table = self.to_csv(key);
        write_below(&dir, &["break.csv"], table.as_bytes()).map_err(Refusal::unfit)?;
        let title = format!("{scenario}: `{}`", args.until);
        let cells: Vec<_> = self.curve().iter().map(|row| row.cell()).collect();
        let keys = [key.to_owned()];
        let place = (&*title, args.engine.name());
        let words = args.work.speech.shown();
        chart::draw_sweep(place, &keys, &cells, &dir, words).map_err(Refusal::unfit)?;
        Ok(Some(dir))
    }

    /// The rows of each value's first seed, in the order of the values.
    fn curve(&self) -> Vec<&Row> {
        let mut firsts: Vec<&Seen> = Vec::new();
        for seen in &self.seen {
            if !firsts.iter().any(|first| first.n == seen.n) {
                firsts.push(seen);
            }
        }
        firsts.sort_by_key(|seen| seen.n);
        firsts.iter().flat_map(|seen| &seen.rows).collect()
    }

    fn to_csv(&self, key: &str) -> String {
        csv_text(self.seen.iter().map(|seen| Line {
            key,
            value: &seen.value,
            seed: seen.seed,
            condition: &seen.judgement.that,
            verdict: seen.judgement.verdict,
            measured: &seen.judgement.measured,
        }))
    }
}

/// The same for the same question.
fn folder(args: &BreakArgs, scenario: &str) -> PathBuf {
    let seed = args
        .work
        .seed
        .map(|seed| seed.to_string())
        .unwrap_or_default();
    let repeats = args.repeats.to_string();
    let asked = [
        args.vary.as_str(),
        &args.until,
        &seed,
        &repeats,
        args.engine.name(),
    ]
    .map(String::from);
    let asked: Vec<String> = asked
        .into_iter()
        .chain(args.work.set.iter().cloned())
        .collect();
    let name = format!("break-{}", fnv1a_hex(asked.join("\0").as_bytes()));
    Path::new(&args.work.out)
        .join(file_name(scenario))
        .join(name)
}
