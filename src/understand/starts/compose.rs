//! docker-compose.yml: what its services start, with the variables of each.

use std::collections::BTreeMap;

use super::ini::{exec, file_of_variables, variables_of};
use super::yaml::{self, Is, Node};
use super::{Found, Reading};
use crate::understand::environment::Environment;
use crate::understand::known::{Place, Text};
use crate::understand::said::Said;
use crate::understand::shell;

/// What every service starts.
pub(super) fn read(text: &str, reading: &mut Reading<'_>) -> Found {
    let whole = yaml::read(text);
    let mut found = Found::default();
    let none = Vec::new();
    let services = whole.get("services").map_or(none.as_slice(), Node::pairs);
    // The oldest format has services at the top.
    let services = match services.is_empty() {
        true => whole.pairs(),
        false => services,
    };
    let plain = reading.environment.clone();
    for (_, service) in services {
        environment(service, reading);
        let mut words = told(service.get("entrypoint"), reading);
        words.extend(told(service.get("command"), reading));
        let line = ["command", "entrypoint"]
            .into_iter()
            .find_map(|key| service.get(key))
            .map_or(service.line, |node| node.line);
        if !words.is_empty() {
            let before = found.starts.len();
            exec(words, reading.at.on(line), reading, &mut found);
            for start in &mut found.starts[before..] {
                start.dir = service.get("working_dir").and_then(as_text);
            }
        }
        reading.environment = plain.clone();
    }
    found
}

/// The variables of all services, those of their files among them, for scripts that an image brings. Where services disagree, none is known.
pub(super) fn variables(text: &str, reading: &mut Reading<'_>) {
    let whole = yaml::read(text);
    let services = whole.get("services").map(Node::pairs).unwrap_or_default();
    let mut all: Vec<(String, Text, Place)> = Vec::new();
    for (_, service) in services {
        for (name, (value, at)) in all_of(service, reading) {
            match all.iter_mut().find(|(known, ..)| *known == name) {
                Some((_, known, _)) if known.text != value.text => {
                    let why = Said::of("understood-services-differ")
                        .with("at", &reading.at)
                        .with("name", name.as_str());
                    *known = Text::asked(why, format!("--env {name}=…"));
                }
                Some(_) => {}
                None => all.push((name, value, at)),
            }
        }
    }
    for (name, value, at) in all {
        reading.environment.find(&name, value, at);
    }
}

/// Those of a service: what it says itself wins over its files, and a later file over one before.
fn all_of(service: &Node, reading: &mut Reading<'_>) -> BTreeMap<String, (Text, Place)> {
    let mut all = BTreeMap::new();
    for file in files(service) {
        match variables_of(&file, reading) {
            Some(found) => all.extend(found),
            None => reading.environment.miss(&file),
        }
    }
    let own = pairs(service, reading);
    all.extend((own.into_iter()).map(|(name, value, at)| (name, (value, at))));
    all
}

/// Its files of variables, in both ways in which they may be named.
fn files(service: &Node) -> Vec<String> {
    let name = |node: &Node| node.get("path").and_then(as_text).or_else(|| as_text(node));
    match service.get("env_file").map(|node| &node.is) {
        Some(Is::Text(name)) => vec![name.clone()],
        Some(Is::List(all)) => all.iter().filter_map(name).collect(),
        _ => Vec::new(),
    }
}

fn environment(service: &Node, reading: &mut Reading<'_>) {
    for file in files(service) {
        file_of_variables(&file, reading);
    }
    for (name, value, at) in pairs(service, reading) {
        reading.environment.find(&name, value, at);
    }
}

fn pairs(service: &Node, reading: &Reading<'_>) -> Vec<(String, Text, Place)> {
    let mut out = Vec::new();
    let mut add = |name: &str, value: &str, line: usize| {
        let at = reading.at.on(line);
        let value = filled(value, &at, &reading.environment);
        out.push((name.trim().to_owned(), value, at));
    };
    match service.get("environment").map(|node| &node.is) {
        Some(Is::Map(pairs)) => {
            for (name, node) in pairs {
                if let Is::Text(value) = &node.is {
                    add(name, value, node.line);
                }
            }
        }
        Some(Is::List(all)) => {
            for node in all {
                if let Some((name, value)) =
                    as_text(node).as_deref().and_then(|t| t.split_once('='))
                {
                    add(name, value, node.line);
                }
            }
        }
        _ => {}
    }
    out
}

fn as_text(node: &Node) -> Option<String> {
    match &node.is {
        Is::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// The words of a command: a list's as they are, a text's by its quotes.
fn told(node: Option<&Node>, reading: &Reading<'_>) -> Vec<Text> {
    match node.map(|node| (&node.is, node.line)) {
        Some((Is::Text(text), line)) => {
            let at = reading.at.on(line);
            // A newline ends no command here, and `$$` is a dollar.
            let text = text.replace('\n', " ").replace("$$", "\\$");
            shell::plain_words(&text, &at, &reading.environment, true)
        }
        Some((Is::List(all), line)) => {
            let at = reading.at.on(line);
            let texts = all.iter().filter_map(as_text);
            texts
                .map(|text| filled(&text, &at, &reading.environment))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A text in which only variables count.
fn filled(text: &str, at: &Place, environment: &Environment) -> Text {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('`', "\\`")
        .replace("$$", "\\$");
    let words = shell::plain_words(&format!("\"{escaped}\""), at, environment, true);
    words.into_iter().next().unwrap_or_default()
}
