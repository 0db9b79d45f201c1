//! Charts on disk: each as SVG and as PNG.

use std::fs;
use std::path::{Path, PathBuf};

use super::Chart;
use crate::report::abreast::abreast;

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

/// Draws charts into their files, as many at a time as there are cores: pixels and their compression are most of what a report costs.
pub(super) fn save_all(charts: &[Chart], folder: &Path) -> Result<Vec<ChartFile>, ChartError> {
    abreast(charts, |chart| save(chart, folder))
        .into_iter()
        .collect()
}

/// Draws a chart into both files.
fn save(chart: &Chart, folder: &Path) -> Result<ChartFile, ChartError> {
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
        name: chart.name.clone(),
        title: chart.title.clone(),
        svg_path,
        png_path,
        caption: chart.caption.clone(),
    })
}
