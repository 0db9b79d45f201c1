//! A parsed TOML file in which every key and value remembers its place, also after it was copied or overridden.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sources::Place;

/// A value and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// The shapes of TOML.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Datetime(String),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys in alphabetical order; diagnostics are sorted by place at the end.
pub(super) type Table = BTreeMap<String, Entry>;

/// A key's place and its value.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) key: Place,
    pub(super) node: Node,
}

/// One step of a path into the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Node {
    /// A table without a place of its own.
    pub(super) fn table(place: Place, table: Table) -> Node {
        Node {
            value: Value::Table(table),
            place,
        }
    }

    /// The parsed document, its text beginning at `base`.
    pub(super) fn from_document(document: &Spanned<DeTable<'_>>, base: usize) -> Node {
        Node::table(
            Place::at(base, document.span()),
            table_of(document.get_ref(), base),
        )
    }

    /// A parsed value, its text beginning at `base`.
    pub(super) fn from_value(value: &Spanned<DeValue<'_>>, base: usize) -> Node {
        let place = Place::at(base, value.span());
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(integer) => {
                match i64::from_str_radix(integer.as_str(), integer.radix()) {
                    Ok(integer) => Value::Integer(integer),
                    Err(_) => Value::Float(f64::INFINITY),
                }
            }
            DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(bool) => Value::Bool(*bool),
            DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| Node::from_value(item, base))
                    .collect(),
            ),
            DeValue::Table(table) => Value::Table(table_of(table, base)),
        };
        Node { value, place }
    }

    /// The table in here, if it is one.
    pub(super) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    fn as_table_mut(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The items in here, none if it is not a list.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The text in here, if it is text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value behind one key of a table.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.as_table()?.get(key).map(|entry| &entry.node)
    }

    fn step(&self, step: &Step) -> Option<&Node> {
        match step {
            Step::Key(key) => self.get(key),
            Step::Index(index) => self.items().get(*index),
        }
    }

    fn step_mut(&mut self, step: &Step) -> Option<&mut Node> {
        match (step, &mut self.value) {
            (Step::Key(key), Value::Table(table)) => {
                table.get_mut(key).map(|entry| &mut entry.node)
            }
            (Step::Index(index), Value::Array(items)) => items.get_mut(*index),
            _ => None,
        }
    }

    /// What stands at a path.
    pub(super) fn at(&self, path: &[Step]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| node.step(step))
    }

    /// Whether something stands at a path.
    pub(super) fn has(&self, path: &[Step]) -> bool {
        self.at(path).is_some()
    }

    /// The value's place, or that of the nearest thing around it which the file does say.
    pub(super) fn place_of(&self, path: &[Step]) -> Place {
        let mut node = self;
        for step in path {
            match node.step(step) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.place
    }

    /// The place of a key, or that of the nearest thing around it.
    pub(super) fn key_place_of(&self, path: &[Step]) -> Place {
        let key = path.split_last().and_then(|(last, parents)| match last {
            Step::Key(key) => self.at(parents)?.as_table()?.get(key),
            Step::Index(_) => None,
        });
        key.map_or_else(|| self.place_of(path), |entry| entry.key)
    }

    /// Takes out what stands at a path. Removing a list's item moves the later ones up.
    pub(super) fn remove(&mut self, path: &[Step]) -> bool {
        let Some((last, parents)) = path.split_last() else {
            return false;
        };
        let mut node = self;
        for step in parents {
            match node.step_mut(step) {
                Some(inner) => node = inner,
                None => return false,
            }
        }
        match (last, &mut node.value) {
            (Step::Key(key), Value::Table(table)) => table.remove(key).is_some(),
            (Step::Index(index), Value::Array(items)) if *index < items.len() => {
                items.remove(*index);
                true
            }
            _ => false,
        }
    }

    /// Keeps of an array below `key` only some items.
    pub(super) fn retain(&mut self, key: &str, keep: impl FnMut(&Node) -> bool) {
        let array = self.step_mut(&Step::Key(key.to_owned()));
        if let Some(Value::Array(items)) = array.map(|node| &mut node.value) {
            items.retain(keep);
        }
    }

    /// Puts a value behind a path, making tables on the way. Returns how far it came if something on the way is no table.
    pub(super) fn insert(&mut self, path: &[Step], key: Place, new: Node) -> Result<(), usize> {
        let mut node = self;
        for (depth, step) in path.iter().enumerate() {
            let last = depth + 1 == path.len();
            node = match step {
                Step::Index(_) => node.step_mut(step).ok_or(depth)?,
                Step::Key(name) => {
                    let table = node.as_table_mut().ok_or(depth)?;
                    let empty = || Entry {
                        key,
                        node: Node::table(new.place, Table::new()),
                    };
                    let entry = table.entry(name.clone()).or_insert_with(empty);
                    if last {
                        // The key's place moves with the value, so that "no such key" points at who set it.
                        entry.key = key;
                    }
                    &mut entry.node
                }
            };
        }
        *node = new;
        Ok(())
    }

    /// The tree as a plain TOML value, to be written out again.
    pub(super) fn to_toml(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) | Value::Datetime(text) => toml::Value::String(text.clone()),
            Value::Integer(integer) => toml::Value::Integer(*integer),
            Value::Float(float) => toml::Value::Float(*float),
            Value::Bool(bool) => toml::Value::Boolean(*bool),
            Value::Array(items) => toml::Value::Array(items.iter().map(Node::to_toml).collect()),
            Value::Table(table) => toml::Value::Table(
                table
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.node.to_toml()))
                    .collect(),
            ),
        }
    }
}

fn table_of(table: &DeTable<'_>, base: usize) -> Table {
    table
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key: Place::at(base, key.span()),
                node: Node::from_value(value, base),
            };
            (key.get_ref().to_string(), entry)
        })
        .collect()
}

/// A path of keys.
pub(super) fn keys(path: &[&str]) -> Vec<Step> {
    path.iter()
        .map(|key| Step::Key((*key).to_string()))
        .collect()
}
