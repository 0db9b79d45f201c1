//! Everything that holds in the chosen location, and around `http`.

use super::settings;
use super::tree::Directive;
use super::{Chosen, Configuration};
use crate::machine::proxy_config::WORKER_CONNECTIONS;
use crate::understand::environment::Environment;
use crate::understand::known::Known;
use crate::understand::said::Said;
use crate::understand::{Setting, Told};

/// Tells everything that holds in the chosen location.
pub(in crate::understand) fn tell(
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
            told.unmapped(condition, "understood-condition");
        }
    }
    of_main(configuration, environment, told);
}

/// Descriptors are limited of a proxy that is a process of its own.
fn limited(directive: &Directive, told: &mut Told) {
    let mut settings = told.proxy.iter();
    let limit = settings.find(|one| one.key == "worker_rlimit_nofile");
    if limit.is_some_and(|one| one.value.value().is_some()) {
        told.proxy.push(Setting {
            key: "process".to_owned(),
            value: Known::Derived {
                value: "\"own\"".to_owned(),
                at: directive.at.clone(),
                how: Said::of("understood-own-process"),
            },
            shown: String::new(),
        });
    }
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
    if let Some(directive) = find("worker_rlimit_nofile") {
        limited(directive, told);
    }
    let events = main.iter().filter(|one| one.name == "events");
    for directive in events.flat_map(Directive::inner) {
        settings::take(directive, environment, told);
    }
    let is_said = told.proxy.iter().any(|one| one.key == "worker_connections");
    if !is_said && !configuration.is_whole {
        let why = Said::of("understood-not-given");
        let assumed = settings::assumed("worker_connections", &WORKER_CONNECTIONS.to_string(), why);
        told.proxy.push(assumed);
    }
}
