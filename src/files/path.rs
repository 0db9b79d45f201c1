//! Serde adapter: a path on its way to another process, whatever its bytes are. Text where it is text, else a list of bytes.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serialize as _, Serializer};

/// Writes it.
pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => serializer.serialize_str(text),
        None => path.as_os_str().as_bytes().serialize(serializer),
    }
}

/// Reads it.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    deserializer.deserialize_any(Either)
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = PathBuf;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or its bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PathBuf, E> {
        Ok(PathBuf::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PathBuf, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(PathBuf::from(OsString::from_vec(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct There(#[serde(with = "super")] PathBuf);

    #[test]
    fn every_path_arrives_as_it_was() {
        for (bytes, json) in [
            (&b"/tmp/a b"[..], "\"/tmp/a b\""),
            ("/tmp/느린".as_bytes(), "\"/tmp/느린\""),
            (b"/\xff", "[47,255]"),
        ] {
            let path = There(PathBuf::from(OsString::from_vec(bytes.to_vec())));
            let written = serde_json::to_string(&path).unwrap();
            assert_eq!(written, json);
            assert_eq!(serde_json::from_str::<There>(&written).unwrap(), path);
        }
        assert!(
            serde_json::from_str::<There>("[256]").is_err()
                && serde_json::from_str::<There>("7").is_err()
        );
    }
}
