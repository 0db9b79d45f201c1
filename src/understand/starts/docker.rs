//! A Dockerfile: what its last stage starts, and the variables that it sets.

use super::ini::exec;
use super::{Found, Reading, take};
use crate::understand::known::{Place, Text};
use crate::understand::shell;

/// What one stage says, so far.
#[derive(Default)]
struct Stage {
    entrypoint: Option<(String, usize)>,
    command: Option<(String, usize)>,
}

/// Reads it.
pub(super) fn read(text: &str, reading: &mut Reading<'_>) -> Found {
    let mut stages = vec![Stage::default()];
    let mut dir = None;
    for (instruction, value, line) in instructions(text) {
        let Some(stage) = stages.last_mut() else {
            break;
        };
        match instruction.as_str() {
            "FROM" => stages.push(Stage::default()),
            "ENV" => variable(&value, reading, line),
            "WORKDIR" => dir = Some(value),
            "ENTRYPOINT" => {
                stage.entrypoint = Some((value, line));
                stage.command = None;
            }
            "CMD" => stage.command = Some((value, line)),
            _ => {}
        }
    }
    let mut found = Found::default();
    // A stage that starts gunicorn, the last such first.
    for stage in stages.iter().rev() {
        start(stage, reading, &mut found);
        if !found.starts.is_empty() {
            break;
        }
    }
    for start in &mut found.starts {
        start.dir.clone_from(&dir);
    }
    found
}

/// The variables that it sets, for a script that its image brings.
pub(super) fn variables(text: &str, reading: &mut Reading<'_>) {
    for (instruction, value, line) in instructions(text) {
        if instruction == "ENV" {
            variable(&value, reading, line);
        }
    }
}

/// Instructions with their values, continued lines joined.
fn instructions(text: &str) -> Vec<(String, String, usize)> {
    let mut out = Vec::new();
    let mut open: Option<(String, usize)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') || (line.is_empty() && open.is_none()) {
            continue;
        }
        let (body, goes_on) = match line.strip_suffix('\\') {
            Some(body) => (body, true),
            None => (line, false),
        };
        let (whole, began) = match open.take() {
            Some((mut whole, began)) => {
                whole.push(' ');
                whole.push_str(body);
                (whole, began)
            }
            None => (body.to_owned(), index + 1),
        };
        if goes_on {
            open = Some((whole, began));
        } else if let Some((name, value)) = whole.split_once(char::is_whitespace) {
            out.push((name.to_ascii_uppercase(), value.trim().to_owned(), began));
        }
    }
    out
}

/// `ENV a=1 b="2"` or `ENV a 1`.
fn variable(value: &str, reading: &mut Reading<'_>, line: usize) {
    let at = reading.at.on(line);
    let words = shell::plain_words(value, &at, &reading.environment, true);
    let is_old = words.first().is_some_and(|word| !word.text.contains('='));
    if is_old {
        let (Some(name), Some(value)) = (words.first(), words.get(1)) else {
            return;
        };
        return reading
            .environment
            .find_below(&name.text, value.clone(), at);
    }
    for word in words {
        let Some((name, value)) = word.text.split_once('=') else {
            continue;
        };
        let value = Text {
            text: value.to_owned(),
            ..word.clone()
        };
        reading.environment.find_below(name, value, at.clone());
    }
}

fn start(stage: &Stage, reading: &Reading<'_>, found: &mut Found) {
    let list = |told: &Option<(String, usize)>| {
        let (text, line) = told.as_ref()?;
        Some((flow_list(text)?, *line))
    };
    match (list(&stage.entrypoint), list(&stage.command)) {
        (Some((mut words, line)), Some((more, _))) => {
            words.extend(more);
            exec(plain(words), reading.at.on(line), reading, found);
        }
        (Some((words, line)), None) | (None, Some((words, line))) => {
            exec(plain(words), reading.at.on(line), reading, found);
        }
        (None, None) => {}
    }
    for (text, line) in [&stage.entrypoint, &stage.command].into_iter().flatten() {
        if flow_list(text).is_none() {
            as_shell(text, &reading.at.on(*line), reading, found);
        }
    }
}

fn as_shell(text: &str, at: &Place, reading: &Reading<'_>, found: &mut Found) {
    for command in shell::commands(text, at, &reading.environment) {
        take(command, reading, found);
    }
}

fn plain(words: Vec<String>) -> Vec<Text> {
    words.into_iter().map(Text::plain).collect()
}

/// `["a", "b"]`, as Docker takes it: JSON.
fn flow_list(text: &str) -> Option<Vec<String>> {
    text.trim_start()
        .starts_with('[')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}
