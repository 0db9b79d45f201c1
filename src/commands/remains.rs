//! What a slowlab left that was killed together with all who would have cleaned up after it: ended before the next run begins, and by
//! `slowlab doctor --sweep`.

use std::io::Write as _;

use super::finish::talk;
use crate::error::Exit;
use crate::private::{Swept, sweep};

/// Ends and removes it, and says so on standard error: whoever runs something else would wonder where a process has gone.
pub(super) fn before_a_run() {
    for swept in sweep() {
        talk(&format!("note: {}", told(&swept)));
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
        writeln!(out, "{}", told(one))?;
    }
    Ok(match swept.iter().all(|one| one.removed) {
        true => Exit::Held,
        false => Exit::Unfit,
    })
}

fn told(swept: &Swept) -> String {
    let ended = match &swept.killed[..] {
        [] => "no process".to_owned(),
        [pid] => format!("a process that was left ({pid})"),
        pids => {
            let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
            format!(
                "{} processes that were left ({})",
                pids.len(),
                pids.join(", ")
            )
        }
    };
    let folder = swept.folder.display();
    match swept.removed {
        true => format!("ended {ended} of a slowlab that was killed, and removed {folder}"),
        false => {
            format!("ended {ended} of a slowlab that was killed, but {folder} cannot be removed")
        }
    }
}
