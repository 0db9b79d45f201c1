//! Embeds every `scenarios/*.toml`, every folder of `lessons` and every run in `recorded`, so that a new scenario is one file, a new lesson one folder, and no line elsewhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    name_the_commit();
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let lists = [
        ("scenarios.rs", scenarios(&root.join("scenarios"))),
        ("lessons.rs", lessons(&root.join("lessons"))),
        ("recorded.rs", recorded(&root.join("recorded"))),
    ];
    for (name, list) in lists {
        fs::write(out.join(name), list).expect("cargo's own folder is writable");
    }
}

/// What is in a folder, in order; a change of it builds anew.
fn entries(folder: &Path) -> Vec<PathBuf> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is part of the source")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    entries.sort();
    entries
}

fn is_toml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "toml")
}

fn scenarios(folder: &Path) -> String {
    let mut list = String::from("&[\n");
    for file in entries(folder).iter().filter(|path| is_toml(path)) {
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
    list
}

/// Runs on real sockets, each by its scenario's name.
fn recorded(folder: &Path) -> String {
    let mut list = String::from("&[\n");
    for file in entries(folder) {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.file_name().expect("an entry of a folder has a name");
        let name = name.to_string_lossy();
        let Some(name) = name.strip_suffix(".tar.gz") else {
            continue;
        };
        let path = file.display().to_string();
        writeln!(list, "    ({name:?}, include_bytes!({path:?}).as_slice()),")
            .expect("writing to a string");
    }
    list.push_str("]\n");
    list
}

/// Each folder with all of its files, by name.
fn lessons(folder: &Path) -> String {
    let name_of = |path: &Path| -> String {
        let name = path.file_name().expect("an entry of a folder has a name");
        name.to_string_lossy().into_owned()
    };
    let mut list = String::from("&[\n");
    for lesson in entries(folder).iter().filter(|path| path.is_dir()) {
        writeln!(list, "    ({:?}, &[", name_of(lesson)).expect("writing to a string");
        for file in entries(lesson) {
            println!("cargo::rerun-if-changed={}", file.display());
            let path = file.display().to_string();
            writeln!(
                list,
                "        ({:?}, include_str!({path:?})),",
                name_of(&file)
            )
            .expect("writing to a string");
        }
        list.push_str("    ]),\n");
    }
    list.push_str("]\n");
    list
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
