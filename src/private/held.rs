//! The private folders that this process holds, for an end at which nothing is dropped.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use super::sweep::{end_and_remove, remove};
use crate::leave::HASTE;

static HELD: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder that is removed in two tries: one may fail half-way for want of something that is there again a moment later. What is left then is stale, and
/// goes with the next start.
#[derive(Debug)]
pub(super) struct Thorough(tempfile::TempDir);

impl Thorough {
    pub(super) fn of(dir: tempfile::TempDir) -> Thorough {
        held().push(dir.path().to_owned());
        Thorough(dir)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Thorough {
    fn drop(&mut self) {
        let _ = remove(self.path());
        held().retain(|one| one != self.path());
    }
}

/// Whoever calls this ends at once and drops nothing: what the folders record is killed and they are removed, as the next start would do it. Those
/// who notice by themselves that their parent is gone do the same, unless they have ended just before or know no folder yet. What does not
/// die within 300 ms is theirs and the next start's.
pub(crate) fn abandon() {
    let folders = held().clone();
    let (done, patience) = mpsc::channel::<()>();
    let swept = std::thread::Builder::new().spawn(move || {
        for folder in folders {
            let _ = end_and_remove(&folder);
        }
        drop(done);
    });
    if swept.is_ok() {
        let _ = patience.recv_timeout(HASTE.to_duration());
    }
}

fn held() -> MutexGuard<'static, Vec<PathBuf>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
