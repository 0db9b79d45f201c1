//! How much of a response the real nginx puts into its temp file: no log tells, but the file's size does.
//!
//! nginx names the file in its error log and unlinks it at once; from then on it is seen as an open file of the nginx worker in
//! `/proc`. It never shrinks, so the last size seen is what was spilled, if the response lived long enough to be looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::children;

/// Sizes are looked at this seldom: with thousands of slow readers, each look goes through as many links.
const LOOKS_BETWEEN: u32 = 10;
/// What the kernel writes behind the name of an unlinked file.
const UNLINKED: &str = " (deleted)";

/// The temp files of responses that are under way.
#[derive(Debug)]
pub(super) struct Spills {
    master: u32,
    looks: u32,
    by_path: BTreeMap<PathBuf, Spill>,
}

#[derive(Debug)]
struct Spill {
    connection: u64,
    bytes: Option<u64>,
}

impl Spills {
    /// Of the workers of this nginx.
    pub(super) fn of(master: u32) -> Spills {
        Spills {
            master,
            looks: 0,
            by_path: BTreeMap::new(),
        }
    }

    /// A response began to spill into this file.
    pub(super) fn began(&mut self, connection: u64, path: &Path) {
        self.by_path.insert(
            path.to_owned(),
            Spill {
                connection,
                bytes: None,
            },
        );
        self.looks = LOOKS_BETWEEN; // a short one may be gone soon
    }

    /// Looks at the sizes, if it is time to.
    pub(super) fn look(&mut self) {
        self.looks += 1;
        if self.by_path.is_empty() || self.looks < LOOKS_BETWEEN {
            return;
        }
        self.looks = 0;
        for worker in children(self.master) {
            let open_files = fs::read_dir(format!("/proc/{worker}/fd"));
            for file in open_files.into_iter().flatten().flatten() {
                self.measure(&file.path());
            }
        }
    }

    fn measure(&mut self, file: &Path) {
        let Ok(target) = fs::read_link(file) else {
            return;
        };
        let Some(name) = target.to_str().and_then(|name| name.strip_suffix(UNLINKED)) else {
            return;
        };
        if let Some(spill) = self.by_path.get_mut(Path::new(name))
            && let Ok(facts) = fs::metadata(file)
        {
            spill.bytes = spill.bytes.max(Some(facts.len()));
        }
    }

    /// The response of this connection is over: what it spilled. Nothing if it was over before anybody looked.
    pub(super) fn ended(&mut self, connection: u64) -> Option<u64> {
        let mut spilled = Some(0);
        self.by_path.retain(|_, spill| {
            let own = spill.connection == connection;
            if own {
                spilled = spill.bytes;
            }
            !own
        });
        spilled
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn the_size_of_an_unlinked_file_is_what_was_spilled() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0000000001");
        let mut file = fs::File::create(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let mut spills = Spills::of(0);
        spills.began(7, &path);
        for _ in 0..3 {
            file.write_all(&[0; 1000]).unwrap();
            spills.measure(Path::new(&format!("/proc/self/fd/{}", file.as_raw_fd())));
        }
        assert_eq!(
            spills.ended(8),
            Some(0),
            "another connection has spilled nothing"
        );
        assert_eq!(spills.ended(7), Some(3000));
        assert_eq!(spills.ended(7), Some(0), "its next response has not");
    }

    #[test]
    fn a_spill_that_nobody_saw_is_not_known() {
        let mut spills = Spills::of(0);
        spills.began(7, Path::new("/tmp/x"));
        assert_eq!(spills.ended(7), None);
    }
}
