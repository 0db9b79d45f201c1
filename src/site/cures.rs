//! Changes of configuration, one at a time: what is played, what it is in the user's own words, what it costs. Where one does not do, the best two together.

use super::answer::{Change, Cure, Finding, Verdict};
use super::battery::named;
use super::play::Stop;
use super::search::{Trial, addresses, connections, descriptors, failure};
use super::stack::{Stack, StackError};
use super::threat::Threat;
use crate::machine::backend_config::WorkerClass;
use crate::units::{Bytes, human_bytes};

/// A cure that is to be tried against a threat.
pub(super) struct Tried {
    threat: &'static Threat,
    /// As for `--set`.
    set: Vec<String>,
    changes: Vec<Change>,
    price: fn(&Stack, &Stack, u64) -> String,
}

/// So much better is worth a change: twice as many.
const WORTH: u64 = 2;

/// What may be changed.
struct Remedy {
    /// Threats that it is tried against.
    against: &'static [&'static str],
    /// Whether it changes anything here, and to what: the value of the key.
    to: fn(&Stack) -> Option<String>,
    key: &'static str,
    price: fn(&Stack, &Stack, u64) -> String,
}

const DOWNLOADS: &[&str] = &["slow-readers", "stalled-readers", "reload"];
const HELD: &[&str] = &[
    "slow-readers",
    "stalled-readers",
    "slow-uploads",
    "plain-load",
    "burst",
    "outage",
    "retries",
];
const CONNECTED: &[&str] = &[
    "slow-readers",
    "stalled-readers",
    "slow-uploads",
    "slow-headers",
    "idle-connections",
    "burst",
    "outage",
    "retries",
];

/// It moves no limit: it takes more addresses to reach it.
const LIMIT_CONN: &str = "proxy.limit_conn";

/// What frees nginx's connections, or gives it more.
const AGAINST_LACK_OF_CONNECTIONS: &[&str] = &[
    "proxy.worker_connections",
    "proxy.worker_rlimit_nofile",
    "proxy.client_header_timeout",
    "proxy.send_timeout",
];

const REMEDIES: [Remedy; 12] = [
    Remedy {
        against: DOWNLOADS,
        key: "proxy.proxy_buffering",
        to: |stack| (!stack.buffering).then(|| "true".to_owned()),
        price: |_, changed, count| {
            let disk = human_bytes(changed.largest.0.saturating_mul(count));
            let size = ("size", changed.largest.to_string());
            let facts = [size, ("disk", disk), ("count", count.to_string())];
            changed.tell("site-price-buffering", &facts)
        },
    },
    Remedy {
        against: &["slow-uploads"],
        key: "proxy.proxy_request_buffering",
        to: |stack| (!stack.request_buffering).then(|| "true".to_owned()),
        price: |_, changed, count| {
            let body = changed.largest_body.unwrap_or(Bytes(0));
            let disk = human_bytes(body.0.saturating_mul(count));
            let facts = [("disk", disk), ("count", count.to_string())];
            changed.tell("site-price-request-buffering", &facts)
        },
    },
    Remedy {
        against: HELD,
        key: "backend.workers",
        to: |stack| (stack.workers <= 128).then(|| (stack.workers * 2).to_string()),
        price: |stack, _, _| {
            let more = stack.workers * stack.instances;
            stack.tell("site-price-workers", &[("count", more.to_string())])
        },
    },
    Remedy {
        against: HELD,
        key: "backend.threads",
        to: |stack| {
            matches!(stack.class, WorkerClass::Sync | WorkerClass::Gthread)
                .then(|| (stack.threads.max(2) * 4).min(64).to_string())
        },
        price: |stack, _, _| match stack.class {
            WorkerClass::Sync => stack.tell("site-price-gthread", &[]),
            _ => stack.tell("site-price-threads", &[]),
        },
    },
    Remedy {
        against: CONNECTED,
        key: "proxy.worker_connections",
        to: |stack| {
            (stack.connections < 16_384)
                .then(|| (stack.connections / stack.processes.max(1) * 4).to_string())
        },
        price: |_, changed, _| {
            let least = changed.connections * 2;
            changed.tell("site-price-connections", &[("count", least.to_string())])
        },
    },
    Remedy {
        against: CONNECTED,
        key: "proxy.worker_rlimit_nofile",
        to: |stack| {
            let enough = stack.connections / stack.processes.max(1) * 3;
            let is_less = stack.descriptors.is_some_and(|count| count < enough);
            is_less.then(|| enough.to_string())
        },
        price: |_, changed, _| {
            let least = changed.descriptors.unwrap_or(0);
            changed.tell("site-price-descriptors", &[("count", least.to_string())])
        },
    },
    Remedy {
        against: &["slow-headers"],
        key: "proxy.client_header_timeout",
        to: |_| Some("\"5s\"".to_owned()),
        price: |stack, _, _| stack.tell("site-price-header-timeout", &[]),
    },
    Remedy {
        against: &["idle-connections"],
        key: "proxy.client_header_timeout",
        to: |_| Some("\"5s\"".to_owned()),
        price: |stack, _, _| stack.tell("site-price-idle-timeout", &[]),
    },
    Remedy {
        against: &["stalled-readers"],
        key: "proxy.send_timeout",
        to: |stack| (stack.send_timeout.as_secs() > 10).then(|| "\"5s\"".to_owned()),
        price: |stack, _, _| stack.tell("site-price-send-timeout", &[]),
    },
    Remedy {
        against: &["reload"],
        key: "backend.graceful_timeout",
        to: |stack| {
            (stack.graceful_timeout < stack.hold)
                .then(|| format!("\"{}s\"", stack.hold.as_secs() + 1))
        },
        price: |stack, _, _| stack.tell("site-price-graceful", &[("hold", stack.hold.to_string())]),
    },
    Remedy {
        against: &["reload"],
        key: "proxy.worker_shutdown_timeout",
        to: |stack| (!stack.worker_shutdown_timeout.is_zero()).then(|| "\"0s\"".to_owned()),
        price: |stack, _, _| stack.tell("site-price-shutdown", &[]),
    },
    Remedy {
        against: &["slow-readers", "stalled-readers", "slow-uploads"],
        key: LIMIT_CONN,
        to: |stack| (stack.limit_conn == 0).then(|| "4".to_owned()),
        price: |_, changed, _| changed.count("site-price-limit-conn", changed.limit_conn),
    },
];

/// What is worth trying, of all that breaks.
pub(super) fn tried(stack: &Stack, findings: &[Finding]) -> Vec<Tried> {
    let mut out = Vec::new();
    let broken = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Breaks);
    for finding in broken {
        let threat = named(&finding.threat);
        let by_connections = finding.failure.as_ref().is_some_and(|failure| {
            [connections(stack), descriptors(stack)].contains(&failure.limit)
        });
        let mut of_this: Vec<Tried> = Vec::new();
        for remedy in REMEDIES
            .iter()
            .filter(|one| one.against.contains(&threat.name))
        {
            // Of no use against the other limit.
            let of_connections = AGAINST_LACK_OF_CONNECTIONS.contains(&remedy.key);
            if by_connections != of_connections && remedy.key != LIMIT_CONN {
                continue;
            }
            let Some(to) = (remedy.to)(stack) else {
                continue;
            };
            of_this.push(Tried {
                threat,
                set: vec![format!("{}={to}", remedy.key)],
                changes: stack.changes(remedy.key, &to),
                price: remedy.price,
            });
        }
        out.extend(pair(&of_this));
        out.extend(of_this);
    }
    out
}

/// The first two together, if there are two: one alone may only move the limit.
fn pair(single: &[Tried]) -> Option<Tried> {
    let [first, second, ..] = single else {
        return None;
    };
    Some(Tried {
        threat: first.threat,
        set: [first.set.clone(), second.set.clone()].concat(),
        changes: [first.changes.clone(), second.changes.clone()].concat(),
        price: first.price,
    })
}

/// Plays a cure: its own break-points, with one seed.
///
/// # Errors
/// A plan that cannot be made; an interruption.
pub(super) fn play(stack: &Stack, tried: &Tried, stop: Stop<'_>) -> Result<Cure, StackError> {
    let changed = stack.with(&tried.set)?;
    let mut trial = Trial::new(&changed, tried.threat, stop);
    let first = trial.bracket(0.0)?.map(|(_, at)| at);
    let half = match first {
        Some(_) => trial.bracket(0.5)?.map(|(_, at)| at),
        None => None,
    };
    let then = match half.or(first) {
        Some(at) => {
            let played = trial.at(at, 1)?.clone();
            failure((&changed, tried.threat), &played, at)
                .map_or(String::new(), |failure| failure.limit)
        }
        None => String::new(),
    };
    let (_, most) = (tried.threat.guesses)(&changed);
    let count = first.unwrap_or(most);
    Ok(Cure {
        threat: tried.threat.name.to_owned(),
        changes: tried.changes.clone(),
        set: tried.set.clone(),
        first,
        half,
        addresses: addresses(&changed, tried.threat, first),
        tried_up_to: most,
        then,
        price: (tried.price)(stack, &changed, count),
    })
}

/// Only what helps, by threat, the best first; of two that do as much the smaller change. Two changes only where they do twice what the better one does;
/// what only asks for more addresses stands last.
pub(super) fn ranked(cures: Vec<Cure>, findings: &[Finding]) -> Vec<Cure> {
    let reach = |cure: &Cure| cure.first.unwrap_or(u64::MAX);
    let from = |addresses: Option<u64>| addresses.unwrap_or(1);
    let mut out: Vec<Cure> = Vec::new();
    for finding in findings {
        let before = finding.first_at().unwrap_or(u64::MAX);
        let of_this = || cures.iter().filter(|cure| cure.threat == finding.threat);
        let best_single = of_this()
            .filter(|cure| cure.set.len() == 1)
            .map(reach)
            .max()
            .unwrap_or(0);
        let mut kept: Vec<Cure> = of_this()
            .filter(|cure| reach(cure) > before || from(cure.addresses) > from(finding.addresses))
            .filter(|cure| {
                cure.set.len() == 1 || reach(cure) / WORTH >= best_single && best_single < u64::MAX
            })
            .cloned()
            .collect();
        kept.sort_by_key(|cure| (std::cmp::Reverse(reach(cure)), cure.set.len()));
        out.extend(kept);
    }
    out
}
