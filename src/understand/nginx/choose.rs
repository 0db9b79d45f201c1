//! Which location is the site: the one that leads to where gunicorn listens, `/` before others; or the one that was asked for.

use std::collections::BTreeMap;

use super::locations::{self, Location, Pass};
use super::settings::held;
use super::tree::{Directive, Tree};
use super::upstream::{Address, Upstream, resolve};
use super::{Match, Other, Site};
use crate::understand::environment::Environment;
use crate::understand::error::UnderstandError;
use crate::understand::gunicorn::DEFAULT_PORT;
use crate::understand::known::Known;
use crate::understand::said::Said;

/// So many other locations are compared with the chosen one.
const MOST_OTHERS: usize = 200;

/// A configuration, with its parts at hand.
pub(in crate::understand) struct Configuration<'t> {
    pub(in crate::understand) main: &'t [Directive],
    pub(in crate::understand) http: &'t [Directive],
    /// Whether it has an `http` block; a file of `sites-enabled` begins within it.
    pub(in crate::understand) is_whole: bool,
}

impl<'t> Configuration<'t> {
    pub(in crate::understand) fn of(tree: &'t Tree) -> Configuration<'t> {
        let main = tree.directives.as_slice();
        let http = main.iter().find(|one| one.name == "http");
        Configuration {
            main,
            http: http.map_or(main, Directive::inner),
            is_whole: http.is_some(),
        }
    }
}

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::understand) struct Asked<'a> {
    pub(in crate::understand) server: Option<&'a str>,
    pub(in crate::understand) path: Option<&'a str>,
}

/// What was chosen.
pub(in crate::understand) struct Chosen<'t> {
    pub(in crate::understand) location: Location<'t>,
    pub(in crate::understand) upstream: Upstream,
    pub(in crate::understand) site: Site,
}

/// A location with what it leads to.
struct Candidate<'t> {
    location: Location<'t>,
    upstream: Upstream,
    fits: Fits,
}

/// Whether a location leads to gunicorn; the better first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fits {
    Yes,
    Perhaps,
    No,
}

/// Chooses. `binds` is where gunicorn listens; none if there is no gunicorn.
///
/// # Errors
/// Nothing passes requests on over HTTP.
pub(in crate::understand) fn choose<'t>(
    configuration: &Configuration<'t>,
    binds: &[Known<Address>],
    environment: &Environment,
    asked: Asked<'_>,
) -> Result<Chosen<'t>, UnderstandError> {
    let groups: BTreeMap<&str, &Directive> = configuration
        .http
        .iter()
        .filter(|one| one.name == "upstream")
        .map(|one| (one.first(), one))
        .collect();
    let mut unread = Vec::new();
    let (all, foreign) = gather(configuration, asked, &mut unread)?;
    let root = all
        .iter()
        .find(|one| locations::head(one.directive).1 == "/");
    let is_http = root.is_some_and(|root| matches!(root.pass, Pass::Http(_)));
    let mut candidates: Vec<Candidate<'t>> = all
        .into_iter()
        .filter_map(|location| {
            let Pass::Http(pass) = location.pass else {
                return None;
            };
            let upstream = resolve(pass, &groups, &location.levels, environment);
            let fits = fitness(&upstream, binds);
            Some(Candidate {
                location,
                upstream,
                fits,
            })
        })
        .collect();
    if candidates.is_empty() {
        return Err(UnderstandError::NoLocation {
            location: asked.path.map(str::to_owned),
            seen: foreign,
        });
    }
    candidates.sort_by_key(|candidate| rank(candidate, !binds.is_empty()));
    let best = candidates.remove(0);
    let foreign = foreign.first().filter(|_| !is_http).cloned();
    let mut site = describe(&best, &candidates, binds);
    site.foreign = foreign;
    Ok(Chosen {
        location: best.location,
        upstream: best.upstream,
        site,
    })
}

type Gathered<'t> = (Vec<Location<'t>>, Vec<String>);

/// The locations that come into question, and those that pass requests on by another protocol, in words.
fn gather<'t>(
    configuration: &Configuration<'t>,
    asked: Asked<'_>,
    unread: &mut Vec<String>,
) -> Result<Gathered<'t>, UnderstandError> {
    let servers = configuration.http.iter().filter(|one| one.name == "server");
    let mut servers: Vec<&Directive> = servers.collect();
    if let Some(name) = asked.server {
        let known: Vec<String> = servers
            .iter()
            .map(|server| locations::server_name(server).to_owned())
            .collect();
        servers.retain(|server| locations::answers_to(server, name));
        if servers.is_empty() {
            let known = known
                .into_iter()
                .take(20)
                .map(|name| format!("server `{name}`"));
            return Err(UnderstandError::NoLocation {
                location: Some(name.to_owned()),
                seen: known.collect(),
            });
        }
    }
    // A file with locations only, which a server includes.
    let bare = configuration.http.iter().any(|one| one.name == "location");
    let mut all = Vec::new();
    let whole: Vec<(&Directive, &[Directive])> = servers
        .iter()
        .map(|server| (*server, server.inner()))
        .collect();
    for (server, inner) in whole {
        match asked.path {
            None => all.extend(locations::all(configuration.http, server)),
            Some(path) => all.extend(asked_for(configuration, server, inner, (path, unread))),
        }
    }
    if bare && all.is_empty() {
        all.extend(locations::bare(configuration.http));
    }
    let foreign = all
        .iter()
        .filter(|location| matches!(location.pass, Pass::Other(_)))
        .map(|location| {
            let pass = location.pass.directive();
            format!("`{}` {} ({})", location.name(), pass.name, pass.at)
        });
    let foreign: Vec<String> = foreign.take(20).collect();
    Ok((all, foreign))
}

/// The location that nginx takes for a path, if it passes requests on.
fn asked_for<'t>(
    configuration: &Configuration<'t>,
    server: &'t Directive,
    inner: &'t [Directive],
    (path, unread): (&str, &mut Vec<String>),
) -> Option<Location<'t>> {
    let choice = locations::find(inner, path);
    unread.extend(choice.unread);
    let last = choice.chain.last()?;
    let mut levels = vec![configuration.http, inner];
    levels.extend(choice.chain.iter().map(|location| location.inner()));
    let (pass, levels, by_way_of) = locations::passes(server, last, &levels)?;
    Some(Location {
        server,
        directive: last,
        levels,
        pass,
        by_way_of,
    })
}

fn fitness(upstream: &Upstream, binds: &[Known<Address>]) -> Fits {
    let mut best = Fits::No;
    for peer in &upstream.peers {
        for bind in binds {
            let fits = match (peer.address.value(), bind.value()) {
                (Some(from), Some(to)) if from.reaches(to) => Fits::Yes,
                (Some(_), Some(_)) => Fits::No,
                _ => Fits::Perhaps,
            };
            best = best.min(fits);
        }
    }
    best
}

/// Beginnings of paths that lead to a part of an application that few visitors see.
const BESIDE: [&str; 12] = [
    "/static", "/media", "/assets", "/docs", "/health", "/ping", "/admin", "/ws", "/socket",
    "/events", "/metrics", "/auth",
];

/// What a candidate is judged by, the better first.
type Rank = (Fits, bool, bool, bool, bool, usize);

/// Without a gunicorn its default port speaks for a location; then `/`, what is not beside the site, plain prefixes, short ones.
fn rank(candidate: &Candidate<'_>, is_known: bool) -> Rank {
    let (modifier, path) = locations::head(candidate.location.directive);
    let by_port = candidate.upstream.peers.iter().any(|peer| {
        matches!(
            peer.address.value(),
            Some(Address::Tcp(_, DEFAULT_PORT) | Address::Unix(_))
        )
    });
    (
        candidate.fits.clone(),
        !is_known && !by_port,
        path != "/" || modifier == "=",
        BESIDE.iter().any(|beside| path.starts_with(beside)),
        candidate.location.is_regex() || modifier == "=",
        path.len(),
    )
}

fn describe(best: &Candidate<'_>, rest: &[Candidate<'_>], binds: &[Known<Address>]) -> Site {
    let location = &best.location;
    let matched = matched(best, binds);
    let own = held(&location.levels);
    let others = rest.iter().take(MOST_OTHERS).map(|other| Other {
        name: other.location.name(),
        server: other.location.server_name().to_owned(),
        at: other.location.directive.at.clone(),
        differs: differs(best, other, &own),
    });
    Site {
        server: location.server_name().to_owned(),
        location: location.name(),
        at: location.directive.at.clone(),
        by_way_of: location.by_way_of.clone(),
        passes_to: shown(&best.upstream),
        peers: best.upstream.peers.clone(),
        matched,
        others: others.collect(),
        scope: location.pass.directive().at.clone(),
        foreign: None,
    }
}

fn matched(best: &Candidate<'_>, binds: &[Known<Address>]) -> Match {
    let bound = || {
        let shown = binds.iter().filter_map(Known::value).map(Address::shown);
        shown.collect::<Vec<_>>().join(", ")
    };
    let unknown = best
        .upstream
        .peers
        .iter()
        .map(|peer| &peer.address)
        .chain(binds)
        .find_map(|known| match known {
            Known::Unknown { why, hint, .. } => Some((why.clone(), hint.clone())),
            _ => None,
        });
    match (&best.fits, unknown) {
        (Fits::Yes, _) => Match::Reaches(bound()),
        (Fits::No, _) if binds.is_empty() => {
            Match::Untold(Said::of("understood-no-bind"), "--gunicorn FILE".into())
        }
        (Fits::Perhaps, Some((why, hint))) => Match::Untold(why, hint),
        _ => Match::Conflict(bound()),
    }
}

/// An address without what is secret in it, and where it leads.
fn shown(upstream: &Upstream) -> String {
    let peers: Vec<String> = upstream
        .peers
        .iter()
        .take(4)
        .map(|peer| match peer.address.value() {
            Some(address) => address.shown(),
            None => peer
                .said
                .first()
                .rsplit('@')
                .next()
                .unwrap_or_default()
                .to_owned(),
        })
        .collect();
    let more = match upstream.peers.len().saturating_sub(4) {
        0 => String::new(),
        more => format!(", … +{more}"),
    };
    match &upstream.name {
        Some(name) => format!("{name} ({}{more})", peers.join(", ")),
        None => peers.join(", "),
    }
}

/// What of the settings that matter here is another one there.
fn differs(
    best: &Candidate<'_>,
    other: &Candidate<'_>,
    own: &BTreeMap<&str, &Directive>,
) -> Vec<Said> {
    let mut out = Vec::new();
    let to = shown(&other.upstream);
    if to != shown(&best.upstream) {
        out.push(Said::of("understood-to").with("to", to));
    }
    let theirs = held(&other.location.levels);
    let matters = |name: &str| {
        [
            "proxy_buffering",
            "proxy_request_buffering",
            "client_max_body_size",
            "limit_rate",
            "limit_conn",
            "limit_req",
            "proxy_cache",
        ]
        .contains(&name)
            || name.starts_with("proxy_") && (name.ends_with("timeout") || name.contains("buffer"))
    };
    for (name, directive) in theirs.iter().filter(|(name, _)| matters(name)) {
        if own.get(name).map(|one| &one.args) != Some(&directive.args) {
            out.push(format!("{} ({})", directive.shown(), directive.at).into());
        }
    }
    for name in own.keys().filter(|name| matters(name)) {
        if !theirs.contains_key(name) {
            out.push(Said::of("understood-as-default").with("name", *name));
        }
    }
    out
}
