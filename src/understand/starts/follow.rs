//! Scripts that a start command names: what they start counts as if it stood there, with the variables that they are given. They are looked up as every
//! file that a configuration names; what is not there is a program like others.

use std::path::{Path, PathBuf};

use super::kind::{Kind, kind_of};
use super::start::{Found, MOST_STARTS, Reading, base, environment_of, script};
use crate::understand::files::folder;
use crate::understand::known::{Place, Text};
use crate::understand::nginx::template_by_lines;
use crate::understand::shell::Command;

/// Files that lead to each other, the one that was named among them.
const DEEPEST: usize = 5;
/// Scripts that the commands of one file name.
const MOST_SCRIPTS: usize = 64;
/// Before the script's own arguments stand a shell, an init, an entry point and what that is to start.
const MOST_WORDS: usize = 8;
/// What takes a script's name, with or without a folder.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", ".", "source"];
/// What starts the rest of its words.
const RUNNERS: [&str; 15] = [
    "exec",
    "env",
    "time",
    "nohup",
    "tini",
    "dumb-init",
    "su",
    "sudo",
    "gosu",
    "su-exec",
    "s6-setuidgid",
    "poetry",
    "pipenv",
    "newrelic-admin",
    "ddtrace-run",
];

/// Reads the scripts that a command starts; whether any of them says anything.
pub(super) fn follow(command: &Command, reading: &Reading<'_>, found: &mut Found) -> bool {
    if reading.chain.len() >= DEEPEST {
        return false;
    }
    let mut says = false;
    let mut runs = false;
    for (index, word) in command.words.iter().take(MOST_WORDS).enumerate() {
        let before = index.checked_sub(1).map(|at| base(&command.words[at].text));
        if index > 0 && !runs {
            break;
        }
        runs |= SHELLS.contains(&base(&word.text)) || RUNNERS.contains(&base(&word.text));
        if found.followed.len() >= MOST_SCRIPTS {
            break;
        }
        let Some((path, text)) = named(word, before, reading) else {
            continue;
        };
        runs = true;
        let of_it = script(&text, &within(command, reading, &path));
        says |= !of_it.starts.is_empty() || !of_it.others.is_empty();
        found.followed.push(whole(&path));
        add(of_it, command, found);
    }
    says
}

/// The same place, by whatever name.
pub(in crate::understand) fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The script that a word names, unless it is one of those that led here.
fn named(word: &Text, before: Option<&str>, reading: &Reading<'_>) -> Option<(PathBuf, String)> {
    let name = word.text.as_str();
    let after_shell = before.is_some_and(|before| SHELLS.contains(&before));
    let is_path = name.contains('/') || name.ends_with(".sh") || after_shell;
    if !is_path || name.starts_with('-') {
        return None;
    }
    let beside = folder(reading.path);
    // `$HERE/start.sh`: whatever that comes to, what lies here is looked at.
    let name = match word.unknown {
        Some(_) => name.rsplit('/').next().unwrap_or_default(),
        None => name,
    };
    let path = reading.files.named(name, None, &beside)?;
    if reading.chain.contains(&whole(&path)) {
        return None;
    }
    let text = reading.files.read(&path).ok()?;
    let is_script = kind_of(&path, &text) == Kind::Shell && template_by_lines(&text).is_none();
    is_script.then_some((path, text))
}

/// Where a script is read that a command starts.
fn within<'a>(command: &Command, reading: &Reading<'a>, path: &'a Path) -> Reading<'a> {
    let mut chain = reading.chain.clone();
    chain.push(whole(path));
    Reading {
        files: reading.files,
        path,
        at: Place::new(&path.display().to_string(), 1),
        environment: environment_of(command, reading),
        chain,
    }
}

fn add(of_it: Found, command: &Command, found: &mut Found) {
    let room = MOST_STARTS.saturating_sub(found.starts.len());
    for mut start in of_it.starts.into_iter().take(room) {
        start.conditional |= command.conditional;
        start.via = Some(command.at.clone());
        found.starts.push(start);
    }
    found.others.extend(of_it.others);
    found.followed.extend(of_it.followed);
}
