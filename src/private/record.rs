//! The file in a private folder that says who was started: one line of JSON each, appended as it happens.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::trace::Trace;
use super::{lock, recording};
use crate::files;
use crate::leave::Leave;
use crate::time::Span;

/// Its name.
const NAME: &str = "slowlab.started";
/// No run starts so many processes of which each leads a group that this were too little.
const MOST_BYTES: u64 = 1 << 20;
/// How long one that departs waits for others who do so at the same instant.
const TURN_LIMIT: Span = Span::from_ms(500);

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first one: numbers of processes and their instants mean something only until the machine starts again.
    Boot(String),
    /// A process was started.
    Started(Trace),
    /// One of them is about to end by itself and has nothing left to do.
    Departs(u32),
}

/// What it says.
#[derive(Debug, Default)]
pub(super) struct Record {
    boot: String,
    pub(super) started: Vec<Trace>,
    departed: Vec<u32>,
}

/// Begins one.
pub(super) fn begin(folder: &Path) -> io::Result<()> {
    append(folder, &Line::Boot(boot()), true)
}

/// Whether there is one.
pub(super) fn is_in(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(NAME)).is_ok_and(|about| about.is_file())
}

/// What it says; `None` if there is none, or not of ours.
pub(super) fn read(folder: &Path) -> Option<Record> {
    if !is_in(folder) {
        return None;
    }
    let text = files::read_text(&folder.join(NAME), MOST_BYTES).ok()?;
    let mut record = Record::default();
    // The last line may be torn: whoever wrote it was killed.
    for line in text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        match line {
            Line::Boot(boot) => record.boot = boot,
            Line::Started(trace) => record.started.push(trace),
            Line::Departs(pid) => record.departed.push(pid),
        }
    }
    (!record.boot.is_empty()).then_some(record)
}

impl Record {
    /// Whether its numbers still mean what they did.
    pub(super) fn is_of_this_boot(&self) -> bool {
        self.boot == boot()
    }
}

/// Notes a process that leads a group, and that was started for something in `dir`. `folder` is where, if it is not ours. Without a record
/// (a test, an embedder's own folder) nothing is noted.
pub(crate) fn note(dir: &Path, pid: u32, folder: Option<&Path>) {
    let Some(record) = recording(dir) else {
        return;
    };
    if let Some(trace) = Trace::of(pid, folder) {
        // A full disk costs the note, not the run: it is needed only if everybody else is killed.
        let _ = append(&record, &Line::Started(trace), false);
    }
}

/// Whoever ran the lab is gone, and this process, which was started for something in `dir`, is about to end with nothing left to do: the last one
/// to do so removes the folder, if nothing else is in it.
pub(crate) fn depart(dir: &Path) {
    let Some(folder) = recording(dir) else {
        // The folder is somebody else's, and perhaps empty.
        let _ = fs::remove_dir(dir);
        return;
    };
    let mut locked = None;
    Leave::default().looking(TURN_LIMIT, || {
        locked = lock(&folder).ok();
        locked.is_some()
    });
    let me = std::process::id();
    // Who holds the lock so long lives, and sees to it.
    if locked.is_none() || append(&folder, &Line::Departs(me), false).is_err() {
        return;
    }
    let Some(record) = read(&folder) else {
        return;
    };
    let mut left = record.started.iter().flat_map(Trace::left);
    if left.any(|pid| pid != me && !record.departed.contains(&pid)) {
        return;
    }
    // Whatever else is in it was not put there by us.
    let others = fs::read_dir(&folder).into_iter().flatten().flatten();
    if others.filter(|entry| entry.file_name() != NAME).count() == 0 {
        let _ = fs::remove_file(folder.join(NAME));
        let _ = fs::remove_dir(&folder);
    }
}

fn append(folder: &Path, line: &Line, new: bool) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let path: PathBuf = folder.join(NAME);
    let mut file = OpenOptions::new()
        .append(true)
        .create_new(new)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    // One write: several processes append.
    file.write_all(&text)
}

/// Which start of the machine this is.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    match id.trim() {
        "" => "unknown".to_owned(),
        id => id.to_owned(),
    }
}
