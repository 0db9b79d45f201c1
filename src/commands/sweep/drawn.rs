//! The charts of a table, of as many of its points as a sheet can show: memory and time stay bounded, whatever the table holds.

use std::path::Path;

use super::asked::Asked;
use super::points::Grid;
use super::table::{NAME, Rows};
use crate::error::Refusal;
use crate::report::chart::{self, SweepCell};
use crate::report::words::Words;

/// Points along the only key: two pixels each.
const MOST_ALONG_ONE: usize = 400;
/// Rows and columns of a map: three pixels each at least.
const MOST_ALONG_TWO: usize = 128;

/// Draws what stands in a folder's table. Of a key with more values than fit only every so manieth is shown: the key and how many.
///
/// # Errors
/// Those of drawing and of the disk.
pub(super) fn draw(
    asked: &Asked,
    dir: &Path,
    words: &Words,
) -> anyhow::Result<Vec<(String, usize)>> {
    let grid = asked.grid()?;
    let strides = strides(asked);
    let shown: Vec<SweepCell> = Rows::open(&dir.join(NAME), &asked.keys())
        .into_iter()
        .flatten()
        .filter(|(row, _)| row.point < grid.len && is_shown(&grid, row.point, &strides))
        .map(|(row, _)| row.cell())
        .collect();
    let (keys, cells) = match asked.zip {
        false => (asked.keys(), shown),
        // Keys that move together are one axis.
        true => {
            let together = |mut cell: SweepCell| {
                cell.values = vec![cell.values.join(" / ")];
                cell
            };
            let cells = shown.into_iter().map(together).collect();
            (vec![asked.keys().join(" / ")], cells)
        }
    };
    let place = (asked.scenario.as_str(), asked.engine.as_str());
    chart::draw_sweep(place, &keys, &cells, dir, words).map_err(Refusal::unfit)?;
    let thinned = asked.keys().into_iter().zip(strides);
    Ok(thinned.take(2).filter(|(_, stride)| *stride > 1).collect())
}

fn is_shown(grid: &Grid<'_>, point: usize, strides: &[usize]) -> bool {
    let places = grid.places(point);
    places
        .iter()
        .zip(strides)
        .all(|(place, stride)| place % stride == 0)
}

/// Of each axis every so manieth value is shown.
fn strides(asked: &Asked) -> Vec<usize> {
    let axes = asked.axes.iter().enumerate();
    axes.map(|(number, axis)| match number {
        _ if asked.zip || asked.axes.len() == 1 => axis.values.len().div_ceil(MOST_ALONG_ONE),
        0 | 1 => axis.values.len().div_ceil(MOST_ALONG_TWO),
        // A chart shows the first point of each pair.
        _ => axis.values.len(),
    })
    .collect()
}
