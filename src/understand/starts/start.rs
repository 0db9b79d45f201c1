//! Where a start command hides: a unit, a Procfile, supervisor, compose, a Dockerfile, a script; and what each sets before it.

use std::path::{Path, PathBuf};

use super::follow::follow;
use super::kind::Kind;
use super::{compose, docker, ini};
use crate::understand::environment::Environment;
use crate::understand::files::{Files, folder};
use crate::understand::known::{Place, Text};
use crate::understand::shell::{self, Command};

/// A command that starts gunicorn.
#[derive(Clone, Debug)]
pub(in crate::understand) struct Start {
    /// What follows the program's name.
    pub(in crate::understand) options: Vec<Text>,
    /// Where it stands.
    pub(in crate::understand) at: Place,
    /// Where the script is started that it stands in.
    pub(in crate::understand) via: Option<Place>,
    /// Whether a condition decides if it is run.
    pub(in crate::understand) conditional: bool,
    /// The variables that it sees.
    pub(in crate::understand) environment: Environment,
    /// The folder in which it runs.
    pub(in crate::understand) dir: Option<String>,
    /// The folder of the file that it stands in.
    pub(in crate::understand) beside: PathBuf,
    /// What listens for it: a unit's socket.
    pub(in crate::understand) activated: bool,
}

/// What a file says about starting.
#[derive(Clone, Debug, Default)]
pub(in crate::understand) struct Found {
    pub(in crate::understand) starts: Vec<Start>,
    /// Programs that are started and are no gunicorn, by their first words.
    pub(in crate::understand) others: Vec<(String, Place)>,
    /// `ListenStream` of a socket unit.
    pub(in crate::understand) sockets: Vec<(Text, Place)>,
    /// Scripts that were read because a command names them.
    pub(in crate::understand) followed: Vec<PathBuf>,
}

/// Where something is read.
pub(in crate::understand) struct Reading<'a> {
    pub(in crate::understand) files: &'a Files,
    pub(in crate::understand) path: &'a Path,
    pub(in crate::understand) at: Place,
    pub(in crate::understand) environment: Environment,
    /// The files that led here, this one last.
    pub(in crate::understand) chain: Vec<PathBuf>,
}

/// So many commands of one file are looked at.
pub(super) const MOST_STARTS: usize = 32;
/// Programs whose arguments are words only.
const SPEAKING: [&str; 22] = [
    "echo",
    "printf",
    "info",
    "log",
    "msg",
    "debug",
    "warn",
    "err",
    "error",
    "die",
    "pip",
    "pip3",
    "apt-get",
    "apk",
    "pkill",
    "killall",
    "which",
    "pgrep",
    "pidof",
    "systemctl",
    "service",
    "test",
];
const MORE_SPEAKING: [&str; 6] = ["[", "[[", "supervisorctl", "kill", "type", "command"];

/// What a file of this kind says.
pub(in crate::understand) fn read(kind: Kind, text: &str, reading: &mut Reading<'_>) -> Found {
    match kind {
        Kind::Unit => ini::unit(text, reading),
        Kind::Socket => ini::socket(text, reading),
        Kind::Supervisor => ini::supervisor(text, reading),
        Kind::Compose => compose::read(text, reading),
        Kind::Dockerfile => docker::read(text, reading),
        Kind::Procfile => procfile(text, reading),
        Kind::Shell => script(text, reading),
        Kind::Python | Kind::Variables => Found::default(),
    }
}

/// Variables that a file sets for others: compose's `environment`, a Dockerfile's `ENV`, a file of variables.
pub(in crate::understand) fn variables(kind: Kind, text: &str, reading: &mut Reading<'_>) {
    match kind {
        Kind::Compose => compose::variables(text, reading),
        Kind::Dockerfile => docker::variables(text, reading),
        Kind::Variables => ini::assignments(text, &reading.at.clone(), &mut reading.environment),
        _ => {}
    }
}

/// A command from the command line.
pub(in crate::understand) fn command(text: &str, environment: &Environment) -> Found {
    let reading = Reading {
        files: &Files::new(None, None),
        path: Path::new("."),
        at: Place::new("--gunicorn", 0),
        environment: environment.clone(),
        chain: Vec::new(),
    };
    let mut found = script(text, &reading);
    let own = found.starts.iter_mut();
    for start in own.filter(|start| start.at.file == reading.at.file) {
        start.at.line = 0;
    }
    found
}

pub(super) fn script(text: &str, reading: &Reading<'_>) -> Found {
    let mut found = Found::default();
    for command in shell::commands(text, &reading.at, &reading.environment) {
        take(command, reading, &mut found);
    }
    // A script does much before it starts what it is for.
    found.others.retain(|(words, _)| words.starts_with("exec "));
    found
}

/// `web` first: other processes may be gunicorns, too, but they are not the site.
fn procfile(text: &str, reading: &Reading<'_>) -> Found {
    let mut found = Found::default();
    let mut rest = Found::default();
    for (index, line) in text.lines().enumerate() {
        let Some((name, command)) = line.split_once(':') else {
            continue;
        };
        let at = reading.at.on(index + 1);
        let into = match name.trim() {
            "web" => &mut found,
            _ => &mut rest,
        };
        for command in shell::commands(command, &at, &reading.environment) {
            take(command, reading, into);
        }
    }
    if found.starts.is_empty() {
        found.starts = rest.starts;
    }
    found
}

/// Keeps a command that starts gunicorn, and the name of one that does not.
pub(super) fn take(command: Command, reading: &Reading<'_>, found: &mut Found) {
    let first = command
        .words
        .first()
        .map(|word| base(&word.text).to_owned());
    let first = first.unwrap_or_default();
    if SPEAKING.contains(&first.as_str()) || MORE_SPEAKING.contains(&first.as_str()) {
        return;
    }
    if let Some(at) = program(&command.words) {
        if found.starts.len() >= MOST_STARTS {
            return;
        }
        found.starts.push(Start {
            options: command.words[at + 1..].to_vec(),
            environment: environment_of(&command, reading),
            at: command.at,
            via: None,
            conditional: command.conditional,
            dir: None,
            beside: folder(reading.path),
            activated: false,
        });
        return;
    }
    if let Some(inner) = inner(&command.words) {
        let mut says = false;
        for mut inner in shell::commands(&inner.text, &command.at, &reading.environment) {
            let outer = command.exported.iter().cloned();
            inner.exported.splice(0..0, outer);
            inner.conditional |= command.conditional;
            match program(&inner.words) {
                Some(_) => take(inner, reading, found),
                None if !follow(&inner, reading, found) => continue,
                None => {}
            }
            says = true;
        }
        if says {
            return;
        }
    } else if follow(&command, reading, found) {
        return;
    }
    let shown: Vec<&str> = command
        .words
        .iter()
        .take(3)
        .map(|word| word.text.as_str())
        .collect();
    found.others.push((shown.join(" "), command.at));
}

/// The variables that a command sees.
pub(super) fn environment_of(command: &Command, reading: &Reading<'_>) -> Environment {
    let mut environment = reading.environment.clone();
    for (name, value) in &command.exported {
        environment.find(name, value.clone(), command.at.clone());
    }
    environment
}

/// The command within a command: of `sh -c "gunicorn …"`, `su -c "…"`, `bash -lc "…"` and `eval "…"`. Another text with blanks is only said.
fn inner(words: &[Text]) -> Option<&Text> {
    let mut before = "eval";
    words.iter().find(|word| {
        let is_flag = before.starts_with('-') && before.ends_with('c');
        let is_command = (is_flag || before == "eval") && word.text.contains(' ');
        before = &word.text;
        is_command
    })
}

pub(super) fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Where gunicorn's name stands among the words of a command.
fn program(words: &[Text]) -> Option<usize> {
    let is_gunicorn = |word: &Text| {
        matches!(
            base(&word.text),
            "gunicorn"
                | "gunicorn3"
                | "gunicorn_django"
                | "gunicorn_paster"
                | "gunicorn.app.wsgiapp"
        )
    };
    words.iter().position(is_gunicorn)
}
