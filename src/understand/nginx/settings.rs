//! What holds in a location, in the words of a scenario: directives under the same name, with their values in TOML.

use std::collections::BTreeMap;

use super::tree::Directive;
use super::upstream::{Upstream, fill};
use crate::machine::timers;
use crate::understand::environment::Environment;
use crate::understand::known::Known;
use crate::understand::quantities::{rate, size, time};
use crate::understand::said::Said;
use crate::understand::{Setting, Told};

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
/// Durations under the same name that are no timers of a request.
const BESIDE_TIMERS: [&str; 4] = [
    "keepalive_timeout",
    "lingering_time",
    "lingering_timeout",
    "worker_shutdown_timeout",
];

/// Directives that matter to slow clients and have no counterpart, with the message of what follows.
const UNMAPPED: [(&str, &str); 22] = [
    ("proxy_cache", "understood-cached"),
    ("limit_req", "understood-limit-req"),
    ("http2", "understood-http2"),
    ("http3", "understood-http3"),
    ("ssl", "understood-tls"),
    ("aio", "understood-aio"),
    ("sendfile", "understood-sendfile"),
    ("auth_request", "understood-auth-request"),
    ("mirror", "understood-mirror"),
    ("slice", "understood-slice"),
    ("gzip", "understood-gzip"),
    ("least_conn", "understood-in-turn"),
    ("ip_hash", "understood-in-turn"),
    ("hash", "understood-in-turn"),
    ("random", "understood-in-turn"),
    ("queue", "understood-queue"),
    ("accept_mutex", "understood-accept-mutex"),
    ("proxy_intercept_errors", "understood-error-pages"),
    ("proxy_store", "understood-store"),
    ("proxy_bind", "understood-bind"),
    ("proxy_socket_keepalive", "understood-tcp-probes"),
    ("proxy_force_ranges", "understood-ranges"),
];

/// The directives that hold, innermost levels last.
pub(in crate::understand) fn held<'a>(
    levels: &[&'a [Directive]],
) -> BTreeMap<&'a str, &'a Directive> {
    let plain = levels
        .iter()
        .flat_map(|level| level.iter())
        .filter(|directive| directive.block.is_none());
    plain
        .map(|directive| (directive.name.as_str(), directive))
        .collect()
}

/// A name of ours for a duration.
fn is_time(name: &str) -> bool {
    let mut timers = timers::Directive::ALL.into_iter();
    BESIDE_TIMERS.contains(&name) || timers.any(|timer| timer.name() == name)
}

/// Sorts everything that holds.
pub(in crate::understand) fn sort(
    held: &BTreeMap<&str, &Directive>,
    environment: &Environment,
    told: &mut Told,
) {
    for directive in held.values() {
        take(directive, environment, told);
    }
}

/// Takes one over, or says why not.
pub(in crate::understand) fn take(
    directive: &Directive,
    environment: &Environment,
    told: &mut Told,
) {
    let name = directive.name.as_str();
    let joined = || directive.args.join(" ");
    let value: &dyn Fn(&str) -> Option<String> = match name {
        _ if SIZES.contains(&name) => &|text| size(text),
        _ if RATES.contains(&name) => &|text| rate(text),
        _ if is_time(name) => {
            &|text| time(text).or_else(|| time(text.split_whitespace().next().unwrap_or_default()))
        }
        _ if SWITCHES.contains(&name) => &|text| match text {
            "on" => Some("true".to_owned()),
            "off" => Some("false".to_owned()),
            _ => None,
        },
        "proxy_buffers" => &buffers,
        "worker_connections"
        | "worker_rlimit_nofile"
        | "keepalive_requests"
        | "proxy_next_upstream_tries" => &|text| text.parse::<u32>().ok().map(|n| n.to_string()),
        "proxy_next_upstream_timeout" => &|text| time(text),
        "lingering_close" | "proxy_http_version" => &|text| Some(quoted(text)),
        "proxy_next_upstream" => &|text| Some(listed(text)),
        _ => return other(directive, told),
    };
    let text = fill(&joined(), &[], environment);
    if name == "proxy_http_version" && !matches!(text.text.as_str(), "1.0" | "1.1") {
        return told.unmapped(directive, "understood-http-version");
    }
    let known = text
        .known(&directive.at)
        .and_then(Said::of("understood-no-value"), |text| value(text));
    match known {
        Known::Unknown { why, .. } => told.unmapped_as(directive, why),
        known => told.proxy.push(Setting {
            key: name.to_owned(),
            value: known,
            shown: directive.shown(),
        }),
    }
}

fn other(directive: &Directive, told: &mut Told) {
    let name = directive.name.as_str();
    let off = directive.first() == "off";
    match UNMAPPED.iter().find(|(one, _)| *one == name) {
        Some((_, why)) if !off => told.unmapped(directive, why),
        _ => told.ignore(name),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// `error timeout` as `["error", "timeout"]`.
fn listed(text: &str) -> String {
    let all: Vec<String> = text.split_whitespace().map(quoted).collect();
    format!("[{}]", all.join(", "))
}

fn buffers(text: &str) -> Option<String> {
    let (count, each) = text.split_once(' ')?;
    let count: u32 = count.parse().ok()?;
    Some(format!("{{ count = {count}, size = {} }}", size(each)?))
}

/// Options of the socket towards clients.
pub(in crate::understand) fn listens(server: &Directive, told: &mut Told) {
    let listens = server.inner().iter().filter(|one| one.name == "listen");
    for directive in listens {
        for arg in directive.args.iter().skip(1) {
            let value = match arg.split_once('=') {
                Some(("backlog", value)) => value
                    .parse::<u32>()
                    .ok()
                    .map(|count| ("listen.backlog", count.to_string())),
                Some(("sndbuf", value)) => size(value).map(|size| ("listen.sndbuf", size)),
                Some(("rcvbuf", value)) => size(value).map(|size| ("listen.rcvbuf", size)),
                None if arg == "ssl" || arg == "http2" => {
                    let why = UNMAPPED.iter().find(|(name, _)| name == arg);
                    if let Some((_, why)) = why {
                        told.unmapped(directive, why);
                    }
                    None
                }
                _ => None,
            };
            let Some((key, value)) = value else { continue };
            if !told.proxy.iter().any(|known| known.key == key) {
                told.proxy.push(Setting {
                    key: key.to_owned(),
                    value: Known::Found {
                        value,
                        at: directive.at.clone(),
                    },
                    shown: format!("listen {arg}"),
                });
            }
        }
    }
}

/// `worker_processes`, of which `auto` is the number of CPUs.
pub(in crate::understand) fn processes(
    directive: &Directive,
    environment: &Environment,
    told: &mut Told,
) {
    let text = match directive.first() {
        "auto" => environment.cpu_count(),
        other => fill(other, &[], environment),
    };
    let known = text.known(&directive.at);
    let value = known.and_then(Said::of("understood-no-number"), |text| {
        text.parse::<u32>().ok().map(|n| n.to_string())
    });
    match value {
        Known::Unknown { .. } => {
            told.unmapped(directive, "understood-one-process");
        }
        value => told.proxy.push(Setting {
            key: "worker_processes".to_owned(),
            value,
            shown: directive.shown(),
        }),
    }
}

/// `limit_conn` counts for each address, if its zone does.
pub(in crate::understand) fn limit_conn(
    held: &BTreeMap<&str, &Directive>,
    http: &[Directive],
    told: &mut Told,
) {
    let Some(directive) = held.get("limit_conn") else {
        return;
    };
    let zone = format!("zone={}:", directive.first());
    let named = http.iter().find(|one| {
        one.name == "limit_conn_zone" && one.args.iter().any(|arg| arg.starts_with(&zone))
    });
    let by_address =
        named.is_none_or(|zone| matches!(zone.first(), "$binary_remote_addr" | "$remote_addr"));
    let most = directive
        .args
        .get(1)
        .and_then(|most| most.parse::<u32>().ok());
    match most.filter(|_| by_address) {
        Some(most) => told.proxy.push(Setting {
            key: "limit_conn".to_owned(),
            value: Known::Found {
                value: most.to_string(),
                at: directive.at.clone(),
            },
            shown: directive.shown(),
        }),
        None => told.unmapped(directive, "understood-not-by-address"),
    }
}

/// What an `upstream` says beside its servers.
pub(in crate::understand) fn group(upstream: &Upstream, levels: &[&[Directive]], told: &mut Told) {
    for directive in &upstream.rest {
        match directive.name.as_str() {
            "keepalive" => keepalive(directive, levels, told),
            "keepalive_timeout" | "keepalive_requests" | "zone" | "keepalive_time" => {
                told.ignore(&format!("upstream {}", directive.name));
            }
            _ => other(directive, told),
        }
    }
    let several = upstream.peers.len() > 1;
    if several {
        let first = &upstream.peers[0].said;
        told.backend.push(Setting {
            key: "instances".to_owned(),
            value: Known::Derived {
                value: upstream.peers.len().to_string(),
                at: first.at.clone(),
                how: Said::of("understood-servers"),
            },
            shown: format!("{} servers", upstream.peers.len()),
        });
        for (arg, key) in [
            ("max_fails", "upstream.max_fails"),
            ("fail_timeout", "upstream.fail_timeout"),
        ] {
            failing(first, arg, key, told);
        }
    }
    for peer in &upstream.peers {
        for arg in peer.said.args.iter().skip(1) {
            if arg.starts_with("weight=") && arg != "weight=1" {
                told.unmapped(&peer.said, "understood-weight");
            } else if arg.starts_with("max_conns=") {
                told.unmapped(&peer.said, "understood-max-conns");
            }
        }
    }
}

fn failing(server: &Directive, arg: &str, key: &str, told: &mut Told) {
    let value = server
        .args
        .iter()
        .find_map(|one| one.strip_prefix(arg)?.strip_prefix('='));
    let toml = value.and_then(|value| match arg {
        "max_fails" => value.parse::<u32>().ok().map(|n| n.to_string()),
        _ => time(value),
    });
    if let Some(value) = toml {
        told.proxy.push(Setting {
            key: key.to_owned(),
            value: Known::Found {
                value,
                at: server.at.clone(),
            },
            shown: server.shown(),
        });
    }
}

/// Kept connections need HTTP/1.1 and no `Connection: close`, which nginx sends otherwise.
fn keepalive(directive: &Directive, levels: &[&[Directive]], told: &mut Told) {
    let held = held(levels);
    let version = held.get("proxy_http_version").map(|one| one.first());
    let headers = levels
        .iter()
        .rev()
        .find(|level| level.iter().any(|one| one.name == "proxy_set_header"));
    let cleared = headers.is_some_and(|level| {
        level.iter().any(|one| {
            one.name == "proxy_set_header"
                && one.first().eq_ignore_ascii_case("Connection")
                && one.args.get(1).is_some_and(String::is_empty)
        })
    });
    match (
        directive.first().parse::<u32>(),
        version == Some("1.1") && cleared,
    ) {
        (Ok(count), true) => told.proxy.push(Setting {
            key: "upstream.keepalive".to_owned(),
            value: Known::Found {
                value: count.to_string(),
                at: directive.at.clone(),
            },
            shown: directive.shown(),
        }),
        (Ok(_), false) => told.unmapped(directive, "understood-keeps-nothing"),
        (Err(_), _) => told.unmapped(directive, "understood-no-value"),
    }
}

/// A text for a place that has none of its own.
pub(in crate::understand) fn assumed(key: &str, value: &str, why: Said) -> Setting {
    Setting {
        key: key.to_owned(),
        value: Known::Assumed {
            value: value.to_owned(),
            why,
        },
        shown: String::new(),
    }
}
