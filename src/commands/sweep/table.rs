//! `sweep.csv` while it grows, and how a sweep that was cut short is taken up again.
//!
//! Points stand in their order from the first write on, so that nothing needs to be sorted at the end or kept in memory: what is there is a
//! beginning of the whole.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::rows::Row;
use super::shard::Shard;
use crate::error::Refusal;
use crate::files::Folder;
use crate::record::folder::write_below;

/// The file.
pub(super) const NAME: &str = "sweep.csv";

/// The table of one sweep, or of a shard.
#[derive(Debug)]
pub(super) struct Table {
    file: File,
    /// How many points are in it.
    pub(super) known: usize,
}

impl Table {
    /// Opens or begins a table in which each point has so many rows. What is torn or out of order is forgotten, with all behind it.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub(super) fn open(
        dir: &Path,
        keys: &[String],
        (shard, rows_per_point): (Shard, usize),
    ) -> anyhow::Result<Table> {
        let path = dir.join(NAME);
        let failed = |error: std::io::Error| {
            Refusal::unfit(format!(
                "cannot write `{}`: {error}\nhint: pass --out DIR to write elsewhere",
                path.display()
            ))
        };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let (known, whole) = match Rows::open(&path, keys) {
            Some(rows) => rows.whole_points(shard, rows_per_point),
            None => {
                let header = written([Row::header(keys)])?;
                write_below(dir, &[NAME], &header).map_err(Refusal::unfit)?;
                (0, header.len() as u64)
            }
        };
        let file = Folder::open(dir).and_then(|folder| folder.append(NAME));
        let file = file.map_err(failed)?;
        file.set_len(whole).map_err(failed)?;
        Ok(Table { file, known })
    }

    /// Adds the rows of the next point, in one write.
    ///
    /// # Errors
    /// A disk that is full.
    pub(super) fn append(&mut self, rows: &[Row]) -> anyhow::Result<()> {
        let bytes = written(rows.iter().map(Row::fields))?;
        self.file.write_all(&bytes).map_err(Refusal::unfit)?;
        self.known += 1;
        Ok(())
    }
}

fn written(records: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(record)?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// The rows of a table, one at a time, each with where it ends in the file. They end before a torn one.
#[derive(Debug)]
pub(super) struct Rows {
    reader: csv::Reader<File>,
    keys: usize,
    /// Where a last line without its end stops.
    torn: Option<u64>,
}

impl Rows {
    /// `None` if there is no such table, or another one.
    pub(super) fn open(path: &Path, keys: &[String]) -> Option<Rows> {
        let mut file = File::open(path).ok()?;
        let len = file.metadata().ok()?.len();
        let mut last = [0];
        file.seek(SeekFrom::End(-1)).ok()?;
        file.read_exact(&mut last).ok()?;
        file.rewind().ok()?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.headers().ok()?;
        let same = header.iter().eq(Row::header(keys).iter());
        same.then(|| Rows {
            reader,
            keys: keys.len(),
            torn: (last != *b"\n").then_some(len),
        })
    }

    /// How many points stand at its beginning as a whole and in order, and where they end.
    fn whole_points(mut self, shard: Shard, rows_per_point: usize) -> (usize, u64) {
        let (mut known, mut whole) = (0, self.reader.position().byte());
        // The point that is being read: its number, its rows, its end.
        let mut open: Option<(usize, usize, u64)> = None;
        for (row, end) in self.by_ref() {
            match &mut open {
                Some((point, rows, to)) if *point == row.point && *rows < rows_per_point => {
                    (*rows, *to) = (*rows + 1, end);
                }
                _ => {
                    // One behind which another begins was written as a whole.
                    if let Some((.., to)) = open.take() {
                        (known, whole) = (known + 1, to);
                    }
                    if row.point != shard.point(known) {
                        break;
                    }
                    open = Some((row.point, 1, end));
                }
            }
        }
        if let Some((.., to)) = open.filter(|(_, rows, _)| *rows >= rows_per_point) {
            (known, whole) = (known + 1, to);
        }
        (known, whole)
    }
}

impl Iterator for Rows {
    type Item = (Row, u64);

    fn next(&mut self) -> Option<(Row, u64)> {
        let mut record = csv::StringRecord::new();
        if !self.reader.read_record(&mut record).ok()? {
            return None;
        }
        let end = self.reader.position().byte();
        let fields: Vec<String> = record.iter().map(str::to_owned).collect();
        let row = Row::read(&fields, self.keys).filter(|_| self.torn != Some(end))?;
        Some((row, end))
    }
}
