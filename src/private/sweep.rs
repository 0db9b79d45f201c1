//! What was left by a slowlab that was killed together with all who would have cleaned up after it: ended and removed.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{PREFIX, lock, record};

/// Characters that `tempfile` puts behind the beginning of a name.
const DRAWN: usize = 6;

/// A stale folder, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Swept {
    /// Which.
    pub(crate) folder: PathBuf,
    /// Processes that were killed.
    pub(crate) killed: Vec<u32>,
    /// Whether it is gone.
    pub(crate) removed: bool,
}

/// Ends and removes what is stale below the folder for temporary files: what is this user's and nobody's any more.
pub(crate) fn sweep() -> Vec<Swept> {
    sweep_below(&std::env::temp_dir())
}

fn sweep_below(parent: &Path) -> Vec<Swept> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = entry.file_name();
        name.to_str()
            .is_some_and(|name| name.len() == PREFIX.len() + DRAWN && name.starts_with(PREFIX))
    });
    named.filter_map(|entry| sweep_one(&entry.path())).collect()
}

fn sweep_one(folder: &Path) -> Option<Swept> {
    let about = fs::symlink_metadata(folder).ok()?;
    if !about.is_dir() || about.uid() != rustix::process::geteuid().as_raw() {
        return None;
    }
    // Held until the folder is gone.
    let _lock = lock(folder).ok()?;
    end_and_remove(folder)
}

/// Ends what a folder records and removes it; `None` if it is not ours. For whoever has its lock.
pub(super) fn end_and_remove(folder: &Path) -> Option<Swept> {
    let Some(record) = record::read(folder) else {
        // Of a process that was killed while it made it: empty. With anything in it it is not ours.
        return fs::remove_dir(folder).ok().map(|()| Swept {
            folder: folder.to_owned(),
            killed: Vec::new(),
            removed: true,
        });
    };
    let (mut killed, mut none_left) = (Vec::new(), true);
    if record.is_of_this_boot() {
        for trace in &record.started {
            let (ended, gone) = trace.end();
            killed.extend(ended);
            none_left &= gone;
        }
    }
    Some(Swept {
        removed: none_left && remove(folder).is_ok(),
        folder: folder.to_owned(),
        killed,
    })
}

/// Removes a private folder, also one with a folder in it that a scenario has locked.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::set_permissions(entry.path(), Permissions::from_mode(0o700));
        }
    }
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::super::{Private, depart, note};
    use super::*;

    /// What a folder leaves whose holder is killed: everything but the lock.
    fn killed(private: Private) -> PathBuf {
        let Private { dir, _lock } = private;
        let path = dir.path().to_owned();
        std::mem::forget(dir);
        path
    }

    #[test]
    fn only_what_nobody_holds_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let held = Private::below(parent.path()).unwrap();
        let stale = killed(Private::below(parent.path()).unwrap());
        fs::write(stale.join("backend.log"), "x").unwrap();
        // Never ours: a folder with something in it and no record, a link, a file, other names.
        for name in ["slowlab-Notes1", "slowlab-notes", "other"] {
            fs::create_dir(parent.path().join(name)).unwrap();
            fs::write(parent.path().join(name).join("mine"), "x").unwrap();
        }
        std::os::unix::fs::symlink("other", parent.path().join("slowlab-Linked")).unwrap();
        fs::write(parent.path().join("slowlab-afile1"), "x").unwrap();
        let swept = sweep_below(parent.path());
        let gone = Swept {
            folder: stale.clone(),
            killed: Vec::new(),
            removed: true,
        };
        assert_eq!(swept, [gone]);
        assert!(!stale.exists() && held.path().exists());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 6);
        assert_eq!(sweep_below(parent.path()), []);
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists());
    }

    #[test]
    fn who_is_recorded_is_ended() {
        let parent = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let private = Private::below(parent.path()).unwrap();
        let mut sleep = Command::new("sleep");
        let mut sleep = sleep
            .arg("300")
            .current_dir(folder.path())
            .process_group(0)
            .spawn()
            .unwrap();
        let inner = private.path().join("nginx-0");
        fs::create_dir(&inner).unwrap();
        note(&inner, sleep.id(), Some(folder.path()));
        let stale = killed(private);
        // It is not the last one to go: somebody recorded lives.
        depart(&inner);
        assert!(stale.exists());
        let swept = sweep_below(parent.path());
        let gone = Swept {
            folder: stale,
            killed: vec![sleep.id()],
            removed: true,
        };
        assert_eq!(swept, [gone]);
        assert!(!sleep.wait().unwrap().success());
    }

    #[test]
    fn the_last_to_go_removes_the_folder_if_nothing_else_is_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let stale = killed(Private::below(parent.path()).unwrap());
        fs::write(stale.join("mine"), "x").unwrap();
        depart(&stale);
        assert!(stale.exists());
        fs::remove_file(stale.join("mine")).unwrap();
        depart(&stale);
        assert!(!stale.exists());
    }
}
