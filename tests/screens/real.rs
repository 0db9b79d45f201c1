//! The lines of symptoms, asked of the real nginx and gunicorn: `scripts/symptoms` plays them, this reads what they logged.

use std::path::{Path, PathBuf};

use slowlab::report::data::RunData;
use slowlab::report::symptoms::{Line, Log, SYMPTOMS, logged};

/// Lines that no record of these runs can show, and why not.
const UNSEEN: [(&str, &str, &str); 3] = [
    (
        "backend-stopped",
        "(111: Connection refused)",
        "the backend of graceful-reload listens on a Unix socket, whose file is gone",
    ),
    (
        "slow-headers",
        "status 408",
        "a request whose head did not come has no id by which it is recorded",
    ),
    (
        "does-not-boot",
        "Worker failed to boot.",
        "the master's last words; its exit code is what is recorded",
    ),
];

/// With `SLOWLAB_SYMPTOMS=DIR`, where `scripts/symptoms` has put its runs.
#[test]
fn the_real_programs_say_so() {
    let Some(runs) = std::env::var_os("SLOWLAB_SYMPTOMS") else {
        return;
    };
    let runs = PathBuf::from(runs);
    let (mut asked, mut missing) = (0, Vec::new());
    for symptom in &SYMPTOMS {
        let logs: Vec<String> = (symptom.shown_by.iter())
            .filter_map(|shown| all_of(&runs, shown))
            .collect();
        for line in symptom.lines.iter().filter(|_| !logs.is_empty()) {
            let Some(words) = asked_for(line) else {
                continue;
            };
            asked += 1;
            let mut unseen = UNSEEN.iter();
            let known = unseen.any(|(key, part, _)| *key == symptom.key && words.contains(part));
            if !known && !logs.iter().any(|log| log.contains(&words)) {
                missing.push(format!("{}: {words}", symptom.key));
            }
        }
    }
    println!("{asked} lines were asked for");
    assert!(missing.is_empty(), "not logged:\n{}", missing.join("\n"));
}

/// What a log must have: the fixed part of a line, or the status of one of the access log.
fn asked_for(line: &Line) -> Option<String> {
    match line.log {
        Log::Client => None,
        Log::Access => {
            let status = line.text.rsplit(' ').nth(1)?;
            Some(format!("status {status}\n"))
        }
        Log::Error(_) | Log::Gunicorn => Some(line.fixed.to_owned()),
    }
}

/// Everything that the programs of a run logged: lines as they are, requests by their statuses.
fn all_of(runs: &Path, [scenario, variant]: &[&str; 2]) -> Option<String> {
    let run = runs.join(format!("{scenario}.{variant}/{scenario}/latest"));
    let data = RunData::read(&run).ok()?;
    let variant = data.variants.first()?;
    let mut text = String::new();
    for event in &variant.events {
        text.extend(logged(&event.kind));
        text.push('\n');
    }
    for hop in &variant.hops {
        text.push_str(&format!("status {:03}\n", hop.status));
    }
    Some(text)
}
