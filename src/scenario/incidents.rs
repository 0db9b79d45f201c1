//! `source`: the public incidents that a scenario reproduces, one as a string or several as a list.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// As `owner/project#number`, or an address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Incidents(pub(super) Vec<String>);

impl JsonSchema for Incidents {
    fn schema_name() -> Cow<'static, str> {
        "Incidents".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = json_schema!({ "type": "string" });
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// By hand, since serde's `untagged` would lose the place of a mistake.
impl<'de> Deserialize<'de> for Incidents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Incidents, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Incidents;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an incident such as \"owner/project#1\", or a list of them"
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Incidents, E> {
        Ok(Incidents(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Incidents, A::Error> {
        let mut incidents = Vec::new();
        while let Some(incident) = items.next_element()? {
            incidents.push(incident);
        }
        Ok(Incidents(incidents))
    }
}
