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

/// Runs in a format, ending in a line break.
pub fn render(summaries: &[Summary], format: Format, words: &Words) -> String {
    match format {
        Format::Md => {
            let pages: Vec<String> = summaries
                .iter()
                .map(|summary| markdown::render(summary, words))
                .collect();
            pages.join("\n")
        }
        Format::Junit => junit::render(summaries),
        Format::OpenMetrics => openmetrics::render(summaries),
    }
}

/// A run as Chrome's trace format, which Perfetto reads, ending in a line break.
pub fn trace(run: &RunData) -> String {
    perfetto::render(run)
}

#[cfg(test)]
mod tests;
