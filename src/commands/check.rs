//! `slowlab check FILE...`: every mistake at once; for a good file, what was filled in and what will happen.

use std::io::{self, Write};

use super::{load, show};
use crate::error::Exit;
use crate::machine::upstream_config::HttpVersion;
use crate::report::words::Words;
use crate::scenario::{self, Diagnostics, Scenario};

/// Checks files or built-in scenarios. Mistakes go to standard error, what a good file will do to standard output.
///
/// # Errors
/// Those of writing to standard output.
pub(super) fn run(files: &[String], set: &[String], words: &Words) -> anyhow::Result<Exit> {
    let mut out = anstream::stdout();
    let mut mistakes = 0;
    for file in files {
        match scenario::load(file, set) {
            Ok(scenario) => {
                let conditions = load::conditions(&scenario);
                complain(&scenario.diagnostics, words)?;
                complain(&conditions, words)?;
                mistakes += conditions.errors();
                if conditions.errors() == 0 {
                    describe(&mut out, file, &scenario, words)?;
                }
            }
            Err(diagnostics) => {
                complain(&diagnostics, words)?;
                mistakes += diagnostics.errors();
            }
        }
    }
    if mistakes == 0 {
        return Ok(Exit::Held);
    }
    let count = words.say("mistakes", [("count", mistakes.into())]);
    writeln!(anstream::stderr(), "{count}")?;
    Ok(Exit::Usage)
}

fn complain(diagnostics: &Diagnostics, words: &Words) -> io::Result<()> {
    if diagnostics.is_empty() {
        return Ok(());
    }
    writeln!(anstream::stderr(), "{}\n", load::told(diagnostics, words))
}

fn describe(
    out: &mut dyn Write,
    file: &str,
    scenario: &Scenario,
    words: &Words,
) -> anyhow::Result<()> {
    writeln!(out, "{}", words.tell("check-good", &[("what", file)]))?;
    let plan = show::plain_plan(scenario);
    let question = plan.question_in(words.language().code());
    writeln!(out, "{}\n", show::wrapped(question, "  "))?;
    writeln!(out, "# {}", words.say("check-filled-in", []))?;
    for (section, defaults) in filled_in(scenario)? {
        // Hard spaces keep each `key = value` on one line.
        let line = format!(
            "[{section}] {}",
            defaults.join(", ").replace(" = ", "\u{a0}=\u{a0}")
        );
        writeln!(out, "{}", show::wrapped(&line, "  ").replace('\u{a0}', " "))?;
    }
    if let Some(proxy) = &scenario.baseline.proxy
        && proxy.proxy_http_version == HttpVersion::V10
        && proxy.upstream.keepalive == 0
    {
        writeln!(out, "\n# {}", words.say("check-newer-nginx", []))?;
        let does = words.say("check-newer-nginx-does", []);
        writeln!(out, "{}", show::wrapped(&does, "  "))?;
    }
    writeln!(out)?;
    show::predictions(out, &plan, words)?;
    writeln!(out)?;
    Ok(())
}

/// The keys that the file leaves to their defaults, by section, as `key = value`.
fn filled_in(scenario: &Scenario) -> anyhow::Result<Vec<(&'static str, Vec<String>)>> {
    let baseline = &scenario.baseline;
    let mut run = toml::Table::new();
    run.insert("warmup".into(), baseline.warmup.to_string().into());
    run.insert("drain".into(), baseline.drain.to_string().into());
    run.insert(
        "seed".into(),
        i64::try_from(scenario.seed).unwrap_or(i64::MAX).into(),
    );
    let mut sections = vec![("run", Vec::new(), run)];
    sections.push((
        "backend",
        vec!["backend"],
        toml::Table::try_from(&baseline.backend)?,
    ));
    for (section, proxy) in [("edge", &baseline.edge), ("proxy", &baseline.proxy)] {
        let Some(proxy) = proxy else {
            continue;
        };
        let mut table = toml::Table::try_from(proxy)?;
        // Unset, these follow from the buffer sizes.
        let derived = [
            ("proxy_busy_buffers_size", proxy.busy_buffers_size()),
            ("proxy_temp_file_write_size", proxy.temp_file_write_size()),
        ];
        for (key, size) in derived {
            table.insert(key.into(), size.to_string().into());
        }
        sections.push((section, vec![section], table));
    }
    let mut filled = Vec::new();
    for (section, path, table) in sections {
        let mut defaults = Vec::new();
        unsaid(scenario, &path, &table, "", &mut defaults);
        if !defaults.is_empty() {
            filled.push((section, defaults));
        }
    }
    Ok(filled)
}

fn unsaid(
    scenario: &Scenario,
    path: &[&str],
    table: &toml::Table,
    prefix: &str,
    defaults: &mut Vec<String>,
) {
    for (key, value) in table {
        let mut path = path.to_vec();
        path.push(key);
        match value {
            toml::Value::Table(inner) => {
                unsaid(scenario, &path, inner, &format!("{prefix}{key}."), defaults);
            }
            value if !scenario.says(&path) => defaults.push(format!("{prefix}{key} = {value}")),
            _ => {}
        }
    }
}
