//! The scenario that is made of an import: the stack as it was found, and a question to begin with.
//!
//! What no configuration says (the application, the clients) is filled in with values that show the effect, and marked so.

use std::fmt::Write as _;

use super::Imported;

/// gunicorn's default.
const ONE_WORKER: u64 = 1;
/// Ours, for a number that Python code computes: a small machine's.
const SOME_WORKERS: u64 = 4;

/// The text of a scenario file.
pub fn to_toml(imported: &Imported) -> String {
    let found = imported
        .backend("workers")
        .and_then(|count| count.parse().ok());
    let computed = imported
        .unmapped
        .iter()
        .any(|line| line.starts_with("workers"));
    let workers = found.unwrap_or(if computed { SOME_WORKERS } else { ONE_WORKER });
    let unix = imported.backend("bind") == Some("\"unix\"");
    let mut text = "# Made by `slowlab import`. Values without a comment were found in the configuration.\n\
         # Change what is marked ASSUMED to what your application and your clients do, then: slowlab check FILE; slowlab run FILE\n\
         schema = 1\n\
         question = \"How many slow clients take this site down, and which setting saves it?\"\n\
         duration = \"12s\"\n\
         warmup = \"1s\"\n\
         drain = \"5s\"\n\n"
        .to_owned();
    caveats(&mut text, imported);
    table(&mut text, "backend", &imported.backend);
    match found {
        Some(_) => {}
        None if computed => {
            let _ = writeln!(
                text,
                "workers = {workers}            # ASSUMED: the configuration computes it, and nothing was run to find out"
            );
        }
        None => {
            let _ = writeln!(
                text,
                "workers = {workers}            # gunicorn's default: no setting was found"
            );
        }
    }
    let threads: u64 = imported
        .backend("threads")
        .and_then(|count| count.parse().ok())
        .unwrap_or(1);
    app(&mut text, unix);
    proxy(&mut text, imported);
    clients(&mut text, (workers, threads), unix);
    variants(&mut text, imported, (workers, threads));
    text
}

/// What the configuration says and the scenario does not: a redirected file has it, or it would be lost with the terminal.
fn caveats(text: &mut String, imported: &Imported) {
    for (heading, lines) in [
        ("It matters, but could not be mapped", &imported.unmapped),
        ("No effect on slow clients here", &imported.ignored),
    ] {
        if lines.is_empty() {
            continue;
        }
        let _ = writeln!(text, "# {heading}:");
        for line in lines.iter().flat_map(|line| line.lines()) {
            // TOML's comments have no control characters.
            let line = line.replace(char::is_control, "\u{fffd}");
            let _ = writeln!(text, "#   {line}");
        }
        text.push('\n');
    }
}

fn table(text: &mut String, name: &str, keys: &[(String, String)]) {
    let _ = writeln!(text, "[{name}]");
    for (key, value) in keys {
        let _ = writeln!(text, "{key} = {value}");
    }
}

fn app(text: &mut String, unix: bool) {
    let (size, why) = if unix {
        (
            "1MiB",
            "a Unix socket takes in about 0.2 MB of it before the worker blocks",
        )
    } else {
        (
            "6MiB",
            "TCP on one machine takes in about 4 MB of it before the worker blocks",
        )
    };
    let _ = write!(
        text,
        "[backend.app.\"/\"]\n\
         wait = \"10ms\"          # ASSUMED: an ordinary page\n\
         response = \"8KiB\"      # ASSUMED\n\
         [backend.app.\"/large\"]\n\
         wait = \"20ms\"          # ASSUMED: your largest response\n\
         response = \"{size}\"      # ASSUMED; {why}\n\n"
    );
}

fn proxy(text: &mut String, imported: &Imported) {
    table(text, "proxy", &imported.proxy);
    if imported.proxy("listen.sndbuf").is_none() {
        let _ = writeln!(
            text,
            "listen.sndbuf = \"64KiB\"   # ASSUMED: on loopback the kernel would grow this to 4 MiB, which no slow client's network does"
        );
    }
    text.push('\n');
}

fn clients(text: &mut String, (workers, threads): (u64, u64), unix: bool) {
    let (count, as_many) = match threads {
        1 => (workers, "workers"),
        _ => (workers * threads, "threads in all workers"),
    };
    let rate = if unix { "96KiB/s" } else { "512KiB/s" };
    let _ = write!(
        text,
        "[[clients]]\n\
         name = \"slow\"\n\
         arrival.closed = {{ count = {count}, start = \"2s\" }}   # ASSUMED: as many as there are {as_many}\n\
         request.path = \"/large\"\n\
         behavior.slow-read = {{ rate = \"{rate}\", rcvbuf = \"4KiB\" }}   # ASSUMED: a mobile line that lets a download end within the run\n\n\
         [[clients]]\n\
         name = \"visitors\"\n\
         arrival.open = {{ rate = \"20/s\" }}   # ASSUMED\n\
         request = {{ path = \"/\", timeout = \"10s\" }}\n\
         behavior.healthy = {{}}\n"
    );
}

fn variants(text: &mut String, imported: &Imported, (workers, threads): (u64, u64)) {
    let mut variant = |name: &str, why: &str, set: String| {
        let _ = write!(
            text,
            "\n[[variant]]\nname = \"{name}\"\nwhy = \"{why}\"\nset = {{ {set} }}\n"
        );
    };
    let slots = workers * threads;
    if slots > 1 {
        let set = format!("\"clients.slow.count\" = {}", slots - 1);
        let why = match threads {
            1 => "one worker is left for everybody else",
            _ => "one thread is left for everybody else",
        };
        variant("one-slow-client-fewer", why, set);
    }
    let buffered = imported.proxy("proxy_buffering") != Some("false");
    let no_temp = imported
        .proxy("proxy_max_temp_file_size")
        .is_some_and(|size| size == "\"0B\"");
    if !buffered {
        variant(
            "buffered",
            "nginx takes the response off the worker's hands",
            "\"proxy.proxy_buffering\" = true".to_owned(),
        );
    } else {
        variant(
            "unbuffered",
            "what the buffering is worth",
            "\"proxy.proxy_buffering\" = false".to_owned(),
        );
    }
    if no_temp {
        variant(
            "temp-files",
            "a response that does not fit in memory goes to disk",
            "\"proxy.proxy_max_temp_file_size\" = \"1GiB\"".to_owned(),
        );
    }
    variant(
        "twice-the-workers",
        "more workers move the limit",
        format!("\"backend.workers\" = {}", workers * 2),
    );
}
