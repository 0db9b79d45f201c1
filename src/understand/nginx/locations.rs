//! Which locations pass requests on, and which of them nginx takes for a path: `=`, `^~`, regular expressions, nested and named ones.

use regex_lite::RegexBuilder;

use super::tree::Directive;
use crate::understand::said::Said;

/// Where a location passes requests to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::understand) enum Pass<'a> {
    /// `proxy_pass`, as written.
    Http(&'a Directive),
    /// `uwsgi_pass` and its like: another protocol.
    Other(&'a Directive),
}

impl<'a> Pass<'a> {
    pub(in crate::understand) fn directive(&self) -> &'a Directive {
        match self {
            Pass::Http(directive) | Pass::Other(directive) => directive,
        }
    }
}

/// A location that passes requests on.
#[derive(Clone, Debug)]
pub(in crate::understand) struct Location<'a> {
    pub(in crate::understand) server: &'a Directive,
    /// The location itself: a regular expression, a prefix.
    pub(in crate::understand) directive: &'a Directive,
    /// What holds in it: `http`, `server`, locations around, itself or the named one; outermost first.
    pub(in crate::understand) levels: Vec<&'a [Directive]>,
    pub(in crate::understand) pass: Pass<'a>,
    /// How it gets there, where that is not simply its own `proxy_pass`.
    pub(in crate::understand) by_way_of: Option<Said>,
}

/// Protocols that are not HTTP to gunicorn.
const OTHERS: [&str; 4] = ["uwsgi_pass", "fastcgi_pass", "scgi_pass", "grpc_pass"];

/// The modifier and the path of a location.
pub(in crate::understand) fn head(location: &Directive) -> (&str, &str) {
    match location.args.as_slice() {
        [modifier, path, ..] => (modifier, path),
        [path] => ["^~", "~*", "~", "="]
            .into_iter()
            .find_map(|modifier| Some((modifier, path.strip_prefix(modifier)?)))
            .unwrap_or(("", path)),
        [] => ("", ""),
    }
}

impl<'a> Location<'a> {
    /// As a user names it: `/`, `~ ^/api/`.
    pub(in crate::understand) fn name(&self) -> String {
        self.directive.args.join(" ")
    }

    pub(in crate::understand) fn is_regex(&self) -> bool {
        head(self.directive).0.starts_with('~')
    }

    /// The name of its server.
    pub(in crate::understand) fn server_name(&self) -> &'a str {
        server_name(self.server)
    }
}

/// The first name of a server, `_` without one.
pub(in crate::understand) fn server_name(server: &Directive) -> &str {
    let names = server
        .inner()
        .iter()
        .find(|directive| directive.name == "server_name");
    names
        .map(Directive::first)
        .filter(|name| !name.is_empty())
        .unwrap_or("_")
}

/// Whether a server answers to a name.
pub(in crate::understand) fn answers_to(server: &Directive, name: &str) -> bool {
    let names = server.inner().iter();
    let mut names = names
        .filter(|directive| directive.name == "server_name")
        .flat_map(|directive| &directive.args);
    names.any(|known| {
        if let Some(pattern) = known.strip_prefix('~') {
            return is_match(pattern, name, true).unwrap_or(false);
        }
        match known
            .strip_prefix('*')
            .or_else(|| known.strip_prefix('.').map(|_| known.as_str()))
        {
            Some(end) => {
                let end = end.to_ascii_lowercase();
                let bare = known.starts_with('.') && name.eq_ignore_ascii_case(&end[1..]);
                bare || name.to_ascii_lowercase().ends_with(&end)
            }
            None => known.eq_ignore_ascii_case(name),
        }
    })
}

/// Every location of a server that passes requests on.
pub(in crate::understand) fn all<'a>(
    http: &'a [Directive],
    server: &'a Directive,
) -> Vec<Location<'a>> {
    let mut out = Vec::new();
    // A server that answers everything itself passes nothing on.
    if server
        .inner()
        .iter()
        .any(|directive| directive.name == "return")
    {
        return out;
    }
    gather(server, server.inner(), vec![http, server.inner()], &mut out);
    out
}

/// The locations of a file that a server includes: there is no server in it.
pub(in crate::understand) fn bare(file: &[Directive]) -> Vec<Location<'_>> {
    let mut out = Vec::new();
    let Some(server) = file.iter().find(|one| one.name == "location") else {
        return out;
    };
    gather(server, file, vec![file], &mut out);
    out
}

fn gather<'a>(
    server: &'a Directive,
    inner: &'a [Directive],
    levels: Vec<&'a [Directive]>,
    into: &mut Vec<Location<'a>>,
) {
    for location in inner
        .iter()
        .filter(|directive| directive.name == "location")
    {
        if head(location).1.starts_with('@') {
            continue;
        }
        let mut own = levels.clone();
        own.push(location.inner());
        if let Some((pass, levels, by_way_of)) = passes(server, location, &own) {
            into.push(Location {
                server,
                directive: location,
                levels,
                pass,
                by_way_of,
            });
        }
        gather(server, location.inner(), own, into);
    }
}

type Passes<'a> = (Pass<'a>, Vec<&'a [Directive]>, Option<Said>);

/// Where a location's requests go in the end: its own pass, that of a named location, that within a condition.
pub(in crate::understand) fn passes<'a>(
    server: &'a Directive,
    location: &'a Directive,
    levels: &[&'a [Directive]],
) -> Option<Passes<'a>> {
    let own = location.inner();
    if own.iter().any(|directive| directive.name == "return") {
        return None;
    }
    if let Some(pass) = pass_of(own) {
        return Some((pass, levels.to_vec(), None));
    }
    for condition in own.iter().filter(|directive| directive.name == "if") {
        if let Some(pass) = pass_of(condition.inner()) {
            let mut levels = levels.to_vec();
            levels.push(condition.inner());
            let told = Said::of("understood-if-holds").with("at", &condition.at);
            return Some((pass, levels, Some(told)));
        }
    }
    let (name, told) = named(own)?;
    let is_named = |one: &&Directive| one.name == "location" && one.args.as_slice() == [name];
    let target = server.inner().iter().find(is_named)?;
    // Of the location that it came from nothing holds there.
    let mut levels = levels[..2.min(levels.len())].to_vec();
    levels.push(target.inner());
    Some((pass_of(target.inner())?, levels, Some(told.into())))
}

fn pass_of(directives: &[Directive]) -> Option<Pass<'_>> {
    directives
        .iter()
        .find_map(|directive| match directive.name.as_str() {
            "proxy_pass" => Some(Pass::Http(directive)),
            name if OTHERS.contains(&name) => Some(Pass::Other(directive)),
            _ => None,
        })
}

/// The named location in which requests end that find no file.
fn named(own: &[Directive]) -> Option<(&str, String)> {
    let at_end = |directive: &'_ Directive| {
        directive
            .args
            .last()
            .is_some_and(|arg| arg.starts_with('@'))
    };
    let found = own
        .iter()
        .find(|one| matches!(one.name.as_str(), "try_files" | "error_page") && at_end(one))?;
    let name = found.args.last()?;
    Some((name, format!("{} {name}", found.name)))
}

/// Whether a path fits a regular expression; `None` if it is one that cannot be read here (`(?=`, back-references).
pub(in crate::understand) fn is_match(
    pattern: &str,
    path: &str,
    insensitive: bool,
) -> Option<bool> {
    let regex = RegexBuilder::new(pattern)
        .case_insensitive(insensitive)
        .size_limit(1 << 18)
        .build()
        .ok()?;
    Some(regex.is_match(path))
}

/// nginx's choice among locations.
#[derive(Debug, Default)]
pub(in crate::understand) struct Choice<'a> {
    /// From the server's own location inwards.
    pub(in crate::understand) chain: Vec<&'a Directive>,
    /// Expressions that could not be read, and so were taken not to fit.
    pub(in crate::understand) unread: Vec<String>,
}

/// As `ngx_http_core_find_location`: the longest prefix, deeper ones within it, then the first expression that fits.
pub(in crate::understand) fn find<'a>(inner: &'a [Directive], path: &str) -> Choice<'a> {
    let mut choice = Choice::default();
    let _ = search(inner, path, &mut choice);
    choice
}

/// Whether the search ended in an exact location or an expression, which nothing around overrules.
fn search<'a>(inner: &'a [Directive], path: &str, choice: &mut Choice<'a>) -> bool {
    let locations = || {
        inner
            .iter()
            .filter(|directive| directive.name == "location")
    };
    let exact = locations().find(|location| head(location) == ("=", path));
    if let Some(exact) = exact {
        choice.chain.push(exact);
        return true;
    }
    let prefix = locations()
        .filter(|location| {
            let (modifier, prefix) = head(location);
            matches!(modifier, "" | "^~") && !prefix.starts_with('@') && path.starts_with(prefix)
        })
        .reduce(|best, one| {
            if head(one).1.len() > head(best).1.len() {
                one
            } else {
                best
            }
        });
    let depth = choice.chain.len();
    let mut regexes = true;
    if let Some(prefix) = prefix {
        choice.chain.push(prefix);
        regexes = head(prefix).0 != "^~";
        if search(prefix.inner(), path, choice) {
            return true;
        }
    }
    if !regexes {
        return false;
    }
    for location in locations() {
        let (modifier, pattern) = head(location);
        if !matches!(modifier, "~" | "~*") {
            continue;
        }
        match is_match(pattern, path, modifier == "~*") {
            Some(false) => {}
            None => choice.unread.push(location.shown()),
            Some(true) => {
                choice.chain.truncate(depth);
                choice.chain.push(location);
                search(location.inner(), path, choice);
                return true;
            }
        }
    }
    false
}
