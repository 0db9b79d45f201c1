//! The repository, checked: layers, sizes, module docs, and pages that must stay true.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file without its tests.
const MAX_LINES: usize = 400;
const MAX_MOD_LINES: usize = 120;
const MAX_MAIN_LINES: usize = 60;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every source file: its path below `src` and its text.
fn sources() -> BTreeMap<String, String> {
    let mut paths = Vec::new();
    rust_files(&root().join("src"), &mut paths);
    assert!(
        paths.len() > 40,
        "only {} files found: is this the right folder?",
        paths.len()
    );
    paths
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root().join("src"))
                .expect("below src")
                .display()
                .to_string();
            (name, fs::read_to_string(&path).expect("readable source"))
        })
        .collect()
}

/// The part of a file above its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

#[test]
fn every_file_opens_with_a_module_doc() {
    let bare: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .collect();
    assert!(
        bare.is_empty(),
        "no module doc: {:?}",
        bare.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
}

#[test]
fn files_stay_short() {
    let mut long = Vec::new();
    for (name, text) in sources() {
        if is_test_file(&name) {
            continue;
        }
        let limit = match name.as_str() {
            "main.rs" => MAX_MAIN_LINES,
            _ if name.ends_with("mod.rs") => MAX_MOD_LINES,
            _ => MAX_LINES,
        };
        let lines = without_tests(&text).lines().count();
        if lines > limit {
            long.push(format!("{name}: {lines} lines, limit {limit}"));
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

/// Which parts of the crate a part may name. The base layer (`time`, `units`, `seed`, `error`, `net`, `tier`) is open to all.
fn allowed(part: &str) -> Option<&'static [&'static str]> {
    Some(match part {
        "time" | "units" | "seed" | "error" | "net" | "tier" | "machine" | "record" => &[],
        "metrics" => &["machine", "record"],
        "scenario" => &["machine", "metrics"],
        "plan" => &["scenario", "machine"],
        "weblog" | "perms" => &[],
        "attribution" => &["machine", "record"],
        "proxy" | "backend" => &["attribution", "machine", "record", "plan"],
        "clients" => &["attribution", "machine", "record", "plan", "relay"],
        "relay" => &["machine", "record", "plan"],
        "observe" => &["machine", "record", "plan"],
        "sim" => &["attribution", "machine", "record", "plan"],
        "played" => &["record", "plan", "sim", "report"],
        "lessons" => &[
            "metrics", "record", "plan", "played", "scenario", "expect", "report",
        ],
        "understand" => &["machine"],
        "site" => &[
            "machine",
            "record",
            "plan",
            "scenario",
            "played",
            "report",
            "understand",
            "weblog",
        ],
        "reference" => &["machine", "record", "plan", "understand"],
        "report" => &["metrics", "record", "plan", "machine"],
        "expect" => &["metrics", "record", "plan"],
        "lab" => &[
            "machine",
            "record",
            "plan",
            "proxy",
            "backend",
            "clients",
            "observe",
            "reference",
            "parts",
            "acts",
            "probes",
            "restarts",
            "lab_error",
            "lab_pipeline",
            "lab_settle",
            "log_drivers",
            "watched",
            "relay",
        ],
        "browse" => &BROWSE,
        "log_drivers" => &["machine", "plan"],
        "pipeline" => &["machine", "record"],
        "lab_pipeline" => &["machine", "record", "plan", "pipeline", "lab", "lab_error"],
        "lab_settle" => &["machine", "lab"],
        "watched" => &["machine", "record", "plan", "parts", "observe"],
        "acts" => &["machine", "record", "plan", "parts"],
        "probes" => &["attribution", "machine", "record"],
        "restarts" => &[
            "attribution",
            "machine",
            "record",
            "plan",
            "parts",
            "probes",
        ],
        "parts" => &["machine", "record", "plan", "proxy", "backend", "reference"],
        _ => return None,
    })
}

/// What the pages of `slowlab serve` are made of.
const BROWSE: [&str; 14] = [
    "lessons",
    "machine",
    "record",
    "plan",
    "played",
    "scenario",
    "sim",
    "report",
    "judged",
    "mistakes",
    "backend",
    "reference",
    "site",
    "understand",
];

const BASE: [&str; 21] = [
    "apart",
    "bug",
    "time",
    "title",
    "bisection",
    "units",
    "seed",
    "error",
    "net",
    "tier",
    "masters",
    "sick",
    "strays",
    "files",
    "leave",
    "private",
    "process",
    "small_disk",
    "slow_disk",
    "mounted",
    "namespaces",
];

/// The parts that a file names, by `crate::part`.
fn named_parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        for piece in line.split("crate::").skip(1) {
            if let Some(group) = piece.strip_prefix('{') {
                parts.extend(group.split(',').map(first_word));
            } else {
                parts.push(first_word(piece));
            }
        }
    }
    parts
}

fn first_word(text: &str) -> String {
    text.trim()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn layers_hold() {
    let mut broken = Vec::new();
    for (name, text) in sources() {
        let part = name
            .split(['/', '.'])
            .next()
            .expect("a first piece")
            .to_owned();
        let Some(allowed) = allowed(&part) else {
            continue;
        };
        for named in named_parts(without_tests(&text)) {
            let fine = named == part
                || BASE.contains(&named.as_str())
                || allowed.contains(&named.as_str());
            if !fine && !named.is_empty() && named.starts_with(char::is_lowercase) {
                broken.push(format!("{name} names crate::{named}"));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "layers of ARCHITECTURE.md:\n{}",
        broken.join("\n")
    );
}

#[test]
fn machines_are_pure() {
    let forbidden = [
        "tokio",
        "std::net",
        "std::fs",
        "Instant",
        "std::thread",
        "rand::",
        "libc::",
        "rustix",
    ];
    let mut impure = Vec::new();
    for (name, text) in sources()
        .into_iter()
        .filter(|(name, _)| name.starts_with("machine/"))
    {
        for line in without_tests(&text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for word in forbidden.iter().filter(|word| line.contains(**word)) {
                impure.push(format!("{name}: {word}: {}", line.trim()));
            }
        }
    }
    assert!(impure.is_empty(), "{}", impure.join("\n"));
}

#[test]
fn unsafe_code_lives_where_it_is_argued() {
    let homes = [
        "apart/packets.rs",
        "backend/fork.rs",
        "backend/signals.rs",
        "bug.rs",
        "net/watch.rs",
        "masters.rs",
        "perms/who.rs",
        "proxy/own/nobody.rs",
        "namespaces.rs",
        "sick.rs",
        "strays.rs",
    ];
    for (name, text) in sources() {
        let uses = text
            .lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"));
        assert!(
            !uses || homes.contains(&name.as_str()),
            "{name} uses unsafe code"
        );
        if uses {
            assert!(
                text.contains("SAFETY:"),
                "{name} does not argue its unsafe code"
            );
        }
    }
}

/// Links of the pages at the top must lead somewhere.
#[test]
fn links_in_pages_lead_somewhere() {
    let mut dead = Vec::new();
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "docs/extending.md",
        "results/README.md",
    ] {
        let text =
            fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        let folder = Path::new(page).parent().unwrap_or(Path::new(""));
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !root().join(folder).join(path).exists()
            {
                dead.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// Each claim of the essays has a verdict, and what is said to show it exists: scenarios, variants, tests, commands, files of a run.
#[test]
fn every_claim_is_shown_by_something_that_exists() {
    let page = fs::read_to_string(root().join("docs/claims.md")).expect("a page");
    let rows: Vec<Vec<&str>> = (page.lines())
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 94);
    let mut code = Vec::new();
    for folder in ["src", "tests", "benches"] {
        rust_files(&root().join(folder), &mut code);
    }
    let code: String = code
        .iter()
        .map(|path| fs::read_to_string(path).expect("readable source"))
        .collect();
    let mut wrong = Vec::new();
    for (place, row) in (1..).zip(&rows) {
        let [number, _, verdict, shown] = row[..] else {
            panic!("{row:?}");
        };
        assert_eq!(number, place.to_string());
        assert!(["T", "TC", "F"].contains(&verdict), "{row:?}");
        let named = what_is_named(shown);
        if named.is_empty() && !shown.contains("not here") {
            wrong.push(format!(
                "{number}: nothing is named, and nothing said about why"
            ));
        }
        let missing = named.into_iter().filter(|named| !exists(named, &code));
        wrong.extend(missing.map(|named| format!("{number}: there is no {named:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A name in backticks, and what it is the name of.
#[derive(Debug)]
enum Named<'a> {
    Scenario(&'a str, Option<&'a str>),
    Test(&'a str),
    Command(&'a str),
    Bench(&'a str),
    Script(&'a str),
    File(&'a str),
}

fn what_is_named(text: &str) -> Vec<Named<'_>> {
    let pieces: Vec<&str> = text.split('`').collect();
    let names = (1..pieces.len()).step_by(2);
    names
        .filter_map(|at| {
            let (before, name) = (pieces[at - 1], pieces[at]);
            let after = pieces.get(at + 1).copied().unwrap_or_default();
            let kind = before.trim_end().rsplit(' ').next().unwrap_or_default();
            let scenario = root().join("scenarios").join(format!("{name}.toml"));
            Some(match kind {
                "test" => Named::Test(name),
                "command" => Named::Command(name),
                "bench" => Named::Bench(name),
                "script" => Named::Script(name),
                _ if name.ends_with(".csv") => Named::File(name),
                _ if scenario.exists() || name.contains('-') && !name.contains(' ') => {
                    let variant = after.strip_prefix('/').map(|rest| {
                        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                        &rest[..end.unwrap_or(rest.len())]
                    });
                    Named::Scenario(name, variant)
                }
                _ => return None,
            })
        })
        .collect()
}

fn exists(named: &Named<'_>, code: &str) -> bool {
    match named {
        Named::Scenario(name, variant) => {
            let path = root().join("scenarios").join(format!("{name}.toml"));
            let text = fs::read_to_string(path).unwrap_or_default();
            let wanted = variant.map(|variant| format!("name = \"{variant}\""));
            !text.is_empty() && wanted.is_none_or(|wanted| text.contains(&wanted))
        }
        Named::Test(name) => code.contains(&format!("fn {name}(")),
        Named::Command(name) => {
            let command = name.split(' ').next().unwrap_or_default();
            let path = root().join("src/commands").join(format!("{command}.rs"));
            path.exists()
        }
        Named::Bench(name) => root().join("benches").join(format!("{name}.rs")).exists(),
        Named::Script(name) => root().join("scripts").join(name).exists(),
        Named::File(name) => {
            let text = fs::read_to_string(root().join("results/README.md")).unwrap_or_default();
            text.contains(&format!("## {name}"))
        }
    }
}
