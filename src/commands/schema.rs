//! `slowlab schema` and `slowlab keys`: the shape of the files that slowlab reads and writes.

use std::io::Write as _;

use anyhow::Context as _;
use schemars::schema_for;

use super::show::wrapped;
use crate::cli::SchemaOf;
use crate::error::{Exit, Refusal};
use crate::record::Manifest;
use crate::record::summary::Summary;
use crate::scenario;
use crate::site::Answer;

/// Prints a JSON Schema.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn run(of: SchemaOf) -> anyhow::Result<Exit> {
    let schema = match of {
        SchemaOf::Scenario => scenario::schema(),
        SchemaOf::Summary => schema_for!(Summary),
        SchemaOf::Manifest => schema_for!(Manifest),
        SchemaOf::Site => schema_for!(Answer),
    };
    let text = serde_json::to_string_pretty(&schema).context("a schema is plain data")?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(Exit::Held)
}

/// Prints the keys of a scenario file whose path has `part` in it.
///
/// # Errors
/// No such key; those of writing to standard output.
pub(super) fn keys(part: Option<&str>) -> anyhow::Result<Exit> {
    let mut keys = scenario::keys();
    keys.retain(|key| part.is_none_or(|part| key.path.contains(part)));
    if keys.is_empty() {
        let part = part.unwrap_or_default();
        return Err(Refusal::usage(format!(
            "no key has `{part}` in its path\nhint: `slowlab keys` lists all of them"
        ))
        .into());
    }
    let mut out = anstream::stdout();
    for key in keys {
        let default = match key.default.as_str() {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        };
        writeln!(out, "{}: {}{default}", key.path, key.kind)?;
        writeln!(out, "{}", wrapped(&key.meaning, "    "))?;
    }
    Ok(Exit::Held)
}
