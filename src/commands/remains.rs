//! What a slowlab left that was killed together with all who would have cleaned up after it: ended before the next run begins, and by
//! `slowlab doctor --sweep`.

use std::io::Write as _;

use super::finish::talk;
use crate::error::Exit;
use crate::private::{Swept, sweep};
use crate::report::words::{Language, Words};

/// Ends and removes it, and says so on standard error: whoever runs something else would wonder where a process has gone.
pub(super) fn before_a_run(words: &Words) {
    for swept in sweep() {
        talk(&words.tell("remains-note", &[("text", &told(&swept, words))]));
    }
}

/// The same as a command: what was found, on standard output.
///
/// # Errors
/// Those of writing to it.
pub(super) fn run() -> anyhow::Result<Exit> {
    let swept = sweep();
    let mut out = std::io::stdout().lock();
    if swept.is_empty() {
        let place = std::env::temp_dir();
        writeln!(out, "nothing was left behind in {}", place.display())?;
    }
    for one in &swept {
        writeln!(out, "{}", told(one, Words::of(Language::English)))?;
    }
    Ok(match swept.iter().all(|one| one.removed) {
        true => Exit::Held,
        false => Exit::Unfit,
    })
}

fn told(swept: &Swept, words: &Words) -> String {
    let pids: Vec<String> = swept.killed.iter().map(u32::to_string).collect();
    let arguments = [
        ("count", swept.killed.len().into()),
        ("pids", pids.join(", ").into()),
        ("folder", swept.folder.display().to_string().into()),
        ("removed", swept.removed.to_string().into()),
    ];
    words.say("remains-swept", arguments)
}
