//! Embeds every `scenarios/*.toml`, so that a new scenario is one file and no line elsewhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    name_the_commit();
    let folder =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("scenarios");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the scenarios folder is part of the source")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file
            .file_stem()
            .expect("a file has a stem")
            .to_string_lossy();
        writeln!(
            list,
            "    ({:?}, include_str!({:?})),",
            name,
            file.display().to_string()
        )
        .expect("writing to a string");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("scenarios.rs");
    fs::write(out, list).expect("cargo's own folder is writable");
}

/// The commit goes into each run's manifest. Outside a checkout (a crate from a registry) there is none.
fn name_the_commit() {
    println!("cargo::rerun-if-changed=.git/HEAD");
    let asked = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output();
    if let Ok(answer) = asked
        && answer.status.success()
    {
        println!(
            "cargo::rustc-env=SLOWLAB_COMMIT={}",
            String::from_utf8_lossy(&answer.stdout).trim()
        );
    }
}
