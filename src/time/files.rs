//! Instants and spans as the columns of CSV files have them.

/// Serde adapter: an instant as whole microseconds, for CSV columns that end in `_us`.
pub mod as_us {
    use crate::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(at.as_us())
    }

    /// Reads whole microseconds.
    ///
    /// # Errors
    /// Anything that is not a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(deserializer).map(Timestamp::from_us)
    }
}

/// Serde adapter: an instant that may not be known, as whole microseconds or an empty field.
pub mod as_us_opt {
    use crate::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds, or nothing.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_some(&at.as_us()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads whole microseconds, or nothing.
    ///
    /// # Errors
    /// Anything that is neither empty nor a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Timestamp::from_us))
    }
}

/// Serde adapter: a span as whole microseconds, for CSV columns that end in `_us`.
pub mod span_as_us {
    use crate::time::Span;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(span.as_us())
    }

    /// Reads whole microseconds.
    ///
    /// # Errors
    /// Anything that is not a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        u64::deserialize(deserializer).map(Span::from_us)
    }
}

/// Serde adapter: a span that may not be known, as whole microseconds or an empty field.
pub mod span_as_us_opt {
    use crate::time::Span;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole microseconds, or nothing.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => serializer.serialize_some(&span.as_us()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads whole microseconds, or nothing.
    ///
    /// # Errors
    /// Anything that is neither empty nor a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Span>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Span::from_us))
    }
}
