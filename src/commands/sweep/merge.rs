//! `sweep --merge DIR…`: the tables of all shards, put together in the order of their points.

use std::iter::Peekable;
use std::path::{Path, PathBuf};

use super::asked::{Asked, Manifest};
use super::shard::Shard;
use super::table::{NAME, Rows, Table};
use crate::error::Refusal;

/// Writes the whole table below `out`; its question and its folder.
///
/// # Errors
/// Folders that are no shards of one sweep, or not all of it.
pub(super) fn merge(dirs: &[PathBuf], out: &Path) -> anyhow::Result<(Asked, PathBuf)> {
    let shards = dirs
        .iter()
        .map(|dir| Ok((dir.as_path(), Manifest::read(dir)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let (asked, ordered) = fitting(&shards)?;
    let to = asked.folder(out, None)?;
    let keys = asked.keys();
    std::fs::create_dir_all(&to).map_err(Refusal::unfit)?;
    let _ = std::fs::remove_file(to.join(NAME));
    let mut table = Table::open(&to, &keys, (Shard::WHOLE, asked.rows_per_point))?;
    let whole = Manifest {
        asked: asked.clone(),
        shard: None,
    };
    whole.write(&to)?;
    let mut readers = ordered
        .iter()
        .map(|dir| open(dir, &keys))
        .collect::<anyhow::Result<Vec<_>>>()?;
    for point in 0..asked.grid()?.len {
        let index = point % readers.len();
        let of = readers.len();
        let mut rows = Vec::with_capacity(asked.rows_per_point);
        while let Some((row, _)) = readers[index].next_if(|(row, _)| row.point == point) {
            rows.push(row);
        }
        // Points are written as a whole; one that was torn is at the end of its table.
        if rows.is_empty() || rows.len() < asked.rows_per_point && readers[index].peek().is_none() {
            let dir = ordered[index].display();
            return Err(Refusal::usage(format!(
                "shard {index}/{of} in `{dir}` lacks point {point} and what follows\nhint: run it again, it goes on where it was interrupted"
            ))
            .into());
        }
        table.append(&rows)?;
    }
    Ok((asked, to))
}

fn open(dir: &Path, keys: &[String]) -> anyhow::Result<Peekable<Rows>> {
    let rows = Rows::open(&dir.join(NAME), keys).ok_or_else(|| {
        Refusal::usage(format!(
            "`{}` has no `{NAME}` that goes with its `sweep.json`\nhint: run that shard again",
            dir.display()
        ))
    })?;
    Ok(rows.peekable())
}

/// The common question, and the folders by their shards' numbers.
fn fitting<'a>(shards: &[(&'a Path, Manifest)]) -> anyhow::Result<(Asked, Vec<&'a Path>)> {
    let refused = |text: String| anyhow::Error::from(Refusal::usage(text));
    let [(first, one), ..] = shards else {
        return Err(refused("`--merge` needs the shards' folders".to_owned()));
    };
    let mut of = None;
    let mut found: Vec<Option<&Path>> = Vec::new();
    for (dir, manifest) in shards {
        let here = dir.display();
        if let Some((what, there, other)) = one.asked.difference(&manifest.asked) {
            return Err(refused(format!(
                "`{}` and `{here}` differ in their {what}: {there}, and {other}\nhint: merge shards of the same sweep",
                first.display()
            )));
        }
        let Some(shard) = manifest.shard else {
            return Err(refused(format!(
                "`{here}` is no shard but a whole sweep\nhint: name the folders that end in `-I-of-N`"
            )));
        };
        let all = *of.get_or_insert(shard.of);
        if shard.of != all || shard.index >= shard.of {
            return Err(refused(format!(
                "`{}` is of {all} shards and `{here}` is {}/{}\nhint: merge shards of the same division",
                first.display(),
                shard.index,
                shard.of
            )));
        }
        found.resize(all, None);
        if let Some(twice) = found[shard.index].replace(dir) {
            return Err(refused(format!(
                "shard {}/{all} is given twice: `{}` and `{here}`\nhint: name each once",
                shard.index,
                twice.display()
            )));
        }
    }
    let lacking = found.iter().enumerate().filter(|(_, dir)| dir.is_none());
    let lacking: Vec<String> = lacking
        .map(|(index, _)| format!("{index}/{}", found.len()))
        .collect();
    if !lacking.is_empty() {
        return Err(refused(format!(
            "of {} shards these are missing: {}\nhint: run them with `--shard`, or name their folders, too",
            found.len(),
            lacking.join(", ")
        )));
    }
    Ok((one.asked.clone(), found.into_iter().flatten().collect()))
}
