//! What a gunicorn configuration says: `gunicorn.conf.py`, of which only plain assignments are read and nothing is run, a command line, or
//! the command line of a systemd unit. Limits: no variables (`$WORKERS`, `%h`), no `EnvironmentFile`, no `GUNICORN_CMD_ARGS`.

use std::path::Path;

use super::{ImportError, Imported, read_file};
use crate::machine::backend_config::WorkerClass;
use crate::machine::worker_class_settings::ignored_by;

/// Settings that matter and have no counterpart, with what follows.
const UNMAPPED: [(&str, &str); 3] = [
    (
        "reuse_port",
        "each worker would have an accept queue of its own",
    ),
    (
        "preload_app",
        "it changes how fast a killed worker is replaced",
    ),
    (
        "limit_request_line",
        "heads have gunicorn's default limits here",
    ),
];

/// Reads a file or a command line into `imported`.
pub(super) fn read(what: &str, imported: &mut Imported) -> Result<(), ImportError> {
    read_all(what, imported)?;
    leave_out_ignored(imported);
    Ok(())
}

/// What the worker class ignores is told instead of taken over: in a scenario it would only be a warning.
fn leave_out_ignored(imported: &mut Imported) {
    let class = imported.backend("worker_class");
    let class = class.and_then(|name| WorkerClass::named(name.trim_matches('"')));
    let threads = imported.backend("threads");
    let threads = threads.and_then(|count| count.parse().ok()).unwrap_or(1);
    let class = class.unwrap_or_default().with_threads(threads);
    for ignored in ignored_by(class) {
        let Some(value) = imported.backend(ignored.key).map(str::to_owned) else {
            continue;
        };
        imported.backend.retain(|(key, _)| key != ignored.key);
        let (key, class, why) = (ignored.key, class.name(), ignored.why);
        imported.understood.retain(|line| {
            let line = line.trim_start_matches('-').replace('-', "_");
            !line.starts_with(key)
        });
        // One thread is what a class without threads has anyway.
        if (key, value.as_str()) != ("threads", "1") {
            imported
                .ignored
                .push(format!("{key} = {value}: {class} {why}"));
        }
    }
}

fn read_all(what: &str, imported: &mut Imported) -> Result<(), ImportError> {
    let looks_like_a_file =
        Path::new(what).is_file() || what.trim_end().ends_with(".py") && !what.contains(' ');
    if looks_like_a_file {
        let text = read_file(Path::new(what))?;
        return match unit_command(&text) {
            Some(command) => read_command(&command, imported),
            None => {
                read_python(&text, imported);
                Ok(())
            }
        };
    }
    read_command(what, imported)
}

/// The command of a systemd unit, its continued lines joined.
fn unit_command(text: &str) -> Option<String> {
    let text = text.replace("\\\n", " ");
    let mut lines = text.lines().map(str::trim);
    let command = lines.find_map(|line| line.strip_prefix("ExecStart="))?;
    Some(command.to_owned())
}

fn read_command(what: &str, imported: &mut Imported) -> Result<(), ImportError> {
    for (name, value) in command_line(what) {
        if name == "config" {
            let path = value.trim_start_matches("file:").to_owned();
            read_python(&read_file(Path::new(&path))?, imported);
        }
    }
    // Flags win over the file.
    for (name, value) in command_line(what) {
        if name != "config" {
            let shown = format!("--{} {value}", name.replace('_', "-"));
            take(&name, &value, &shown, imported);
        }
    }
    Ok(())
}

fn read_python(text: &str, imported: &mut Imported) {
    for line in text.lines() {
        // Only the outermost level: what stands indented belongs to a function, a condition or a longer literal.
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let name = name.trim_end();
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || value.starts_with('=') {
            continue;
        }
        match literal(value) {
            Some(value) => take(name, &value, line.trim(), imported),
            None if KNOWN.contains(&name) => {
                imported.unmapped.push(format!(
                    "{}: not a plain value, and nothing is run to find it",
                    line.trim()
                ));
            }
            None => {}
        }
    }
}

/// A class by the name or the path that gunicorn takes; both modules that uvicorn's worker has lived in.
fn class_of(value: &str) -> Option<WorkerClass> {
    let by_path = match value {
        "gunicorn.workers.sync.SyncWorker" => WorkerClass::Sync,
        "gunicorn.workers.gthread.ThreadWorker" => WorkerClass::Gthread,
        "gunicorn.workers.ggevent.GeventWorker" => WorkerClass::Gevent,
        "gunicorn.workers.gasgi.ASGIWorker" => WorkerClass::Asgi,
        "uvicorn_worker.UvicornWorker" | "uvicorn.workers.UvicornWorker" => WorkerClass::Uvicorn,
        // Ours alone: gunicorn has no alias for it.
        "uvicorn" => return None,
        name => return WorkerClass::named(name),
    };
    Some(by_path)
}

/// What we have under the same name.
const KNOWN: [&str; 11] = [
    "bind",
    "workers",
    "worker_class",
    "worker_connections",
    "keepalive",
    "threads",
    "timeout",
    "graceful_timeout",
    "backlog",
    "max_requests",
    "max_requests_jitter",
];

/// The value of a Python literal: a string without its quotes, a number, `True`, `None`. A list counts by its first element.
fn literal(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(list) = text.strip_prefix('[') {
        return literal(list.split([',', ']']).next()?);
    }
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            let (value, after) = rest.split_once(quote)?;
            return is_end(after).then(|| value.to_owned());
        }
    }
    let end = text
        .find(|c: char| c == '#' || c.is_whitespace())
        .unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    let plain = word.parse::<f64>().is_ok() || ["True", "False", "None"].contains(&word);
    (plain && is_end(after)).then(|| word.to_owned())
}

fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// Options of a command line, by their long names.
fn command_line(text: &str) -> Vec<(String, String)> {
    let mut options = Vec::new();
    let mut words = text
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']))
        .peekable();
    while let Some(word) = words.next() {
        let long = match word {
            "-b" => "bind",
            "-w" => "workers",
            "-k" => "worker_class",
            "-t" => "timeout",
            "-c" => "config",
            _ => match word.strip_prefix("--") {
                Some(name) => name,
                None => continue,
            },
        };
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (
                long,
                words
                    .next_if(|next| !next.starts_with('-') || *next == "-")
                    .unwrap_or("True")
                    .to_owned(),
            ),
        };
        options.push((name.replace('-', "_"), value));
    }
    options
}

fn take(name: &str, value: &str, shown: &str, imported: &mut Imported) {
    let whole = value.parse::<u64>().ok();
    let taken = match name {
        "bind" => Some(format!(
            "\"{}\"",
            if value.starts_with("unix:") {
                "unix"
            } else {
                "tcp"
            }
        )),
        "workers"
        | "threads"
        | "worker_connections"
        | "backlog"
        | "max_requests"
        | "max_requests_jitter" => whole.map(|count| count.to_string()),
        "timeout" | "graceful_timeout" | "keepalive" => whole.map(|secs| format!("\"{secs}s\"")),
        "worker_class" => match class_of(value) {
            Some(class) => Some(format!("\"{}\"", class.name())),
            None => {
                let why =
                    "no such workers are modelled; sync, gthread, gevent, asgi and uvicorn are";
                return imported.unmapped.push(format!("{shown}: {why}"));
            }
        },
        _ => return other(name, shown, imported),
    };
    match taken {
        Some(value) => {
            imported.set(true, name, value);
            imported.understand(name, shown.to_owned());
        }
        None => imported
            .unmapped
            .push(format!("{shown}: its value is not understood")),
    }
}

fn other(name: &str, shown: &str, imported: &mut Imported) {
    match UNMAPPED.iter().find(|(one, _)| *one == name) {
        Some((_, why)) => imported.unmapped.push(format!("{shown}: {why}")),
        None => imported.ignored.push(shown.to_owned()),
    }
}
