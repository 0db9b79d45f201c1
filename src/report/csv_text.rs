//! Rows as the text of a CSV file.

use serde::Serialize;

/// One line per row, with a header if there is a row. Empty fields are not known.
///
/// # Panics
/// Never: rows are plain data and memory takes them.
pub fn csv_text<T: Serialize>(rows: impl IntoIterator<Item = T>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("a row is plain data");
    }
    let bytes = writer.into_inner().expect("memory takes it");
    String::from_utf8_lossy(&bytes).into_owned()
}
