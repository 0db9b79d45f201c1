//! From the tree to Rust types, by serde, with the exact path of a mistake; and on from one mistake to the next.
//!
//! Serde stops at the first error. So [`read`] reports it, takes the offending key out of the tree and tries again, until
//! what is left can be read. A table that lost a key to an error is not blamed for lacking it.

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostics::{Diagnostic, listed};
use super::read_error::{Problem, ReadError};
use super::tree::{Entry, Node, Step, Value};

/// More mistakes than this in one file are not worth listing.
const MOST_MISTAKES: usize = 100;

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
