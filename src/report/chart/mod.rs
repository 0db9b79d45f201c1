//! Charts: one kind per file, each a function from records to a picture, drawn as SVG and PNG.
//!
//! To add one: a file here that returns a `Picture`, and a line in [`draw_all`].

mod bytes_waiting;
mod file;
mod frame;
mod latency_by_percentile;
mod latency_over_time;
mod picture;
mod subject;
mod sweep;
mod theme;
mod worker_occupancy;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod fixture_summary;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

pub use self::file::{ChartError, ChartFile};
pub(super) use self::subject::file_name;
pub use self::sweep::{SweepCell, draw_sweep};

use self::picture::Picture;
use super::data::RunData;
use super::words::Words;
use crate::record::summary::Summary;

/// A chart before it is drawn.
struct Chart {
    name: String,
    title: String,
    caption: String,
    picture: Picture,
}

/// Draws every chart of a run into `folder`, which is made if it is missing; the signature picture of each variant comes first.
///
/// # Errors
/// When a file cannot be written or the drawing library fails.
pub fn draw_all(
    run: &RunData,
    summary: &Summary,
    folder: &Path,
    words: &Words,
) -> Result<Vec<ChartFile>, ChartError> {
    fs::create_dir_all(folder).map_err(|error| ChartError::Write {
        path: folder.to_owned(),
        error,
    })?;
    // Without rows there is nothing to draw of single requests and workers.
    let with_rows = || {
        run.variants
            .iter()
            .filter(|variant| variant.counted.is_none())
    };
    let mut charts: Vec<Chart> = with_rows()
        .map(|variant| worker_occupancy::draw(run, variant, words))
        .collect();
    if with_rows().next().is_some() {
        charts.extend(latency_by_percentile::draw(run, summary, words));
    }
    charts.extend(with_rows().map(|variant| latency_over_time::draw(run, variant, words)));
    charts.extend(
        run.variants
            .iter()
            .filter_map(|variant| bytes_waiting::draw(run, variant, words)),
    );
    file::save_all(&charts, folder)
}
