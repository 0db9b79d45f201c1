//! Charts on disk: each as SVG and as PNG.

use std::path::{Path, PathBuf};

use super::Chart;
use crate::files::Folder;
use crate::report::abreast::abreast;

/// The folder of charts, in that of a run.
const CHARTS: &str = "charts";

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
pub(super) fn save_all(charts: &[Chart], run: &Path) -> Result<Vec<ChartFile>, ChartError> {
    let path = run.join(CHARTS);
    let made = Folder::open(run).and_then(|run| run.inner(CHARTS));
    let folder = made.map_err(|error| ChartError::Write {
        path: path.clone(),
        error,
    })?;
    abreast(charts, |chart| save(chart, (&folder, &path)))
        .into_iter()
        .collect()
}

/// Draws a chart into both files.
fn save(chart: &Chart, (folder, path): (&Folder, &Path)) -> Result<ChartFile, ChartError> {
    let write = |ending: &str, bytes: &[u8]| {
        let name = format!("{}.{ending}", chart.name);
        let path = path.join(&name);
        match folder.write(&name, bytes) {
            Ok(()) => Ok(path),
            Err(error) => Err(ChartError::Write { path, error }),
        }
    };
    let svg = chart.picture.svg()?;
    Ok(ChartFile {
        name: chart.name.clone(),
        title: chart.title.clone(),
        svg_path: write("svg", svg.as_bytes())?,
        png_path: write("png", &chart.picture.png()?)?,
        caption: chart.caption.clone(),
    })
}
