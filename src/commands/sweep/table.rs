//! `sweep.csv` while it grows, and how a sweep that was cut short is taken up again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::rows::Row;
use crate::error::Refusal;
use crate::files::Folder;
use crate::record::folder::write_below;

/// The file.
const NAME: &str = "sweep.csv";

/// The table of one sweep.
#[derive(Debug)]
pub(super) struct Table {
    dir: PathBuf,
    keys: Vec<String>,
    file: File,
    rows: BTreeMap<usize, Vec<Row>>,
}

impl Table {
    /// Opens or begins a table in which each point has so many rows. A torn last line is forgotten, and its point with it.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub(super) fn open(
        dir: &Path,
        keys: &[String],
        rows_per_point: usize,
    ) -> anyhow::Result<Table> {
        let path = dir.join(NAME);
        let failed = |error: std::io::Error| {
            Refusal::unfit(format!(
                "cannot write `{}`: {error}\nhint: pass --out DIR to write elsewhere",
                path.display()
            ))
        };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let mut rows = read(&path, keys);
        rows.retain(|_, rows| rows.len() == rows_per_point);
        let known: Vec<&Row> = rows.values().flatten().collect();
        write_below(dir, &[NAME], &csv(keys, &known)?).map_err(Refusal::unfit)?;
        let file = Folder::open(dir).and_then(|folder| folder.append(NAME));
        let file = file.map_err(failed)?;
        Ok(Table {
            keys: keys.to_vec(),
            file,
            rows,
            dir: dir.to_owned(),
        })
    }

    /// Whether a point is in it.
    pub(super) fn has(&self, point: usize) -> bool {
        self.rows.contains_key(&point)
    }

    /// Adds the rows of a point, in one write.
    ///
    /// # Errors
    /// A disk that is full.
    pub(super) fn append(&mut self, rows: Vec<Row>) -> anyhow::Result<()> {
        let Some(point) = rows.first().map(|row| row.point) else {
            return Ok(());
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row.fields())?;
        }
        let bytes = writer.into_inner().map_err(|error| error.into_error())?;
        self.file.write_all(&bytes).map_err(Refusal::unfit)?;
        self.rows.insert(point, rows);
        Ok(())
    }

    /// Puts the table into order; its rows.
    ///
    /// # Errors
    /// A disk that is full.
    pub(super) fn finish(self) -> anyhow::Result<Vec<Row>> {
        let rows: Vec<Row> = self.rows.into_values().flatten().collect();
        let all: Vec<&Row> = rows.iter().collect();
        write_below(&self.dir, &[NAME], &csv(&self.keys, &all)?).map_err(Refusal::unfit)?;
        Ok(rows)
    }
}

fn csv(keys: &[String], rows: &[&Row]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(Row::header(keys))?;
    for row in rows {
        writer.write_record(row.fields())?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// What a table holds, by point; nothing if there is none or if it is another one.
fn read(path: &Path, keys: &[String]) -> BTreeMap<usize, Vec<Row>> {
    let mut rows: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    let Ok(mut reader) = csv::ReaderBuilder::new().flexible(true).from_path(path) else {
        return rows;
    };
    let header = reader
        .headers()
        .map(|header| header.iter().map(str::to_owned).collect::<Vec<_>>());
    if !matches!(header, Ok(header) if header == Row::header(keys)) {
        return rows;
    }
    for record in reader.records().map_while(Result::ok) {
        let fields: Vec<String> = record.iter().map(str::to_owned).collect();
        if let Some(row) = Row::read(&fields, keys.len()) {
            rows.entry(row.point).or_default().push(row);
        }
    }
    rows
}
