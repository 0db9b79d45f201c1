//! Charts: one kind per file, each a function from records to a picture, drawn as SVG and PNG.
//!
//! To add one: a file here that returns a `Picture`, and a line in [`draw_all`].

mod bytes_waiting;
mod frame;
mod latency_by_percentile;
mod latency_over_time;
mod picture;
mod theme;
mod worker_occupancy;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use self::picture::Picture;
use super::data::{RunData, VariantData};
use crate::record::summary::Summary;

/// A chart on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartFile {
    /// The file's stem: the kind, a hyphen, and the variant or group that it shows.
    pub name: String,
    /// The heading.
    pub title: String,
    /// Where the SVG is.
    pub svg_path: PathBuf,
    /// Where the PNG is.
    pub png_path: PathBuf,
    /// What it shows and how to read it, in words; also the text for those who do not see it.
    pub caption: String,
}

/// Why a chart could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The drawing library gave up.
    #[error(
        "a chart could not be drawn: {0}\nhint: please report this as a bug; the numbers of the run are complete without charts"
    )]
    Draw(String),
    /// The folder or a file could not be written.
    #[error("the chart `{}` could not be written: {error}\nhint: check that the folder exists, is writable and has space", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

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
) -> Result<Vec<ChartFile>, ChartError> {
    fs::create_dir_all(folder).map_err(|error| ChartError::Write {
        path: folder.to_owned(),
        error,
    })?;
    let mut charts: Vec<Chart> = run
        .variants
        .iter()
        .map(|variant| worker_occupancy::draw(run, variant))
        .collect();
    charts.extend(latency_by_percentile::draw(run, summary));
    charts.extend(
        run.variants
            .iter()
            .map(|variant| latency_over_time::draw(run, variant)),
    );
    charts.extend(
        run.variants
            .iter()
            .filter_map(|variant| bytes_waiting::draw(run, variant)),
    );
    charts
        .into_iter()
        .map(|chart| save(chart, folder))
        .collect()
}

fn save(chart: Chart, folder: &Path) -> Result<ChartFile, ChartError> {
    let svg_path = folder.join(format!("{}.svg", chart.name));
    let png_path = folder.join(format!("{}.png", chart.name));
    let write = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).map_err(|error| ChartError::Write {
            path: path.to_owned(),
            error,
        })
    };
    write(&svg_path, chart.picture.svg()?.as_bytes())?;
    write(&png_path, &chart.picture.png()?)?;
    Ok(ChartFile {
        name: chart.name,
        title: chart.title,
        svg_path,
        png_path,
        caption: chart.caption,
    })
}

/// `scenario / variant (engine)`: no chart goes without it, so that measured and simulated numbers are never mixed up.
fn place(run: &RunData, variant: &str) -> String {
    format!(
        "{} / {variant} ({})",
        run.manifest.scenario, run.manifest.engine
    )
}

/// A file name of its kind and subject; what a file name should not have becomes `_`.
pub(super) fn file_name(kind: &str, subject: &str) -> String {
    let subject: String = subject
        .chars()
        .map(|sign| {
            if sign.is_alphanumeric() || "-_".contains(sign) {
                sign
            } else {
                '_'
            }
        })
        .collect();
    format!("{kind}-{subject}")
}

/// The last second of a variant that a chart shows: the end of its last request or worker interval, at least its duration.
fn last_second(variant: &VariantData) -> f64 {
    let plan = &variant.plan;
    let closed = variant
        .requests
        .iter()
        .filter_map(|request| request.closed_at)
        .max();
    let worked = variant
        .workers
        .iter()
        .filter_map(|interval| interval.request_id.and(interval.to))
        .max();
    let seen = closed.max(worked).map_or(0.0, |at| at.as_secs_f64());
    let duration = plan.duration.as_secs_f64();
    let longest = duration + plan.drain.as_secs_f64() + 1.0;
    seen.min(longest).max(duration).max(1e-3)
}
