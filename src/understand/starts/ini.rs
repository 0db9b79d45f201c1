//! systemd's units and supervisor's programs: sections of `key = value`, each with its own way to go on in the next line.

use std::collections::BTreeMap;

use super::{Found, Reading, take};
use crate::understand::environment::Environment;
use crate::understand::files::folder;
use crate::understand::known::{Place, Text};
use crate::understand::said::Said;
use crate::understand::shell::{self, Command};

/// A line of a section.
struct Entry {
    section: String,
    key: String,
    value: String,
    line: usize,
}

/// A unit's lines: a backslash at the end of a line goes on in the next one, comments between them are passed over.
fn unit_entries(text: &str) -> Vec<Entry> {
    let mut section = String::new();
    let mut out: Vec<Entry> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with(['#', ';']) || (line.is_empty() && !open) {
            continue;
        }
        let (body, goes_on) = match line.strip_suffix('\\') {
            Some(body) => (body, true),
            None => (line, false),
        };
        if open {
            if let Some(last) = out.last_mut() {
                last.value.push(' ');
                last.value.push_str(body);
            }
            open = goes_on;
            continue;
        }
        if let Some(name) = body.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            continue;
        }
        let Some((key, value)) = body.split_once('=') else {
            continue;
        };
        out.push(Entry {
            section: section.clone(),
            key: key.trim().to_owned(),
            value: value.trim().to_owned(),
            line: index + 1,
        });
        open = goes_on;
    }
    out
}

/// A service. An empty `ExecStart=` or `Environment=` takes back what was said before.
pub(super) fn unit(text: &str, reading: &mut Reading<'_>) -> Found {
    let mut found = Found::default();
    let mut commands: Vec<(String, usize)> = Vec::new();
    let mut dir = None;
    let mut named: Vec<(String, String, Place)> = Vec::new();
    let entries = unit_entries(text);
    for entry in entries.iter().filter(|entry| entry.section == "Service") {
        match (entry.key.as_str(), entry.value.as_str()) {
            ("ExecStart", "") => commands.clear(),
            ("ExecStart", value) => commands.push((value.to_owned(), entry.line)),
            ("WorkingDirectory", value) => dir = Some(value.trim_matches(['-', '"']).to_owned()),
            ("Environment", "") => named.clear(),
            ("Environment", value) => {
                let at = reading.at.on(entry.line);
                for word in shell::plain_words(value, &at, &reading.environment, false) {
                    if let Some((name, value)) = word.text.split_once('=') {
                        named.push((name.to_owned(), value.to_owned(), at.clone()));
                    }
                }
            }
            ("EnvironmentFile", value) if !value.is_empty() => {
                file_of_variables(value.trim_start_matches('-'), reading);
            }
            _ => {}
        }
    }
    for (name, value, at) in named {
        reading.environment.find(&name, Text::plain(value), at);
    }
    for (command, line) in commands {
        let at = reading.at.on(line);
        let command = command.trim_start_matches(['@', '-', ':', '+', '!', '|']);
        let words = unit_words(command, &at, &reading.environment);
        exec(words, at, reading, &mut found);
    }
    for start in &mut found.starts {
        start.dir.clone_from(&dir);
    }
    found
}

/// systemd's words: quotes, variables, and specifiers, of which `%%` is the only one that can be told.
fn unit_words(command: &str, at: &Place, environment: &Environment) -> Vec<Text> {
    let mut words = shell::plain_words(command, at, environment, true);
    for word in &mut words {
        let text = word.text.replace("%%", "\u{0}");
        if let Some(specifier) = text.find('%') {
            let shown: String = text[specifier..].chars().take(2).collect();
            let what = format!("`{shown}`");
            word.facts
                .push(Said::of("understood-systemd-fills").with("what", what));
        }
        word.text = text.replace('\u{0}', "%");
    }
    words
}

/// One command of words that no shell reads.
pub(super) fn exec(words: Vec<Text>, at: Place, reading: &Reading<'_>, found: &mut Found) {
    let command = Command {
        words,
        at,
        conditional: false,
        exported: Vec::new(),
    };
    take(command, reading, found);
}

/// Reads a file of variables, or notes that it is not there.
pub(super) fn file_of_variables(name: &str, reading: &mut Reading<'_>) {
    match variables_of(name, reading) {
        Some(found) => {
            for (name, (value, at)) in found {
                reading.environment.find(&name, value, at);
            }
        }
        None => reading.environment.miss(name),
    }
}

/// What a file of variables sets; `None` if it is not there.
pub(super) fn variables_of(
    name: &str,
    reading: &Reading<'_>,
) -> Option<BTreeMap<String, (Text, Place)>> {
    let beside = folder(reading.path);
    let path = reading.files.named(name, None, &beside)?;
    let text = reading.files.read(&path).ok()?;
    let mut environment = Environment::default();
    assignments(&text, &Place::new(name, 1), &mut environment);
    Some(environment.into_found())
}

/// `NAME=value` in lines, as files of variables have them.
pub(super) fn assignments(text: &str, at: &Place, environment: &mut Environment) {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches("export ");
        if line.starts_with(['#', ';']) {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.trim();
        let unquoted = ['"', '\''].into_iter().find_map(|quote| {
            let inner = value.strip_prefix(quote)?;
            Some(inner.split(quote).next().unwrap_or_default())
        });
        let plain = || value.split(" #").next().unwrap_or_default().trim_end();
        let value = unquoted.unwrap_or_else(plain);
        environment.find(name.trim(), Text::plain(value), at.on(index + 1));
    }
}

/// A socket unit: what systemd listens on.
pub(super) fn socket(text: &str, reading: &Reading<'_>) -> Found {
    let mut found = Found::default();
    for entry in unit_entries(text) {
        if entry.section == "Socket" && entry.key == "ListenStream" && !entry.value.is_empty() {
            let value = match entry.value.starts_with('/') {
                true => format!("unix:{}", entry.value),
                false if entry.value.contains(':') => entry.value,
                false => format!("0.0.0.0:{}", entry.value),
            };
            found
                .sockets
                .push((Text::plain(value), reading.at.on(entry.line)));
        }
    }
    found
}

/// supervisor's: a line that is indented goes on, ` ;` begins a comment.
pub(super) fn supervisor(text: &str, reading: &mut Reading<'_>) -> Found {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section = String::new();
    for (index, raw) in text.lines().enumerate() {
        let line = raw.split(" ;").next().unwrap_or_default().trim_end();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let Some(last) = entries.last_mut()
        {
            last.value.push(' ');
            last.value.push_str(trimmed.trim_end_matches('\\'));
            continue;
        }
        if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            entries.push(Entry {
                section: section.clone(),
                key: key.trim().to_owned(),
                value: value.trim().trim_end_matches('\\').to_owned(),
                line: index + 1,
            });
        }
    }
    programs(&entries, reading)
}

fn programs(entries: &[Entry], reading: &mut Reading<'_>) -> Found {
    let mut found = Found::default();
    let commands = entries
        .iter()
        .filter(|entry| entry.section.starts_with("program:") && entry.key == "command");
    for command in commands {
        let own = |key: &str| {
            let mut own = entries.iter();
            own.find(|entry| entry.section == command.section && entry.key == key)
        };
        let plain = reading.environment.clone();
        if let Some(entry) = own("environment") {
            let at = reading.at.on(entry.line);
            for word in entry.value.split(',') {
                if let Some((name, value)) = word.split_once('=') {
                    let value = Text::plain(value.trim().trim_matches(['"', '\'']));
                    reading.environment.find(name.trim(), value, at.clone());
                }
            }
        }
        let at = reading.at.on(command.line);
        let filled = supervisor_variables(&command.value);
        let words = shell::plain_words(&filled, &at, &reading.environment, true);
        let before = found.starts.len();
        exec(words, at, reading, &mut found);
        for start in &mut found.starts[before..] {
            start.dir = own("directory").map(|entry| entry.value.clone());
        }
        reading.environment = plain;
    }
    found
}

/// `%(ENV_X)s` as `${X}`; everything else with a dollar is text to supervisor.
fn supervisor_variables(command: &str) -> String {
    let mut out = String::new();
    let mut rest = command;
    while let Some(at) = rest.find("%(ENV_") {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let Some((name, behind)) = after["%(ENV_".len()..].split_once(")s") else {
            return out + after;
        };
        out.push_str(&format!("${{{name}}}"));
        rest = behind;
    }
    out + rest
}
