//! Following files that others write: a thread that looks at them on a short grid and hands on whole lines.
//!
//! An instant of reading is therefore up to [`LOOK_INTERVAL`] late; lines that carry their own instants lose nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::time::Span;

/// How often the files are looked at.
pub(super) const LOOK_INTERVAL: Span = Span::from_ms(20);
/// A line longer than this is handed on in pieces, so that a file without line ends cannot fill the memory.
const LONGEST_LINE: usize = 64 * 1024;

/// A file that grows line by line.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: Option<File>,
    unfinished: Vec<u8>,
}

impl Tail {
    /// Follows a file from its beginning; it need not be there yet.
    pub(super) fn new(path: PathBuf) -> Tail {
        Tail {
            path,
            file: None,
            unfinished: Vec::new(),
        }
    }

    /// The whole lines that have come since the last call.
    pub(super) fn lines(&mut self) -> Vec<String> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = file.read(&mut buffer) {
            self.unfinished.extend_from_slice(&buffer[..count]);
            while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unfinished.drain(..=end).collect();
                lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.unfinished.len() > LONGEST_LINE {
                let line = std::mem::take(&mut self.unfinished);
                lines.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
        lines
    }
}

/// A thread that looks again and again until it is dropped, and once more then.
#[derive(Debug)]
pub(super) struct Follower {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts looking.
    ///
    /// # Errors
    /// The kernel refuses a thread.
    pub(super) fn start(
        name: &str,
        mut look: impl FnMut() + Send + 'static,
    ) -> std::io::Result<Follower> {
        let (stop, stopped) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while stopped.recv_timeout(LOOK_INTERVAL.to_duration())
                    == Err(RecvTimeoutError::Timeout)
                {
                    look();
                }
                look();
            })?;
        Ok(Follower {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there has been printed; the run goes on without these lines
        }
    }
}

/// The last lines of a log, for an error message.
pub(super) fn last_lines(path: &Path, count: usize) -> String {
    let text = std::fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(count);
    lines[from..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn only_whole_lines_are_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut tail = Tail::new(path.clone());
        assert!(tail.lines().is_empty(), "the file is not there yet");
        let mut file = File::create(&path).unwrap();
        write!(file, "one\ntw").unwrap();
        assert_eq!(tail.lines(), ["one"]);
        write!(file, "o\n\nthree\n").unwrap();
        assert_eq!(tail.lines(), ["two", "", "three"]);
        assert!(tail.lines().is_empty());
    }

    #[test]
    fn an_endless_line_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, vec![b'x'; 3 * LONGEST_LINE]).unwrap();
        let mut tail = Tail::new(path);
        assert!(tail.lines().len() >= 2);
        assert!(tail.unfinished.len() <= LONGEST_LINE);
    }

    #[test]
    fn a_follower_looks_once_more_when_it_ends() {
        let looks = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = std::sync::Arc::clone(&looks);
        let follower = Follower::start("test", move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        })
        .unwrap();
        drop(follower);
        assert!(looks.load(std::sync::atomic::Ordering::SeqCst) >= 1);
    }

    #[test]
    fn the_end_of_a_log_is_its_last_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "a\nb\nc\n").unwrap();
        assert_eq!(last_lines(&path, 2), "b\nc");
        assert_eq!(last_lines(&dir.path().join("none"), 2), "");
    }
}
