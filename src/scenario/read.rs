//! From the tree to Rust types, by serde, with the exact path of a mistake; and on from one mistake to the next.
//!
//! Serde stops at the first error. So [`read`] reports it, takes the offending key out of the tree and tries again, until
//! what is left can be read. A table that lost a key to an error is not blamed for lacking it.

use std::fmt;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostics::{Diagnostic, did_you_mean, listed};
use super::sources::Place;
use super::tree::{Entry, Node, Step, Value};

/// More mistakes than this in one file are not worth listing.
const MOST_MISTAKES: usize = 100;

/// What serde met.
#[derive(Debug)]
enum Problem {
    UnknownKey(String, &'static [&'static str]),
    UnknownName(String, &'static [&'static str]),
    MissingKey(&'static str),
    NotOne(usize, &'static [&'static str]),
    /// So many things stand where something else was expected.
    Length(usize, String),
    Wrong(String),
}

/// A mistake and the path to it (innermost step first, while it travels outwards).
#[derive(Debug)]
struct ReadError {
    problem: Problem,
    path: Vec<Step>,
}

/// Reads a `T`; every mistake on the way goes to `report`. `None` if nothing readable is left.
pub(super) fn read<T: for<'de> Deserialize<'de>>(
    mut tree: Node,
    report: &mut dyn FnMut(Diagnostic),
) -> Option<T> {
    let mut wounded: Vec<Vec<Step>> = Vec::new();
    for _ in 0..MOST_MISTAKES {
        let mut error = match T::deserialize(Read(&tree)) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        error.path.reverse();
        if !wounded.iter().any(|lost| error.follows(lost)) {
            report(error.diagnostic(&tree));
        }
        if !tree.remove(&error.path) {
            return None;
        }
        if let Some((Step::Index(_), list)) = error.path.split_last() {
            // The later items have moved up: what was lost below the list is no longer where it was.
            wounded.retain(|lost| !lost.starts_with(list));
        }
        wounded.push(error.path);
    }
    None
}

impl ReadError {
    fn new(problem: Problem) -> ReadError {
        ReadError {
            problem,
            path: Vec::new(),
        }
    }

    fn under(mut self, step: Step) -> ReadError {
        self.path.push(step);
        self
    }

    /// Whether this is only said because what stood at `lost` was taken out: the table lacks that key, or a key that it was a
    /// misspelling of.
    fn follows(&self, lost: &[Step]) -> bool {
        let Some((Step::Key(lost), table)) = lost.split_last() else {
            return false;
        };
        table == self.path
            && match self.problem {
                Problem::MissingKey(key) => key == lost || did_you_mean(lost, [key]).is_some(),
                Problem::NotOne(0, _) | Problem::Length(0, _) => true,
                _ => false,
            }
    }

    fn diagnostic(&self, tree: &Node) -> Diagnostic {
        let name = shown(tree, &self.path);
        match &self.problem {
            Problem::UnknownKey(key, known) => {
                let place = tree.key_place_of(&self.path);
                Diagnostic::error(place, format!("unknown key `{key}`"))
                    .label("not a key of this section")
                    .hint(
                        did_you_mean(key, known.iter().copied())
                            .unwrap_or_else(|| format!("known here: {}", listed_or_none(known))),
                    )
            }
            Problem::UnknownName(found, known) => {
                let place = tree.key_place_of(&self.path);
                // A name that stands as a value is marked there, one that stands as a key at the key.
                let place = match value_text(tree, &self.path) {
                    Some(place) => place,
                    None => place,
                };
                Diagnostic::error(place, format!("unknown name `{found}`"))
                    .label("not one of the known names")
                    .hint(match did_you_mean(found, known.iter().copied()) {
                        Some(guess) => format!("{guess} (known: {})", listed_or_none(known)),
                        None => format!("known here: {}", listed_or_none(known)),
                    })
            }
            Problem::MissingKey(key) => {
                let section = if name.is_empty() { "the file" } else { &name };
                Diagnostic::error(tree.place_of(&self.path), format!("missing key `{key}`"))
                    .label(format!("`{key}` is required in {section}"))
            }
            Problem::NotOne(count, known) => Diagnostic::error(
                tree.place_of(&self.path),
                format!(
                    "`{name}` must be exactly one of {}",
                    listed(known.iter().copied())
                ),
            )
            .label(format!("{count} are given here"))
            .hint(format!(
                "write for example `{name}.{} = {{ ... }}`",
                known.first().copied().unwrap_or_default()
            )),
            Problem::Length(count, expected) => Diagnostic::error(
                tree.place_of(&self.path),
                format!("`{name}` must be {expected}"),
            )
            .label(format!("{count} are given here")),
            Problem::Wrong(message) => {
                Diagnostic::error(tree.place_of(&self.path), format!("`{name}`: {message}"))
                    .label("this value")
            }
        }
    }
}

fn listed_or_none(known: &[&str]) -> String {
    listed(known.iter().copied())
}

fn value_text(tree: &Node, path: &[Step]) -> Option<Place> {
    let mut node = tree;
    for step in path {
        node = match step {
            Step::Key(key) => node.get(key)?,
            Step::Index(index) => node.items().get(*index)?,
        };
    }
    node.as_text().map(|_| node.place)
}

/// A path as the file would write it: `backend.app./report`. Items of lists go by their `name`, or by number from 1.
fn shown(tree: &Node, path: &[Step]) -> String {
    let mut node = Some(tree);
    let mut words = Vec::new();
    for step in path {
        node = node.and_then(|node| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        });
        words.push(match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => node
                .and_then(|node| node.get("name")?.as_text())
                .map_or_else(|| (index + 1).to_string(), str::to_string),
        });
    }
    words.join(".")
}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> ReadError {
        ReadError::new(Problem::Wrong(message.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> ReadError {
        let found = match unexpected {
            Unexpected::Str(text) => format!("the string {text:?}"),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Signed(number) => format!("the number {number}"),
            Unexpected::Float(number) => format!("the number {number}"),
            Unexpected::Map => "a table".to_string(),
            Unexpected::Seq => "a list".to_string(),
            other => other.to_string(),
        };
        let expected = match expected.to_string() {
            name if name == "u32" || name == "u64" => "a whole number, not negative".to_string(),
            name if name == "a boolean" => "`true` or `false`".to_string(),
            name if name.starts_with("struct ") => "a table".to_string(),
            name => name,
        };
        ReadError::custom(format!("expected {expected}, found {found}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> ReadError {
        ReadError::invalid_type(unexpected, expected)
    }

    fn invalid_length(len: usize, expected: &dyn Expected) -> ReadError {
        ReadError::new(Problem::Length(len, expected.to_string()))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> ReadError {
        ReadError::new(Problem::UnknownKey(field.to_string(), expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> ReadError {
        ReadError::new(Problem::UnknownName(variant.to_string(), expected))
    }

    fn missing_field(field: &'static str) -> ReadError {
        ReadError::new(Problem::MissingKey(field))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl std::error::Error for ReadError {}

/// A node as serde sees it.
struct Read<'a>(&'a Node);

impl<'de> Deserializer<'de> for Read<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.0.value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Integer(integer) => visitor.visit_i64(*integer),
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Bool(bool) => visitor.visit_bool(*bool),
            Value::Datetime(_) => Err(de::Error::invalid_type(
                Unexpected::Other("a date"),
                &visitor,
            )),
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.iter().enumerate(),
            }),
            Value::Table(table) => visitor.visit_map(Entries {
                entries: table.iter(),
                value: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.0.value {
            Value::Text(tag) => visitor.visit_enum(Tagged { tag, body: None }),
            Value::Table(table) if table.len() == 1 => {
                let (tag, entry) = table.iter().next().expect("its length is one");
                let body = Some(&entry.node);
                visitor.visit_enum(Tagged { tag, body })
            }
            Value::Table(table) => Err(ReadError::new(Problem::NotOne(table.len(), variants))),
            _ => Err(de::Error::custom(format!(
                "expected one of {}",
                listed(variants.iter().copied())
            ))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let Some((index, node)) = self.items.next() else {
            return Ok(None);
        };
        seed.deserialize(Read(node))
            .map(Some)
            .map_err(|error| error.under(Step::Index(index)))
    }
}

struct Entries<'a> {
    entries: std::collections::btree_map::Iter<'a, String, Entry>,
    value: Option<(&'a str, &'a Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let Some((key, entry)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some((key, &entry.node));
        let deserializer: StrDeserializer<'_, ReadError> = key.as_str().into_deserializer();
        seed.deserialize(deserializer)
            .map(Some)
            .map_err(|error| error.under(Step::Key(key.clone())))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let (key, node) = self.value.take().expect("serde asks for the key first");
        seed.deserialize(Read(node))
            .map_err(|error| error.under(Step::Key(key.to_string())))
    }
}

/// An externally tagged enum: `tag = { body }`, or a bare `"tag"`.
struct Tagged<'a> {
    tag: &'a str,
    body: Option<&'a Node>,
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = ReadError;
    type Variant = Tagged<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Tagged<'de>), ReadError> {
        let deserializer: StrDeserializer<'_, ReadError> = self.tag.into_deserializer();
        match seed.deserialize(deserializer) {
            Ok(variant) => Ok((variant, self)),
            Err(error) if self.body.is_some() => Err(error.under(Step::Key(self.tag.to_string()))),
            Err(error) => Err(error),
        }
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.body {
            None => Ok(()),
            Some(_) => Err(de::Error::custom(format!("write just \"{}\"", self.tag))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        match self.body {
            Some(node) => seed
                .deserialize(Read(node))
                .map_err(|error| error.under(Step::Key(self.tag.to_string()))),
            None => Err(de::Error::custom(format!(
                "write it as a table, `{} = {{ ... }}`",
                self.tag
            ))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        Err(de::Error::invalid_type(Unexpected::TupleVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        Err(de::Error::invalid_type(Unexpected::StructVariant, &visitor))
    }
}
