//! The pipeline of tools that gives the same answer as `slowlab log`: run, timed, looked at for its memory, and compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use super::log::lines_per_second;
use crate::leave::pause;
use crate::process;
use crate::report::human;
use crate::time::{Clock, Span, Timestamp};
use crate::units::human_bytes;
use crate::weblog::Found;

/// How often its processes are looked at. The kernel keeps the most that each had: what is missed is growth within the last stretch before an end.
const LOOK_EVERY: Span = Span::from_ms(5);

/// What a shell is told, and how many lines it reads for that: all of the file, where we leave out what is too old.
pub(super) struct ByHand {
    pub(super) command: String,
    pub(super) lines: u64,
}

/// What came of it.
struct Ran {
    answer: Vec<u8>,
    took: Span,
    /// The most memory of each of its processes, by number.
    peaks: BTreeMap<u32, u64>,
}

impl ByHand {
    /// Runs it; whether its answer is ours, and what it took.
    ///
    /// # Errors
    /// There is no shell.
    pub(super) fn beside(&self, found: &Found, top: usize) -> anyhow::Result<String> {
        let ran = self.run().context("cannot run a shell")?;
        let ours: Vec<(u64, Vec<u8>)> = (found.counts.top(top).into_iter())
            .map(|one| (one.count, one.key))
            .collect();
        let verdict = match ours == counts(&ran.answer) {
            true => "the same answer",
            false => "ANOTHER ANSWER",
        };
        let mut line = format!(
            "the pipeline took {}, {verdict}: {} lines, {}",
            human::seconds(ran.took.as_secs_f64()),
            human::count(self.lines),
            lines_per_second(self.lines, ran.took),
        );
        // The shell itself is not among them.
        if !ran.peaks.is_empty() {
            let all: u64 = ran.peaks.values().sum();
            let largest = ran.peaks.values().max().copied().unwrap_or_default();
            line.push_str(&format!(
                "\n{} of memory at most in {} processes, {} in the largest",
                human_bytes(all),
                ran.peaks.len(),
                human_bytes(largest),
            ));
        }
        Ok(line)
    }

    fn run(&self) -> io::Result<Ran> {
        let clock = Clock::start();
        let mut shell = Command::new("sh")
            .args(["-c", &self.command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let output = shell.stdout.take();
        let (answer, peaks) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut answer = Vec::new();
                let read = output.map(|mut output| output.read_to_end(&mut answer));
                read.transpose().map(|_| answer)
            });
            let peaks = watch(&mut shell);
            let answer = reader.join().unwrap_or_else(|_| Ok(Vec::new()));
            (answer, peaks)
        });
        Ok(Ran {
            answer: answer?,
            took: clock.now().since(Timestamp::ZERO),
            peaks: peaks?,
        })
    }
}

/// Looks at a shell's processes until it has ended; the most memory of each.
fn watch(shell: &mut Child) -> io::Result<BTreeMap<u32, u64>> {
    let mut peaks = BTreeMap::new();
    while shell.try_wait()?.is_none() {
        for pid in process::children(shell.id()) {
            if let Some(peak) = process::peak_resident(pid) {
                let most: &mut u64 = peaks.entry(pid).or_default();
                *most = peak.max(*most);
            }
        }
        pause(LOOK_EVERY);
    }
    Ok(peaks)
}

/// `uniq -c`'s lines.
fn counts(answer: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let lines = answer.split(|byte| *byte == b'\n');
    let counted = lines.filter_map(|line| {
        let line = line.trim_ascii_start();
        let space = line.iter().position(|byte| *byte == b' ')?;
        let count = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
        Some((count, line[space + 1..].to_vec()))
    });
    counted.collect()
}

/// How many lines the first so many bytes of a file are.
///
/// # Errors
/// It cannot be read any more.
pub(super) fn lines(path: &Path, bytes: u64) -> io::Result<u64> {
    let mut begin = File::open(path)?.take(bytes);
    let (mut buffer, mut lines) = (vec![0; 256 * 1024], 0);
    loop {
        match begin.read(&mut buffer)? {
            0 => return Ok(lines),
            n => lines += buffer[..n].iter().filter(|byte| **byte == b'\n').count() as u64,
        }
    }
}
