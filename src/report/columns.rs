//! Tables of plain columns, as wide as a page: texts to the left, numbers to the right, nothing drawn between them.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// Columns between which there are two spaces; `texts` are the places of those that are aligned to the left.
pub(super) fn columns<const N: usize>(
    width: usize,
    texts: &[usize],
    header: [String; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width as u16)
        .set_header(header)
        .add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        if !texts.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, gap(index, N)));
    }
    table
}

/// What is left behind a column of so many.
pub(super) fn gap(index: usize, columns: usize) -> u16 {
    if index + 1 == columns { 0 } else { 2 }
}

/// Its lines, without spaces at their ends.
pub(super) fn lines(table: &Table) -> String {
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<String>>().join("\n")
}
