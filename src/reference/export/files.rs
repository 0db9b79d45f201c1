//! The files of an export, and writing them.

use std::io;
use std::path::Path;

use super::{LOG_DIR, RUN_DIR, TEMP_DIR};

/// One file of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its path below the folder.
    pub path: &'static str,
    /// Its text.
    pub text: String,
    /// Whether it is to be run.
    pub executable: bool,
}

/// Writes files into a folder, which is made if it is not there, with the folders that the programs write to.
///
/// # Errors
/// Those of the file system; the message names the path.
pub fn write(files: &[File], dir: &Path) -> io::Result<()> {
    for name in [RUN_DIR, LOG_DIR, TEMP_DIR, "systemd"] {
        let path = dir.join(name);
        std::fs::create_dir_all(&path).map_err(|error| at(&path, &error))?;
    }
    for file in files {
        use std::os::unix::fs::PermissionsExt as _;
        let path = dir.join(file.path);
        std::fs::write(&path, &file.text).map_err(|error| at(&path, &error))?;
        let mode = if file.executable { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .map_err(|error| at(&path, &error))?;
    }
    Ok(())
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot write `{}`: {error}", path.display()),
    )
}
