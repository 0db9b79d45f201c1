//! What is linked into slowlab: licences, sources, doubles and the oldest Rust that builds it, as `deny.toml` and `Cargo.toml` say.
//! `cargo deny check licenses bans sources` says the same with more words; this holds without it, and without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages that a build for Linux takes, dev-dependencies too.
fn packages() -> Vec<Value> {
    let done = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let metadata: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let resolved: BTreeSet<&str> = nodes
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let all = metadata["packages"].as_array().expect("packages");
    let taken = all.iter().filter(|package| {
        package["id"]
            .as_str()
            .is_some_and(|id| resolved.contains(id))
    });
    let taken: Vec<Value> = taken.cloned().collect();
    assert!(taken.len() > 100, "only {} packages", taken.len());
    taken
}

fn deny() -> toml::Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml");
    fs::read_to_string(path)
        .expect("deny.toml")
        .parse()
        .expect("TOML")
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a name")
}

/// Whether an SPDX expression can be satisfied by the licences that are allowed. `/` is what old manifests write for OR; `WITH` binds to its licence.
fn allowed(expression: &str, licences: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // AND binds tighter in SPDX; the one with brackets here is `(a OR b) AND c`, so each side of an AND is an OR of its own.
    let side = |side: &str| side.split(" OR ").any(|one| licences.contains(one.trim()));
    expression.split(" AND ").all(side)
}

#[test]
fn expressions_of_licences_are_read() {
    let licences = BTreeSet::from(["MIT", "Unicode-3.0"]);
    for (expression, expected) in [
        ("MIT", true),
        ("Apache-2.0", false),
        ("Apache-2.0/MIT", true),
        ("Apache-2.0 OR GPL-2.0-only", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
    ] {
        assert_eq!(allowed(expression, &licences), expected, "{expression}");
    }
}

#[test]
fn licences_are_allowed() {
    let deny = deny();
    let licences = deny["licenses"]["allow"].as_array().expect("a list");
    let licences: BTreeSet<&str> = licences.iter().filter_map(toml::Value::as_str).collect();
    for package in packages() {
        let expression = package["license"].as_str().unwrap_or("none");
        assert!(
            allowed(expression, &licences),
            "{}: {expression}",
            name(&package)
        );
    }
}

#[test]
fn all_come_from_crates_io() {
    for package in packages() {
        let own = name(&package) == env!("CARGO_PKG_NAME");
        let source = package["source"].as_str();
        assert_eq!(source, (!own).then_some(CRATES_IO), "{}", name(&package));
    }
}

#[test]
fn doubles_are_those_that_have_a_reason() {
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for package in packages() {
        *versions.entry(name(&package).to_owned()).or_default() += 1;
    }
    let doubles: BTreeSet<String> = versions
        .into_iter()
        .filter_map(|(name, count)| (count > 1).then_some(name))
        .collect();
    let deny = deny();
    let skipped = deny["bans"]["skip"].as_array().expect("a list");
    let skipped: BTreeSet<String> = skipped
        .iter()
        .map(|skip| skip["crate"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(doubles, skipped);
}

/// `rust-version` is a promise: no dependency may ask for more. (clippy's `incompatible_msrv` reads it too, for the standard library's methods.)
#[test]
fn the_oldest_rust_is_old_enough_for_all() {
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    for package in packages() {
        if let Some(theirs) = package["rust_version"].as_str() {
            assert!(
                version(theirs) <= ours,
                "{} asks for {theirs}",
                name(&package)
            );
        }
    }
}

fn version(text: &str) -> Vec<u32> {
    let parts = text.split('.').take(2);
    parts.map(|part| part.parse().expect("a number")).collect()
}
