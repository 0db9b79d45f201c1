//! Logs as files: what their names lead to, and what their writers have open.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::machine::act::older;
use crate::record::{LogSample, ProcRole};
use crate::time::Timestamp;

use super::proc::WatchedProcess;

/// What a block of `st_blocks` has.
const BLOCK: u64 = 512;

/// The logs of these processes: of a backend the master's, which its workers share.
pub(super) fn samples(processes: &[WatchedProcess], at: Timestamp) -> Vec<LogSample> {
    let writers = processes
        .iter()
        .filter(|process| process.role != ProcRole::Worker);
    writers
        .filter_map(|process| sample(process.log.as_ref()?, process.pid, at))
        .collect()
}

fn sample(log: &Path, pid: u32, at: Timestamp) -> Option<LogSample> {
    let named = fs::metadata(log).ok()?;
    let open = descriptor(log, pid);
    let held = open.as_ref().and_then(|(fd, _)| fs::metadata(fd).ok());
    Some(LogSample {
        at,
        log: log.file_name()?.to_string_lossy().into_owned(),
        size_bytes: named.len(),
        allocated_bytes: named.blocks() * BLOCK,
        named_bytes: with_older(log),
        written_to: open.map(|(_, link)| link),
        written_links: held.as_ref().map(std::os::unix::fs::MetadataExt::nlink),
        deleted_bytes: held.map(|held| match held.nlink() {
            0 => held.blocks() * BLOCK,
            _ => 0,
        }),
    })
}

/// The descriptor by which a process has a log open, under whatever name that file has by now, and the last part of what it leads to.
fn descriptor(log: &Path, pid: u32) -> Option<(PathBuf, String)> {
    let wanted = log.to_str()?;
    let folder = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    folder.flatten().find_map(|entry| {
        let link = fs::read_link(entry.path()).ok()?;
        let link = link.to_str()?;
        let rest = link.strip_prefix(wanted)?;
        // `.1`, ` (deleted)`, both, or nothing.
        let is_it = rest.is_empty() || rest.starts_with(['.', ' ']);
        let name = link.rsplit('/').next().unwrap_or(link);
        is_it.then(|| (entry.path(), name.to_owned()))
    })
}

/// The log and those that were rotated away, as `du` sees them.
fn with_older(log: &Path) -> u64 {
    let files = [log.to_owned(), older(log)];
    let sizes = files.iter().filter_map(|file| fs::metadata(file).ok());
    sizes.map(|data| data.blocks() * BLOCK).sum()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_that_lost_its_name_is_still_there_for_its_writer() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("access.log");
        let mut writer = fs::File::create(&log).unwrap();
        writer.write_all(&[b'x'; 50_000]).unwrap();
        let look = || sample(&log, std::process::id(), Timestamp::ZERO).unwrap();
        let before = look();
        assert_eq!((before.size_bytes, before.deleted_bytes), (50_000, Some(0)));
        assert_eq!(before.written_to.as_deref(), Some("access.log"));
        let older = folder.path().join("access.log.1");
        fs::rename(&log, &older).unwrap();
        fs::write(&log, "").unwrap();
        assert_eq!(look().written_to.as_deref(), Some("access.log.1"));
        fs::remove_file(&older).unwrap();
        let after = look();
        assert_eq!((after.size_bytes, after.written_links), (0, Some(0)));
        assert!(after.deleted_bytes >= Some(50_000), "{after:?}");
        assert!(after.written_to.unwrap().ends_with("(deleted)"));
        drop(writer);
        assert_eq!(look().written_to, None);
    }
}
