//! What an nginx configuration says of slow clients: the directives that hold in one location, inherited from `http` and `server`.

use std::path::Path;

use super::nginx_syntax::{self, Directive};
use super::quantities::{rate, size, time};
use super::{ImportError, Imported};
use crate::machine::timers;

/// Directives that we have under the same name.
const SIZES: [&str; 7] = [
    "limit_rate_after",
    "proxy_buffer_size",
    "proxy_busy_buffers_size",
    "proxy_max_temp_file_size",
    "proxy_temp_file_write_size",
    "client_max_body_size",
    "client_body_buffer_size",
];
const SWITCHES: [&str; 4] = [
    "proxy_buffering",
    "proxy_request_buffering",
    "proxy_ignore_client_abort",
    "reset_timedout_connection",
];

/// Bytes a second.
const RATES: [&str; 2] = ["limit_rate", "proxy_limit_rate"];

/// Directives that matter to slow clients and have no counterpart, with what follows.
const UNMAPPED: [(&str, &str); 8] = [
    (
        "include",
        "this file is not there, and what it says is missing",
    ),
    ("proxy_cache", "cached responses never reach a worker"),
    (
        "keepalive",
        "an upstream block is not read; write `upstream = { keepalive = N }` below `[proxy]`",
    ),
    (
        "limit_req",
        "it bounds the requests of one address, a cure that is not modelled",
    ),
    ("http2", "many requests share one connection"),
    ("ssl", "TLS records add buffering"),
    ("aio", "temp files are read by threads"),
    (
        "sendfile",
        "temp files go to the socket without user-space buffers; the release of the worker is the same",
    ),
];

/// Reads a configuration into `imported`.
pub(super) fn read(
    path: &Path,
    location: Option<&str>,
    imported: &mut Imported,
) -> Result<(), ImportError> {
    let main = nginx_syntax::read(path)?;
    let http: Vec<&Directive> = match find(&main, "http") {
        Some(http) => http.block.iter().flatten().collect(),
        // A file from `sites-enabled` begins within `http`.
        None => main.iter().collect(),
    };
    let chosen = choose(&http, location)?;
    imported.understood.push(format!(
        "location `{}` of server `{}`",
        chosen.name, chosen.server
    ));
    for skipped in &chosen.regex_skipped {
        imported.unmapped.push(format!(
            "location `{skipped}`: a regular expression; it was not considered"
        ));
    }
    if let Some(processes) = find(&main, "worker_processes") {
        worker_processes(processes, imported);
    }
    let timeout = find(&main, "worker_shutdown_timeout").into_iter();
    let events = main.iter().filter(|directive| directive.name == "events");
    for directive in timeout.chain(events.flat_map(|events| events.block.iter().flatten())) {
        take(directive, imported);
    }
    // Inner levels come later and replace outer ones, which is how these directives are inherited.
    for level in &chosen.levels {
        for directive in level {
            if directive.block.is_none() {
                take(directive, imported);
            } else if directive.name == "if" {
                let shown = directive.shown();
                imported.unmapped.push(format!(
                    "{shown}: a condition; what stands in it was not considered"
                ));
            }
        }
    }
    upstream(&http, &chosen.passes_to, imported);
    Ok(())
}

fn find<'a>(directives: &'a [Directive], name: &str) -> Option<&'a Directive> {
    directives.iter().find(|directive| directive.name == name)
}

/// The location whose directives count.
struct Chosen<'a> {
    name: String,
    server: String,
    /// Directives of `http`, `server` and the location(s), outermost first.
    levels: Vec<Vec<&'a Directive>>,
    passes_to: String,
    regex_skipped: Vec<String>,
}

struct Candidate<'a> {
    name: String,
    server: String,
    modifier: &'a str,
    path: &'a str,
    levels: Vec<Vec<&'a Directive>>,
    passes_to: &'a str,
}

/// nginx's choice for a path: an exact location, otherwise the longest prefix. Without a path the first that passes requests on.
fn choose<'a>(http: &[&'a Directive], wanted: Option<&str>) -> Result<Chosen<'a>, ImportError> {
    let mut candidates = Vec::new();
    for server in http.iter().filter(|directive| directive.name == "server") {
        let inner: Vec<&Directive> = server.block.iter().flatten().collect();
        let name = inner
            .iter()
            .find(|directive| directive.name == "server_name");
        let name = name
            .and_then(|directive| directive.args.first())
            .map_or("_", String::as_str);
        gather(
            name,
            &inner,
            vec![http.to_vec(), inner.clone()],
            &mut candidates,
        );
    }
    let seen = candidates
        .iter()
        .map(|candidate| candidate.name.clone())
        .collect();
    let is_regex = |candidate: &Candidate<'_>| candidate.modifier.starts_with('~');
    let regex_skipped = candidates
        .iter()
        .filter(|candidate| is_regex(candidate))
        .map(|candidate| candidate.name.clone());
    let regex_skipped: Vec<String> = regex_skipped.collect();
    candidates.retain(|candidate| !is_regex(candidate));
    let best = match wanted {
        None => candidates.into_iter().next(),
        Some(wanted) => {
            candidates.retain(|candidate| match candidate.modifier {
                "=" => candidate.path == wanted,
                _ => wanted.starts_with(candidate.path),
            });
            // The first of equals, as a file is read from its top.
            candidates
                .into_iter()
                .rev()
                .max_by_key(|candidate| (candidate.modifier == "=", candidate.path.len()))
        }
    };
    let best = best.ok_or(ImportError::NoLocation {
        location: wanted.map(str::to_owned),
        seen,
    })?;
    Ok(Chosen {
        name: best.name,
        server: best.server,
        levels: best.levels,
        passes_to: best.passes_to.to_owned(),
        regex_skipped,
    })
}

fn gather<'a>(
    server: &str,
    inner: &[&'a Directive],
    levels: Vec<Vec<&'a Directive>>,
    into: &mut Vec<Candidate<'a>>,
) {
    for location in inner
        .iter()
        .filter(|directive| directive.name == "location")
    {
        let (modifier, path) = match location.args.as_slice() {
            [modifier, path, ..] => (modifier.as_str(), path.as_str()),
            [path] => ("", path.as_str()),
            [] => continue,
        };
        let own: Vec<&Directive> = location.block.iter().flatten().collect();
        let mut levels = levels.clone();
        levels.push(own.clone());
        let pass = passes_to(&own).or_else(|| {
            // Without a file under that name, nginx goes on in the named location, and this one's directives do not count.
            let named = named_location(&own, inner)?;
            levels.pop();
            levels.push(named.clone());
            passes_to(&named)
        });
        if let Some(passes_to) = pass {
            let name = location.args.join(" ");
            into.push(Candidate {
                name,
                server: server.to_owned(),
                modifier,
                path,
                levels: levels.clone(),
                passes_to,
            });
        }
        gather(server, &own, levels, into);
    }
}

fn passes_to<'a>(location: &[&'a Directive]) -> Option<&'a String> {
    let pass = location.iter().find(|one| one.name == "proxy_pass")?;
    pass.args.first()
}

/// What stands in the location that `try_files $uri @name` ends in.
fn named_location<'a>(own: &[&Directive], inner: &[&'a Directive]) -> Option<Vec<&'a Directive>> {
    let try_files = own.iter().find(|one| one.name == "try_files")?;
    let name = try_files.args.last().filter(|arg| arg.starts_with('@'))?;
    let is_named =
        |one: &&&Directive| one.name == "location" && one.args.as_slice() == [name.clone()];
    let named = inner.iter().find(is_named)?;
    Some(named.block.iter().flatten().collect())
}

fn worker_processes(directive: &Directive, imported: &mut Imported) {
    match directive
        .args
        .first()
        .map(String::as_str)
        .and_then(|count| count.parse::<u32>().ok())
    {
        Some(count) => {
            imported.set(false, "worker_processes", count.to_string());
            imported.understood.push(directive.shown());
        }
        None => imported
            .unmapped
            .push(format!("{}: one process is assumed", directive.shown())),
    }
}

/// Durations under the same name that are no timers of a request.
const BESIDE_TIMERS: [&str; 4] = [
    "keepalive_timeout",
    "lingering_time",
    "lingering_timeout",
    "worker_shutdown_timeout",
];

/// Whether we have a duration under the same name.
fn is_time(name: &str) -> bool {
    let mut timers = timers::Directive::ALL.into_iter();
    BESIDE_TIMERS.contains(&name) || timers.any(|timer| timer.name() == name)
}

/// Takes over a directive, or says why not.
fn take(directive: &Directive, imported: &mut Imported) {
    let name = directive.name.as_str();
    let first = directive.args.first().map_or("", String::as_str);
    let value = match name {
        _ if SIZES.contains(&name) => size(first),
        _ if RATES.contains(&name) => rate(first),
        _ if is_time(name) => time(&directive.args.join(" ")).or_else(|| time(first)),
        _ if SWITCHES.contains(&name) => Some((first == "on").to_string()),
        "proxy_buffers" => buffers(&directive.args),
        "worker_connections" => first.parse::<u32>().ok().map(|count| count.to_string()),
        "limit_conn" => directive
            .args
            .get(1)
            .filter(|most| most.parse::<u32>().is_ok())
            .cloned(),
        "proxy_http_version" => Some(format!("\"{first}\"")),
        "proxy_next_upstream" => Some(words(&directive.args)),
        "listen" => return listen(directive, imported),
        _ => return sort(directive, imported),
    };
    match value {
        Some(value) => {
            imported.set(false, name, value);
            imported.understand(name, directive.shown());
        }
        None => imported.unmapped.push(format!(
            "{}: its value is not understood (line {})",
            directive.shown(),
            directive.line
        )),
    }
}

/// `error timeout` as `["error", "timeout"]`.
fn words(args: &[String]) -> String {
    let quoted: Vec<String> = args.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

fn buffers(args: &[String]) -> Option<String> {
    let [count, each] = args else { return None };
    let count: u32 = count.parse().ok()?;
    Some(format!("{{ count = {count}, size = {} }}", size(each)?))
}

fn listen(directive: &Directive, imported: &mut Imported) {
    let mut taken = Vec::new();
    for arg in directive.args.iter().skip(1) {
        let value = match arg.split_once('=') {
            Some(("backlog", value)) => value
                .parse::<u32>()
                .ok()
                .map(|count| ("listen.backlog", count.to_string())),
            Some(("sndbuf", value)) => size(value).map(|size| ("listen.sndbuf", size)),
            Some(("rcvbuf", value)) => size(value).map(|size| ("listen.rcvbuf", size)),
            _ => None,
        };
        match value {
            Some((key, value)) => {
                imported.set(false, key, value);
                taken.push(arg.clone());
            }
            None if arg == "ssl" || arg == "http2" => matters(arg, &directive.shown(), imported),
            None => {}
        }
    }
    if taken.is_empty() {
        imported.ignored.push(format!(
            "{}: the port is the kernel's choice",
            directive.shown()
        ));
    } else {
        imported
            .understood
            .push(format!("listen {}", taken.join(" ")));
    }
}

/// Tells what matters from what does not.
fn sort(directive: &Directive, imported: &mut Imported) {
    if directive.name == "proxy_pass" {
        return;
    }
    if UNMAPPED.iter().any(|(name, _)| *name == directive.name) {
        matters(&directive.name, &directive.shown(), imported);
    } else {
        imported.ignored.push(directive.shown());
    }
}

fn matters(name: &str, shown: &str, imported: &mut Imported) {
    let why = UNMAPPED
        .iter()
        .find(|(one, _)| *one == name)
        .map_or("", |(_, why)| why);
    imported.unmapped.push(format!("{shown}: {why}"));
}

/// Where requests go: the transport, and how many backends there are.
fn upstream(http: &[&Directive], passes_to: &str, imported: &mut Imported) {
    let target = passes_to
        .split_once("://")
        .map_or(passes_to, |(_, rest)| rest);
    let name = target.split('/').next().unwrap_or(target);
    let named = |directive: &&&Directive| {
        directive.name == "upstream" && directive.args.first().is_some_and(|arg| arg == name)
    };
    let mut servers = vec![target.to_owned()];
    if let Some(upstream) = http.iter().find(named) {
        let inner = || upstream.block.iter().flatten();
        servers = inner()
            .filter(|one| one.name == "server")
            .filter_map(|one| one.args.first().cloned())
            .collect();
        for directive in inner().filter(|one| one.name != "server") {
            sort(directive, imported);
        }
    }
    let unix = servers
        .first()
        .is_some_and(|server| server.starts_with("unix:"));
    let bind = if unix { "unix" } else { "tcp" };
    imported.set(true, "bind", format!("\"{bind}\""));
    imported
        .understood
        .push(format!("proxy_pass {passes_to}: a backend over {bind}"));
    if servers.len() > 1 {
        let all = servers.join(", ");
        imported.unmapped.push(format!(
            "upstream {name} has {} servers ({all}): one backend takes their place",
            servers.len()
        ));
    }
}
