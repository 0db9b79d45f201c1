//! The shape of a scenario file as JSON Schema (2020-12), for editors; and as a list of keys, for people.
//!
//! Both come from the structs that read the file, so that they cannot say anything else. What the schema cannot say (which keys go
//! together, which names must exist) is for `slowlab check`.

use schemars::{Schema, schema_for};
use serde_json::{Map, Value};

use super::file::File;

/// A key of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// Dotted, as `--set` takes it: `<...>` stands for a name of yours, `[]` for each of a list.
    pub path: String,
    /// What its value is.
    pub kind: String,
    /// What it is where the file does not say; empty if it must be said, or is left out.
    pub default: String,
    /// What it means.
    pub meaning: String,
}

/// The schema of a scenario file.
pub fn schema() -> Schema {
    let mut schema = schema_for!(File);
    schema.insert("title".to_owned(), "A scenario of slowlab".into());
    schema
}

/// Every key that a file may have, in the schema's order.
pub fn keys() -> Vec<Key> {
    let schema = schema();
    let root = schema.as_value();
    let mut walk = Walk {
        definitions: root.get("$defs").and_then(Value::as_object),
        keys: Vec::new(),
    };
    walk.object(root, "", None);
    walk.keys
}

/// A walk over a schema.
struct Walk<'a> {
    definitions: Option<&'a Map<String, Value>>,
    keys: Vec<Key>,
}

impl<'a> Walk<'a> {
    /// The keys of an object, each below `path`. Names of the user's own mean what the object does (`about`).
    fn object(&mut self, schema: &'a Value, path: &str, about: Option<&'a Value>) {
        for (name, value) in properties(schema) {
            self.key(value, &joined(path, name), None);
        }
        let named = schema.get("additionalProperties");
        if let Some(values) = named.filter(|it| it.is_object()) {
            self.key(values, &joined(path, "<name>"), about);
        }
        // An enum with contents: one of several tables, each named by its key.
        for alternative in alternatives(schema) {
            let alternative = self.resolved(alternative);
            let about = alternative.get("description");
            for (name, value) in properties(alternative) {
                self.key(value, &joined(path, name), about);
            }
        }
    }

    /// A key; its meaning stands beside it, or with the alternative that it is (`about`), or where its table is defined.
    fn key(&mut self, value: &'a Value, path: &str, about: Option<&'a Value>) {
        let target = self.resolved(value);
        if let Some(items) = target.get("items").filter(|items| items.is_object()) {
            let items = self.resolved(items);
            if is_table(items) {
                return self.object(items, &format!("{path}[]"), None);
            }
        }
        let meanings = [value.get("description"), about, target.get("description")];
        let meaning = meanings.into_iter().flatten().next();
        if is_table(target) {
            return self.object(target, path, meaning);
        }
        let default = value.get("default").filter(|it| !it.is_null());
        let meaning = meaning.and_then(Value::as_str).unwrap_or_default();
        self.keys.push(Key {
            path: path.to_owned(),
            kind: self.kind(target),
            default: default.map(Value::to_string).unwrap_or_default(),
            meaning: meaning.replace('\n', " "),
        });
    }

    /// Behind references, and behind "or nothing".
    fn resolved(&self, value: &'a Value) -> &'a Value {
        if let Some(name) = value.get("$ref").and_then(Value::as_str) {
            let name = name.rsplit('/').next().unwrap_or(name);
            let target = self.definitions.and_then(|all| all.get(name));
            return target.map_or(value, |target| self.resolved(target));
        }
        let some: Vec<&Value> = alternatives(value)
            .filter(|one| one.get("type").and_then(Value::as_str) != Some("null"))
            .collect();
        match (some.as_slice(), value.get("properties")) {
            ([one], None) => self.resolved(one),
            _ => value,
        }
    }

    /// What a value is, in a few words.
    fn kind(&self, value: &'a Value) -> String {
        let value = self.resolved(value);
        if let Some(words) = value.get("enum").and_then(Value::as_array) {
            return listed(words.iter());
        }
        let constants: Vec<&Value> = alternatives(value)
            .filter_map(|one| one.get("const"))
            .collect();
        if !constants.is_empty() {
            return listed(constants.into_iter());
        }
        let shapes: Vec<String> = alternatives(value).map(|one| self.shape(one)).collect();
        if !shapes.is_empty() {
            return shapes.join(" | ");
        }
        if let Some(items) = value.get("items") {
            return format!("list of {}", self.kind(items));
        }
        // A quantity says itself what it is.
        let says = value.get("description").and_then(Value::as_str);
        if let Some(says) = says.and_then(|says| says.strip_prefix("A string: ")) {
            return says.trim_end_matches('.').to_owned();
        }
        match value.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(Value::Array(kinds)) => kinds
                .iter()
                .filter_map(Value::as_str)
                .find(|kind| *kind != "null")
                .unwrap_or("any")
                .to_owned(),
            _ => "any".to_owned(),
        }
    }

    /// One of several shapes of a value: a table by its key.
    fn shape(&self, value: &'a Value) -> String {
        let value = self.resolved(value);
        let names: Vec<String> = properties(value)
            .map(|(name, _)| format!("{{ {name} = … }}"))
            .collect();
        match names.is_empty() {
            true => self.kind(value),
            false => names.join(" "),
        }
    }
}

/// A table whose keys are worth a line each: of a quantity that may also be drawn, the shapes are told with its key.
fn is_table(value: &Value) -> bool {
    let by_alternative = alternatives(value).all(|one| one.get("properties").is_some());
    let has_alternatives = alternatives(value).next().is_some();
    value.get("properties").is_some()
        || value
            .get("additionalProperties")
            .is_some_and(Value::is_object)
        || (has_alternatives && by_alternative)
}

fn alternatives(value: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|of| value.get(of)?.as_array())
        .flatten()
}

fn properties(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn joined(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn listed<'a>(words: impl Iterator<Item = &'a Value>) -> String {
    let words: Vec<String> = words.map(Value::to_string).collect();
    words.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{embedded, load_text};

    #[test]
    fn a_key_has_its_kind_its_default_and_its_meaning() {
        let keys = keys();
        let key = |path: &str| {
            keys.iter()
                .find(|key| key.path == path)
                .unwrap_or_else(|| panic!("no {path} in {keys:#?}"))
        };
        assert_eq!(key("backend.workers").default, "1");
        assert_eq!(
            key("proxy.proxy_read_timeout").kind,
            "a duration such as \"250ms\""
        );
        assert!(key("backend.worker_class").kind.contains("\"gthread\""));
        assert!(key("clients[].behavior.slow-read.rate").meaning.len() > 5);
        assert!(
            key("backend.app.<name>.response")
                .kind
                .contains("lognormal"),
            "{:?}",
            key("backend.app.<name>.response")
        );
        assert_eq!(key("act[].at").kind, "a duration such as \"250ms\"");
    }

    /// One that has no meaning is one that nobody can look up.
    #[test]
    fn every_key_says_what_it_means() {
        let silent: Vec<String> = keys()
            .into_iter()
            .filter(|key| key.meaning.is_empty())
            .map(|key| key.path)
            .collect();
        assert_eq!(silent, Vec::<String>::new());
    }

    /// What the bundled files write is a key.
    #[test]
    fn the_bundled_scenarios_use_no_other_keys() {
        let paths: Vec<String> = keys().into_iter().map(|key| key.path).collect();
        for (name, text) in embedded() {
            load_text(name, name, text, &[]).expect("a test loads each one");
            let table: toml::Table = text.parse().unwrap();
            for key in table.keys() {
                assert!(
                    paths
                        .iter()
                        .any(|path| path.split(['.', '[']).next() == Some(key)),
                    "{name}: {key}"
                );
            }
        }
    }
}
