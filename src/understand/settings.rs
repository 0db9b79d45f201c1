//! gunicorn's settings in a scenario's words, and what must be asked before numbers mean anything.

use super::gunicorn::Gunicorn;
use super::known::Known;
use super::nginx::{Address, Match};
use super::said::Said;
use super::{Question, Setting, Sources, Told, Understood};
use crate::machine::backend_config::WorkerClass;
use crate::machine::worker_class_settings::ignored_by;

/// Settings that matter and have no counterpart, with the message of what follows.
const UNMAPPED: [(&str, &str); 5] = [
    ("reuse_port", "understood-reuse-port"),
    ("preload_app", "understood-preload"),
    ("limit_request_line", "understood-head-limits"),
    ("certfile", "understood-tls"),
    ("reload", "understood-reload"),
];
/// Counts under the same name.
const COUNTS: [&str; 4] = [
    "worker_connections",
    "backlog",
    "max_requests",
    "max_requests_jitter",
];
/// Whole seconds under the same name.
const SECONDS: [&str; 3] = ["timeout", "graceful_timeout", "keepalive"];
/// What is no setting but stands among them in a Python file is not told.
const OTHER_SETTINGS: [&str; 22] = [
    "accesslog",
    "errorlog",
    "loglevel",
    "logconfig",
    "capture_output",
    "proc_name",
    "pidfile",
    "user",
    "group",
    "umask",
    "daemon",
    "chdir",
    "pythonpath",
    "raw_env",
    "worker_tmp_dir",
    "forwarded_allow_ips",
    "access_log_format",
    "statsd_host",
    "sendfile",
    "proxy_protocol",
    "tmp_upload_dir",
    "control_socket_disable",
];

/// Takes gunicorn's settings over.
pub(super) fn backend(understood: &mut Understood) {
    let told = &mut understood.told;
    let Some(gunicorn) = &understood.gunicorn else {
        transport(None, understood.site.as_ref().map(|site| &site.peers), told);
        return;
    };
    let mut add = |key: &str, value: Known<String>| {
        if value.is_said() {
            let shown = format!("{key} = {}", value.value().map_or("", String::as_str));
            told.backend.push(Setting {
                key: key.to_owned(),
                value,
                shown,
            });
        }
    };
    add("workers", gunicorn.number("workers", 1).map(u64::to_string));
    add("threads", gunicorn.number("threads", 1).map(u64::to_string));
    let class = gunicorn.class();
    add(
        "worker_class",
        class.map(|class| format!("\"{}\"", class.name())),
    );
    let mut wrong = Vec::new();
    for (names, unit) in [(COUNTS.as_slice(), ""), (SECONDS.as_slice(), "s")] {
        for name in names {
            if !gunicorn.settings.contains_key(*name) {
                continue;
            }
            let value = gunicorn.number(name, 0).map(|n| match unit {
                "" => n.to_string(),
                unit => format!("\"{n}{unit}\""),
            });
            if let Known::Unknown { why, at, .. } = &value {
                let at = at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
                let why = Said::of("understood-stands-in").with("why", why.clone());
                wrong.push(Said::Plain(format!("{name}{at}")).because(why));
            }
            add(name, value);
        }
    }
    told.unmapped.extend(wrong);
    rest(gunicorn, told);
    leave_out_ignored(gunicorn, told);
    let peers = understood.site.as_ref().map(|site| &site.peers);
    transport(Some(gunicorn), peers, told);
}

fn rest(gunicorn: &Gunicorn, told: &mut Told) {
    for (name, value) in &gunicorn.settings {
        let is_off = matches!(
            value.value().map(String::as_str),
            Some("False" | "None" | "")
        );
        match UNMAPPED.iter().find(|(one, _)| one == name) {
            Some((_, why)) if !is_off => {
                let at = value
                    .place()
                    .map(|at| format!(" ({at})"))
                    .unwrap_or_default();
                let line = Said::Plain(format!("{name}{at}")).because(Said::of(why));
                told.unmapped.push(line);
            }
            Some(_) => {}
            None if OTHER_SETTINGS.contains(&name.as_str()) => told.ignore(name),
            None => {}
        }
    }
}

/// The class that really serves: several threads make sync gthread.
pub(super) fn effective(gunicorn: &Gunicorn) -> Option<WorkerClass> {
    let class = *gunicorn.class().value()?;
    let threads = *gunicorn.number("threads", 1).value()?;
    Some(class.with_threads(u32::try_from(threads).ok()?))
}

/// What the worker class ignores is told instead of taken over: in a scenario it would only be a warning.
fn leave_out_ignored(gunicorn: &Gunicorn, told: &mut Told) {
    let class = effective(gunicorn).unwrap_or_default();
    for ignored in ignored_by(class) {
        let Some(setting) = told.backend(ignored.key).cloned() else {
            continue;
        };
        told.backend.retain(|one| one.key != ignored.key);
        let value = setting.value.value().map_or("", String::as_str);
        // One thread is what a class without threads has anyway.
        if (ignored.key, value) != ("threads", "1") {
            let why = Said::of(match ignored.key {
                "threads" => "understood-ignores-threads",
                "keepalive" => "understood-ignores-keepalive",
                "worker_connections" => "understood-ignores-connections",
                "backlog" => "understood-ignores-backlog",
                _ => "understood-ignores",
            });
            let line = Said::Plain(format!("{} = {value}", ignored.key));
            told.notes
                .push(line.because(why.with("class", class.name())));
        }
    }
}

/// Unix or TCP: as nginx connects, otherwise as gunicorn listens.
fn transport(gunicorn: Option<&Gunicorn>, peers: Option<&Vec<super::Peer>>, told: &mut Told) {
    let of = |address: &Address| match address {
        Address::Unix(_) => "\"unix\"".to_owned(),
        Address::Tcp(..) => "\"tcp\"".to_owned(),
    };
    let of_nginx = peers
        .and_then(|peers| peers.first())
        .map(|peer| peer.address.map(of));
    let listens = gunicorn.and_then(|gunicorn| gunicorn.addresses().into_iter().next());
    let of_gunicorn = listens.map(|known| known.map(of));
    let value = [of_nginx, of_gunicorn]
        .into_iter()
        .flatten()
        .find(|known| known.value().is_some());
    if let Some(value) = value {
        told.backend.push(Setting {
            key: "bind".to_owned(),
            value,
            shown: "bind".to_owned(),
        });
    }
}

/// What must be answered first: the class, the number of workers and threads, the location.
pub(super) fn questions(sources: &Sources, understood: &mut Understood) {
    let mut asked = Vec::new();
    let mut ask = |about: &str, why: Said, hint: Said| {
        asked.push(Question {
            about: about.to_owned(),
            why,
            hint,
        });
    };
    match &understood.gunicorn {
        None if understood.questions.is_empty() => ask(
            "workers",
            Said::of("understood-no-start"),
            Said::of("understood-no-start-hint"),
        ),
        None => {}
        Some(gunicorn) => {
            let class = gunicorn.class().map(|class| class.name().to_owned());
            let workers = gunicorn.number("workers", 1).map(u64::to_string);
            let mut all = vec![("worker_class", class), ("workers", workers)];
            let threads = gunicorn.number("threads", 1).map(u64::to_string);
            let reads_threads =
                effective(gunicorn).is_none_or(|class| class == WorkerClass::Gthread);
            if reads_threads || threads.value().is_none() {
                all.push(("threads", threads));
            }
            for (about, known) in all {
                if let Known::Unknown { at, why, hint } = known {
                    let at = at.map(|at| Said::Plain(format!("({at})")));
                    let why = Said::Row([why].into_iter().chain(at).collect(), " ");
                    ask(about, why, hint);
                }
            }
        }
    }
    if let Some(site) = &understood.site
        && let Some(foreign) = &site.foreign
        && !matches!(site.matched, Match::Reaches(_))
        && sources.location.is_none()
    {
        ask(
            "location",
            Said::of("understood-foreign").with("foreign", foreign.as_str()),
            Said::of("understood-foreign-hint"),
        );
    }
    understood.questions.extend(asked);
}
