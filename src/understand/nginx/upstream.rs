//! Where `proxy_pass` leads: addresses, the servers of an `upstream`, variables that `set` fills in.

use std::collections::BTreeMap;

use super::tree::Directive;
use crate::understand::environment::Environment;
use crate::understand::known::{Known, Text};
use crate::understand::said::Said;

/// An address that a proxy connects to or a server listens on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// The path of a Unix socket.
    Unix(String),
    /// A host and a port.
    Tcp(String, u16),
}

impl Address {
    /// `unix:/run/a.sock`, `127.0.0.1:8000`, `web:8000`, `[::1]:8000`; without a port it is `port`.
    pub fn parse(text: &str, port: u16) -> Option<Address> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").map_or(path, |rest| rest);
            return Some(Address::Unix(path.to_owned()));
        }
        let text = text.strip_prefix("tcp://").unwrap_or(text);
        let (host, own) = match text.rfind(':') {
            Some(at) if !text.ends_with(']') => (&text[..at], Some(&text[at + 1..])),
            _ => (text, None),
        };
        let port = own.map_or(Some(port), |own| own.parse().ok())?;
        let host = host.trim_matches(['[', ']']);
        Some(Address::Tcp(host.to_owned(), port))
    }

    /// Whether who connects here reaches who listens there.
    pub fn reaches(&self, listener: &Address) -> bool {
        match (self, listener) {
            (Address::Unix(path), Address::Unix(bound)) => {
                let plain = |path: &str| path.replace("//", "/").replacen("/var/run/", "/run/", 1);
                plain(path) == plain(bound)
            }
            (Address::Tcp(host, port), Address::Tcp(bound, own)) => {
                // A name is a service's, which resolves to wherever it listens.
                let is_open = matches!(bound.as_str(), "" | "0.0.0.0" | "::" | "*");
                let near = |host: &str| {
                    matches!(host, "localhost" | "127.0.0.1" | "::1") || host.starts_with("127.")
                };
                let is_name = host.chars().any(|c| c.is_ascii_alphabetic()) && !host.contains(':');
                port == own && (is_open || is_name || host == bound || (near(host) && near(bound)))
            }
            _ => false,
        }
    }

    /// As it is written.
    pub fn shown(&self) -> String {
        match self {
            Address::Unix(path) => format!("unix:{path}"),
            Address::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp(host, port) => format!("{host}:{port}"),
        }
    }
}

/// A peer behind a location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Where it is.
    pub address: Known<Address>,
    /// Its `server` directive, or the `proxy_pass` that names it.
    pub said: Directive,
}

/// What `proxy_pass` leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::understand) struct Upstream {
    /// The group's name, if it is one.
    pub(in crate::understand) name: Option<String>,
    /// Those that take requests: neither `down` nor `backup`.
    pub(in crate::understand) peers: Vec<Peer>,
    /// The other directives of the group.
    pub(in crate::understand) rest: Vec<Directive>,
}

/// Resolves a `proxy_pass` among the groups and variables of its configuration.
pub(in crate::understand) fn resolve(
    pass: &Directive,
    groups: &BTreeMap<&str, &Directive>,
    levels: &[&[Directive]],
    environment: &Environment,
) -> Upstream {
    let filled = fill(pass.first(), levels, environment);
    let url = filled.text.clone();
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", &url));
    let port = if scheme == "https" { 443 } else { 80 };
    let target = authority(rest);
    let name = target.to_owned();
    if let Some(group) = groups.get(target).filter(|_| filled.unknown.is_none()) {
        return of_group(group, environment);
    }
    let text = Text {
        text: name,
        ..filled
    };
    Upstream {
        name: None,
        peers: vec![Peer {
            address: address(&text, port, pass),
            said: pass.clone(),
        }],
        rest: Vec::new(),
    }
}

/// Host and port of what follows `://`; of a Unix socket the path up to the colon that ends it.
fn authority(rest: &str) -> &str {
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    match rest.strip_prefix("unix:") {
        Some(path) => {
            let end = path.find(':').unwrap_or(path.len());
            &rest[.."unix:".len() + end]
        }
        None => rest.split(['/', '?']).next().unwrap_or(rest),
    }
}

fn of_group(group: &Directive, environment: &Environment) -> Upstream {
    let is_used = |one: &&Directive| {
        let out = |arg: &String| arg == "down" || arg == "backup";
        one.name == "server" && !one.args.iter().any(out)
    };
    let peers = group.inner().iter().filter(is_used).map(|said| {
        let text = fill(said.first(), &[], environment);
        Peer {
            address: address(&text, 80, said),
            said: said.clone(),
        }
    });
    Upstream {
        name: Some(group.first().to_owned()),
        peers: peers.collect(),
        rest: group
            .inner()
            .iter()
            .filter(|one| one.name != "server")
            .cloned()
            .collect(),
    }
}

fn address(text: &Text, port: u16, said: &Directive) -> Known<Address> {
    text.known(&said.at)
        .and_then(Said::of("understood-no-server-address"), |text| {
            Address::parse(text, port)
        })
}

/// Fills in variables: those that `set` gives a plain value, and what an environment gives a template.
pub(in crate::understand) fn fill(
    text: &str,
    levels: &[&[Directive]],
    environment: &Environment,
) -> Text {
    let mut out = Text::default();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        out.push(&Text::plain(before));
        let (name, behind) = variable(&after[1..]);
        if name.is_empty() {
            out.push(&Text::plain("$"));
            rest = &after[1..];
            continue;
        }
        out.push(&value(name, levels, environment));
        rest = behind;
    }
    out.push(&Text::plain(rest));
    out
}

fn variable(text: &str) -> (&str, &str) {
    if let Some(inner) = text.strip_prefix('{') {
        return inner.split_once('}').unwrap_or((inner, ""));
    }
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    text.split_at(end)
}

fn value(name: &str, levels: &[&[Directive]], environment: &Environment) -> Text {
    let dollar = format!("${name}");
    let mut set = levels.iter().rev().flat_map(|level| level.iter().rev());
    let set = set.find(|one| one.name == "set" && one.first() == dollar);
    if let Some(set) = set {
        let value = set.args.get(1).map_or("", String::as_str);
        let mut text = match value.contains('$') {
            true => {
                let why = Said::of("understood-computed").with("name", dollar.as_str());
                Text::asked(why.with("at", &set.at), "")
            }
            false => Text::plain(value),
        };
        let fact = Said::of("understood-set-at").with("name", dollar);
        text.learn(&[fact.with("at", &set.at)]);
        return text;
    }
    let is_of_a_template = name
        .chars()
        .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
    match environment.get(name) {
        Some(text) => text,
        None if is_of_a_template => environment.ask(name),
        None => Text::asked(
            Said::of("understood-per-request").with("name", dollar),
            Said::of("understood-per-request-hint"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_connects_where_reaches_whom() {
        for (from, to, expected) in [
            ("unix:/run/g.sock", "unix:/run/g.sock", true),
            ("unix:/run/g.sock", "unix:///run/g.sock", true),
            ("unix:/var/run/g.sock", "unix:/run/g.sock", true),
            ("unix:/run/g.sock", "127.0.0.1:8000", false),
            ("127.0.0.1:8000", "0.0.0.0:8000", true),
            ("localhost:8000", ":8000", true),
            ("127.0.0.1:8000", "localhost:8000", true),
            ("web:8000", "0.0.0.0:8000", true),
            ("web:8000", "127.0.0.1:8000", true),
            ("web:8001", "0.0.0.0:8000", false),
            ("[::1]:8000", "[::]:8000", true),
            ("10.0.0.3:8000", "127.0.0.1:8000", false),
            ("10.0.0.3:8000", "10.0.0.3:8000", true),
        ] {
            let parse = |text| Address::parse(text, 8000).unwrap();
            assert_eq!(parse(from).reaches(&parse(to)), expected, "{from} {to}");
        }
        assert_eq!(Address::parse("web:x", 80), None);
    }
}
