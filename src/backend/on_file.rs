//! What the configuration says while a backend runs: a file in its private folder, written by the parent, read by a master that reloads or
//! starts another, as gunicorn reads `gunicorn.conf.py`. There is none until something has changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::Folder;
use crate::machine::backend_config::BackendConfig;

/// Its name.
pub(super) const NAME: &str = "backend.json";

/// Writes it, as a whole or not at all.
pub(super) fn write(runtime_dir: &Path, config: &BackendConfig) -> io::Result<()> {
    Folder::open(runtime_dir)?.write(NAME, &serde_json::to_vec(config)?)
}

/// What it says, if it is there.
pub(super) fn read(runtime_dir: &Path) -> Option<BackendConfig> {
    // Only slowlab writes it; a file that is not readable would be a bug, and the configuration stays as it was.
    serde_json::from_slice(&fs::read(path(runtime_dir)).ok()?).ok()
}

/// Removes it.
pub(super) fn remove(runtime_dir: &Path) {
    let _ = fs::remove_file(path(runtime_dir));
}

fn path(runtime_dir: &Path) -> PathBuf {
    runtime_dir.join(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), None);
        for workers in [7, 3] {
            let config: BackendConfig = toml::from_str(&format!("workers = {workers}")).unwrap();
            write(dir.path(), &config).unwrap();
            assert_eq!(read(dir.path()), Some(config));
        }
        remove(dir.path());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
