//! Charts: one kind per file, each a function from records to a picture, drawn as SVG and PNG.
//!
//! To add one: a file here that returns a `Picture`, and a line in [`draw_all`].

mod bytes_waiting;
mod existence;
mod file;
mod frame;
mod latency_by_percentile;
mod latency_heat;
mod latency_over_time;
mod latency_strip;
mod picture;
mod ranks;
mod stages_over_time;
mod statuses_over_time;
mod subject;
mod sweep;
pub(super) mod theme;
mod time_split;
pub(super) mod worker_occupancy;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod fixture_summary;
#[cfg(test)]
mod tests;

use std::path::Path;

pub(super) use self::bytes_waiting::{Series, Spot, band, most_waiting};
pub use self::file::{ChartError, ChartFile};
pub(super) use self::frame::{latency_scale, latency_ticks, round_ticks};
pub(super) use self::latency_by_percentile::{percentile_ticks, timer_levels};
pub(super) use self::latency_heat::heat;
pub(super) use self::picture::text_width;
pub(super) use self::statuses_over_time::{Endings, said_of};
pub(super) use self::subject::last_second;
pub use self::sweep::{SweepCell, draw_sweep};
pub(super) use self::time_split::{Bar, split_of, stage_words};

use self::picture::Picture;
use super::compare::Merged;
use super::data::RunData;
use super::summarize;
use super::words::Words;
use crate::record::summary::Summary;

/// A chart before it is drawn.
struct Chart {
    name: String,
    title: String,
    caption: String,
    picture: Picture,
}

/// Draws every chart of a run into `charts` below its folder; the signature picture of each variant comes first.
///
/// # Errors
/// When a file cannot be written or the drawing library fails.
pub fn draw_all(
    run: &RunData,
    summary: &Summary,
    folder: &Path,
    words: &Words,
) -> Result<Vec<ChartFile>, ChartError> {
    // Without rows there is nothing to draw of single requests and workers.
    let with_rows = || run.variants.iter().filter(|variant| variant.has_pictures());
    let mut charts: Vec<Chart> = with_rows()
        .map(|variant| worker_occupancy::draw(run, variant, words))
        .collect();
    charts.extend(with_rows().filter_map(|variant| existence::draw(run, variant, words)));
    let stages = run.variants.iter();
    charts.extend(stages.filter_map(|one| stages_over_time::draw(run, summary, one, words)));
    if with_rows().next().is_some() {
        charts.extend(time_split::draw(run, summary, words));
        charts.extend(latency_by_percentile::draw(run, summary, words));
    }
    charts.extend(with_rows().filter_map(|variant| statuses_over_time::draw(run, variant, words)));
    charts.extend(with_rows().map(|variant| latency_over_time::draw(run, variant, words)));
    charts.extend(with_rows().filter_map(|variant| latency_heat::draw(run, variant, words)));
    charts.extend(
        run.variants
            .iter()
            .flat_map(|variant| bytes_waiting::draw(run, variant, words)),
    );
    file::save_all(&charts, folder)
}

/// Draws the latencies of both sides of a comparison over one another, a picture per group, into `charts` below a folder that is made if need be.
///
/// # Errors
/// As [`draw_all`].
pub fn draw_compared(
    merged: &Merged,
    folder: &Path,
    words: &Words,
) -> Result<Vec<ChartFile>, ChartError> {
    std::fs::create_dir_all(folder).map_err(|error| ChartError::Write {
        path: folder.to_owned(),
        error,
    })?;
    let summary = summarize::summarize(&merged.pooled);
    let charts = latency_by_percentile::draw(&merged.pooled, &summary, words);
    file::save_all(&charts, folder)
}
