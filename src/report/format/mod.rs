//! Results for other programs: of summaries a page of Markdown for people's tools, JUnit for those of continuous integration, OpenMetrics for those that
//! keep numbers; of a whole run a trace.

mod junit;
mod markdown;
mod openmetrics;
mod perfetto;

use super::data::RunData;
use super::words::Words;
use crate::record::summary::Summary;

/// A format of summaries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Markdown: the sentence, a table of groups, what did and did not hold, what was found
    Md,
    /// JUnit's XML: a suite per scenario, a case per expectation
    Junit,
    /// OpenMetrics 1.0: every number as a gauge with labels
    OpenMetrics,
}

/// The runs of one command.
#[derive(Clone, Copy)]
pub struct Runs<'a> {
    /// Those that were measured.
    pub summaries: &'a [Summary],
    /// Whether one of which nothing is expected is no success.
    pub required: bool,
    /// Why others are not among them, each in words.
    pub missing: &'a [String],
}

impl<'a> Runs<'a> {
    /// One alone, of which nothing has to be expected.
    pub fn only(summary: &'a Summary) -> Runs<'a> {
        Runs {
            summaries: std::slice::from_ref(summary),
            required: false,
            missing: &[],
        }
    }
}

/// Runs in a format, ending in a line break.
pub fn render(runs: Runs<'_>, format: Format, words: &Words) -> String {
    match format {
        Format::Md => markdown::render(runs, words),
        Format::Junit => junit::render(runs, words),
        Format::OpenMetrics => openmetrics::render(runs.summaries),
    }
}

/// A run as Chrome's trace format, which Perfetto reads, ending in a line break.
pub fn trace(run: &RunData) -> String {
    perfetto::render(run)
}

#[cfg(test)]
mod tests;
