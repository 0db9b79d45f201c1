//! nginx's side: the location that passes requests to gunicorn, and what holds in it.

mod choose;
mod includes;
pub(super) mod locations;
mod settings;
mod tree;
mod upstream;
mod words;

pub(super) use choose::{Asked, Chosen, Configuration, choose};
pub use tree::Directive;
pub(super) use tree::{Tree, read, template};
pub use upstream::{Address, Peer};

use super::Told;
use super::environment::Environment;
use super::known::Place;

/// nginx's default, where no `events` block is at hand.
const DEFAULT_CONNECTIONS: &str = "512";

/// How the location was found to be the right one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Match {
    /// It leads to where gunicorn listens.
    Reaches(String),
    /// No location leads there: where it listens instead.
    Conflict(String),
    /// It cannot be told: why, and the flag that would.
    Untold(String, String),
}

/// Another location that passes requests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// As it is written.
    pub name: String,
    /// Its server's name.
    pub server: String,
    /// Where it stands.
    pub at: Place,
    /// Where it leads, and what holds there that does not hold in the chosen one.
    pub differs: Vec<String>,
}

/// The location that was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its server's name.
    pub server: String,
    /// As it is written.
    pub location: String,
    /// Where it stands.
    pub at: Place,
    /// Through which other directive, if not simply its own `proxy_pass`.
    pub by_way_of: Option<String>,
    /// Where it leads, as it is written there.
    pub passes_to: String,
    /// The servers behind it.
    pub peers: Vec<Peer>,
    /// Whether that is gunicorn.
    pub matched: Match,
    /// The others.
    pub others: Vec<Other>,
    /// The directive that decides each key, for the edit of a cure.
    pub held: Vec<Directive>,
    /// Where a directive that is missing would be written.
    pub scope: Place,
    /// What `/` is passed on by, if that is not HTTP.
    pub foreign: Option<String>,
}

/// Tells everything that holds in the chosen location.
pub(super) fn tell(
    configuration: &Configuration<'_>,
    chosen: &Chosen<'_>,
    environment: &Environment,
    told: &mut Told,
) {
    let levels = &chosen.location.levels;
    let held = settings::held(levels);
    let of_limits = [
        "limit_conn",
        "proxy_pass",
        "set",
        "server_name",
        "listen",
        "root",
    ];
    let mut plain = held.clone();
    plain.retain(|name, _| !of_limits.contains(name));
    settings::sort(&plain, environment, told);
    settings::limit_conn(&held, configuration.http, told);
    settings::listens(chosen.location.server, told);
    settings::group(&chosen.upstream, levels, told);
    for level in levels.iter().skip(1) {
        for condition in level.iter().filter(|one| one.name == "if") {
            told.unmapped(
                condition,
                "a condition; what stands in it was not considered",
            );
        }
    }
    of_main(configuration, environment, told);
}

/// What stands around `http`.
fn of_main(configuration: &Configuration<'_>, environment: &Environment, told: &mut Told) {
    let main = configuration.main;
    let find = |name: &str| main.iter().find(|one| one.name == name);
    if let Some(directive) = find("worker_processes") {
        settings::processes(directive, environment, told);
    }
    for name in ["worker_shutdown_timeout", "worker_rlimit_nofile"] {
        if let Some(directive) = find(name) {
            settings::take(directive, environment, told);
        }
    }
    let events = main.iter().filter(|one| one.name == "events");
    for directive in events.flat_map(Directive::inner) {
        settings::take(directive, environment, told);
    }
    let is_said = told.proxy.iter().any(|one| one.key == "worker_connections");
    if !is_said && !configuration.is_whole {
        let why = "nginx.conf, where it stands, was not given";
        let assumed = settings::assumed("worker_connections", DEFAULT_CONNECTIONS, why);
        told.proxy.push(assumed);
    }
}

#[cfg(test)]
mod tests;
