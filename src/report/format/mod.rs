//! A summary for other programs: a page of Markdown for people's tools, JUnit for those of continuous integration.

mod junit;
mod markdown;

use super::words::Words;
use crate::record::summary::Summary;

/// A format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// Markdown: the sentence, a table of groups, what did and did not hold, what was found
    Md,
    /// JUnit's XML: a suite per scenario, a case per expectation
    Junit,
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
    }
}

#[cfg(test)]
mod tests;
