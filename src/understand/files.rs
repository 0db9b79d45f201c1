//! Which file a name stands for, and its text: below a root, of regular files only, and not without end.

use std::cell::Cell;
use std::path::{Component, Path, PathBuf};

use super::error::UnderstandError;
use crate::files;

/// Bytes of all files together.
const MOST_BYTES: u64 = 1 << 25;
/// Files in all.
const MOST_FILES: usize = 2_000;
/// Of a path, so much of its end may lie beside what names it.
const MOST_PARTS: usize = 5;
/// Names that are looked for.
const MOST_SOUGHT: usize = 10_000;

/// Where files are looked for, and how much of them has been read.
#[derive(Debug)]
pub(super) struct Files {
    /// What `/` stands for.
    pub(super) root: PathBuf,
    bytes: Cell<u64>,
    count: Cell<usize>,
    sought: Cell<usize>,
}

impl Files {
    /// Below `root`, or without one below what fits the first file: `/` for one in `/etc`, otherwise its own folder.
    pub(super) fn new(root: Option<&Path>, first: Option<&Path>) -> Files {
        let own = first.map(|file| match file.starts_with("/etc") {
            true => PathBuf::from("/"),
            false => folder(file),
        });
        let root = root.map(Path::to_owned).or(own);
        Files {
            root: root.unwrap_or_else(|| PathBuf::from("/")),
            bytes: Cell::new(0),
            count: Cell::new(0),
            sought: Cell::new(0),
        }
    }

    /// The text of a file that was named on the command line, or found below the root. Bytes that are no UTF-8 become marks; a byte-order mark is left out.
    ///
    /// # Errors
    /// Those of the disk, what is no regular file, and more than anybody writes.
    pub(super) fn read(&self, path: &Path) -> Result<String, UnderstandError> {
        self.count.set(self.count.get() + 1);
        let file = || path.display().to_string();
        if self.count.get() > MOST_FILES {
            return Err(UnderstandError::TooMuch {
                file: file(),
                what: format!("more than {MOST_FILES} files include each other"),
            });
        }
        let bytes =
            files::read(path, files::MOST_WRITTEN).map_err(|source| UnderstandError::Read {
                path: path.to_owned(),
                source,
            })?;
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
        if self.bytes.get() > MOST_BYTES {
            return Err(UnderstandError::TooMuch {
                file: file(),
                what: "with what it includes it is larger than 32 MiB".to_owned(),
            });
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.trim_start_matches('\u{feff}').to_owned())
    }

    /// An absolute path below the root; `None` if it leads out of it.
    pub(super) fn below(&self, path: &Path) -> Option<PathBuf> {
        let mut whole = self.root.clone();
        let mut depth = 0_usize;
        for part in path.components() {
            match part {
                Component::Normal(name) => {
                    whole.push(name);
                    depth += 1;
                }
                Component::ParentDir => {
                    depth = depth.checked_sub(1)?;
                    whole.pop();
                }
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        Some(whole)
    }

    /// Whether a folder that a configuration names is here.
    pub(super) fn has_folder(&self, dir: &str) -> bool {
        self.below(Path::new(dir)).is_some_and(|dir| dir.is_dir())
    }

    /// The file that a configuration names: below the root (relative ones in `dir`), then beside the file that names it, by the whole of the path or its
    /// end, the longest first. Of more names than anybody writes none is found.
    pub(super) fn named(&self, name: &str, dir: Option<&str>, beside: &Path) -> Option<PathBuf> {
        self.sought.set(self.sought.get() + 1);
        if self.sought.get() > MOST_SOUGHT {
            return None;
        }
        let path = Path::new(name);
        let in_root = match (path.is_absolute(), dir) {
            (true, _) => self.below(path),
            (false, Some(dir)) => self.below(&Path::new(dir).join(path)),
            (false, None) => None,
        };
        let is_plain =
            |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        let relative =
            (path.is_relative() && path.components().all(is_plain)).then(|| beside.join(path));
        let parts: Vec<Component<'_>> = path.components().collect();
        let ends = (1..=parts.len().min(MOST_PARTS)).rev();
        let ends = ends.map(|count| parts[parts.len() - count..].iter().collect::<PathBuf>());
        let plain = ends.filter(|end| end.components().all(is_plain));
        let all = in_root.into_iter().chain(relative);
        let all = all.chain(plain.map(|end| beside.join(end)));
        let mut all = all.filter(|path| path.is_file());
        all.next()
    }
}

/// The folder of a file.
pub(super) fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
