//! The columns of a file of rows before there is a row: a table without rows has a header too, or no reader of CSV takes it.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The names of a struct's fields as its rows have them, in order.
pub(super) fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It ends in an error on purpose: serde's derive asks for the struct by its fields, and those are all that is wanted.
    let _ = T::deserialize(Asked(&mut fields));
    fields
}

struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("only the fields were asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, EventKind, EventRow, ReadEvent, Source};
    use crate::time::Timestamp;

    #[test]
    fn they_are_those_of_a_row() {
        let event = Event::new(
            Timestamp::ZERO,
            Source::Master,
            EventKind::WorkerSpawned { pid: 7 },
        );
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(EventRow::from(&event)).unwrap();
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        assert_eq!(of::<EventRow>(), header);
        assert_eq!(of::<ReadEvent>(), header);
    }
}
