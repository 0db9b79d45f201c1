//! The parser beside crossplane, by nginx's own makers (`pip install crossplane`); without it the test says so.

use std::fmt::Write as _;
use std::process::Command;

use super::tree::{Directive, read};
use crate::seed::Seed;
use crate::understand::files::Files;

/// Prints each file as lines of depth, name and arguments.
const SCRIPT: &str = r#"
import crossplane, sys
def show(block, depth):
    for d in block:
        if d['directive'] == '#': continue
        print(depth, d['line'], repr([d['directive']] + d['args']))
        if 'block' in d: show(d['block'], depth + 1)
for name in sys.argv[1:]:
    parsed = crossplane.parse(name, comments=False, single=True, strict=False, check_ctx=False, check_args=False)
    print('file', parsed['status'])
    for config in parsed['config']: show(config['parsed'], 0)
"#;

fn ours(directives: &[Directive], depth: usize, out: &mut String) {
    for directive in directives {
        let mut words = vec![directive.name.clone()];
        words.extend(directive.args.iter().cloned());
        let words: Vec<String> = words.iter().map(|word| python(word)).collect();
        let _ = writeln!(out, "{depth} {} [{}]", directive.at.line, words.join(", "));
        ours(directive.inner(), depth + 1, out);
    }
}

/// As Python's `repr` writes a plain text.
fn python(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A configuration drawn by chance, of what files are made of. Escapes that the two undo at different times are left out.
fn drawn(seed: u64) -> String {
    let mut chance = Seed(seed).stream("configuration");
    let mut pick = |from: &[&str]| {
        let index = (chance.uniform() * from.len() as f64) as usize;
        from[index.min(from.len() - 1)].to_owned()
    };
    let names = [
        "listen",
        "proxy_pass",
        "set",
        "location",
        "server",
        "proxy_set_header",
        "x_y",
    ];
    let words = [
        "80",
        "\"two words\"",
        "'it is'",
        "${host}x",
        "$a",
        "\\.php$",
        "~",
        "/a/b",
        "a=b;c",
        "\"\"",
        "http://u:80",
        "é",
        "a#b",
        "\"a'b\"",
    ];
    let gaps = [" ", "\t", "\n", " # note\n", "\r\n  "];
    let mut out = String::new();
    let mut depth = 0;
    for _ in 0..60 {
        out += &pick(&names);
        for _ in 0..pick(&["0", "1", "2", "3"]).parse().unwrap_or(0) {
            out += &pick(&gaps);
            out += &pick(&words).replace(';', "");
        }
        match pick(&[";", ";", ";", " {", "}"]).as_str() {
            " {" if depth < 5 => {
                out += " {";
                depth += 1;
            }
            "}" if depth > 0 => {
                out += ";}";
                depth -= 1;
            }
            _ => out += ";",
        }
        out += &pick(&gaps);
    }
    out + &"}".repeat(depth)
}

#[test]
fn the_tree_is_crossplanes() {
    let dir = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for seed in 0..60 {
        let path = dir.path().join(format!("{seed}.conf"));
        std::fs::write(&path, drawn(seed)).unwrap();
        names.push(path);
    }
    let done = Command::new("python3")
        .args(["-c", SCRIPT])
        .args(&names)
        .output();
    let said = match done {
        Ok(done) if done.status.success() => String::from_utf8(done.stdout).unwrap(),
        Ok(done) => {
            let why = String::from_utf8_lossy(&done.stderr);
            // Only that it is not installed is a reason to go: a crossplane that fails is a finding.
            assert!(why.contains("No module named 'crossplane'"), "{why}");
            return eprintln!("skipped: python3 has no crossplane (pip install crossplane)");
        }
        Err(error) => return eprintln!("skipped: no python3: {error}"),
    };
    let mut expected = said.split("file ok\n").skip(1);
    for path in names {
        let files = Files::new(None, Some(&path));
        let tree = read(&path, &files).unwrap();
        let mut out = String::new();
        ours(&tree.directives, 0, &mut out);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(out, expected.next().unwrap(), "{text}");
    }
}
