//! The metrics that a condition can name, and where `summary.json` has them.

use super::unit::Unit;
use crate::record::Outcome;
use crate::record::summary::{AbsorbedSummary, GroupSummary, LatencySummary, VariantSummary};

/// One metric of a variant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Metric {
    /// `<group>.<rest>`.
    Group { group: String, of: OfGroup },
    /// `workers.held.<group>`.
    Held(String),
    /// `workers.…`, `accept_queue.…`, `proxy.…` with a fixed name.
    Stack(&'static str),
    /// `proxy.timers_fired.<directive>`.
    TimersFired(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum OfGroup {
    Requests,
    Complete,
    ReceivedBytes,
    Zombies,
    ErrorRate,
    Status(u16),
    ProxyStatus(u16),
    Outcome(Outcome),
    Absorbed(&'static str),
    Distribution(&'static str, &'static str),
}

/// The fixed names and their units.
const STACK: [(&str, Unit); 16] = [
    ("workers.busy_ratio", Unit::SHARE),
    ("workers.blocked_in_send", Unit::TIME),
    ("workers.spawned", Unit::PLAIN),
    ("workers.killed_by_timeout", Unit::PLAIN),
    ("workers.count", Unit::PLAIN),
    ("workers.slots", Unit::PLAIN),
    ("workers.peak_rss_bytes", Unit::BYTES),
    ("workers.peak_buffered_bytes", Unit::BYTES),
    ("accept_queue.max", Unit::PLAIN),
    ("accept_queue.mean", Unit::PLAIN),
    ("accept_queue.limit", Unit::PLAIN),
    ("accept_queue.refused", Unit::PLAIN),
    ("proxy.peak_buffered_bytes", Unit::BYTES),
    ("proxy.spilled_bytes", Unit::BYTES),
    ("proxy.upstream_held.p50", Unit::TIME),
    ("proxy.upstream_held.max", Unit::TIME),
];

const GROUP: [&str; 5] = [
    "requests",
    "complete",
    "received_bytes",
    "zombies",
    "error_rate",
];
/// What follows `absorbed_bytes.`.
const HOPS: [&str; 4] = ["total", "upstream", "proxy", "downstream"];
const DISTRIBUTIONS: [&str; 4] = ["latency", "latency_from_send", "hold", "queue_wait"];
const POINTS: [&str; 8] = ["count", "min", "mean", "p50", "p90", "p99", "p999", "max"];
const TIMERS: [&str; 6] = [
    "proxy_read_timeout",
    "send_timeout",
    "proxy_connect_timeout",
    "proxy_send_timeout",
    "client_header_timeout",
    "client_body_timeout",
];
const OUTCOMES: [(&str, Outcome); 7] = [
    ("complete", Outcome::Complete),
    ("truncated", Outcome::Truncated),
    ("refused", Outcome::Refused),
    ("reset", Outcome::Reset),
    ("timeout", Outcome::Timeout),
    ("aborted", Outcome::Aborted),
    ("unfinished", Outcome::Unfinished),
];
/// First words that cannot be groups.
const PLACES: [&str; 3] = ["workers", "accept_queue", "proxy"];

impl Metric {
    /// Reads a path; the error is what to say, with a hint.
    pub(super) fn parse(path: &str) -> Result<Metric, (String, Option<String>)> {
        let Some((place, rest)) = path.split_once('.') else {
            let what = format!("`{path}` is not a metric");
            return Err((
                what,
                Some(format!(
                    "write `<group>.<metric>`, such as `{path}.requests`"
                )),
            ));
        };
        if !PLACES.contains(&place) {
            let of = OfGroup::parse(rest)
                .map_err(|known| unknown(rest, "a metric of a group", known))?;
            return Ok(Metric::Group {
                group: place.to_owned(),
                of,
            });
        }
        if let Some(group) = path
            .strip_prefix("workers.held.")
            .filter(|group| !group.is_empty())
        {
            return Ok(Metric::Held(group.to_owned()));
        }
        if let Some(directive) = path.strip_prefix("proxy.timers_fired.") {
            return match TIMERS.contains(&directive) {
                true => Ok(Metric::TimersFired(directive.to_owned())),
                false => Err(unknown(directive, "a timer of the proxy", strings(&TIMERS))),
            };
        }
        match STACK.iter().find(|(name, _)| *name == path) {
            Some((name, _)) => Ok(Metric::Stack(name)),
            None => {
                let mut known: Vec<String> = (STACK.iter().map(|(name, _)| (*name).to_owned()))
                    .chain(TIMERS.map(|timer| format!("proxy.timers_fired.{timer}")))
                    .collect();
                known.push("workers.held.<group>".to_owned());
                known.retain(|name| name.starts_with(place));
                Err(unknown(path, "a metric", known))
            }
        }
    }

    /// The group that it is of.
    pub(super) fn group(&self) -> Option<&str> {
        match self {
            Metric::Group { group, .. } | Metric::Held(group) => Some(group),
            Metric::Stack(_) | Metric::TimersFired(_) => None,
        }
    }

    /// What it measures.
    pub(super) fn unit(&self) -> Unit {
        match self {
            Metric::Held(_) => Unit::TIME,
            Metric::TimersFired(_) => Unit::PLAIN,
            Metric::Stack(name) => {
                let found = STACK.iter().find(|(known, _)| known == name);
                found.map_or(Unit::PLAIN, |(_, unit)| *unit)
            }
            Metric::Group { of, .. } => match of {
                OfGroup::ReceivedBytes | OfGroup::Absorbed(_) => Unit::BYTES,
                OfGroup::ErrorRate => Unit::SHARE,
                OfGroup::Distribution(_, "count") => Unit::PLAIN,
                OfGroup::Distribution(..) => Unit::TIME,
                _ => Unit::PLAIN,
            },
        }
    }

    /// Its value, in seconds, bytes or a plain number; otherwise why there is none.
    pub(super) fn value(&self, variant: &VariantSummary) -> Result<f64, String> {
        match self {
            Metric::Group { group, of } => {
                let summary = find_group(variant, group)?;
                if summary.requests == 0 && *of != OfGroup::Requests {
                    return Err(format!("`{group}` made no request"));
                }
                of.value(summary)
            }
            Metric::Held(group) => {
                find_group(variant, group)?;
                let held = variant.workers.held_s_by_group.get(group);
                held.copied()
                    .ok_or_else(|| "the workers were not observed".to_owned())
            }
            Metric::TimersFired(directive) => {
                let proxy = variant.proxy.as_ref().ok_or("there is no proxy")?;
                Ok(proxy.timers_fired.get(directive).copied().unwrap_or(0) as f64)
            }
            Metric::Stack(name) => {
                stack_value(name, variant)?.ok_or_else(|| format!("`{name}` was not measured"))
            }
        }
    }
}

fn find_group<'a>(variant: &'a VariantSummary, name: &str) -> Result<&'a GroupSummary, String> {
    let found = variant.groups.iter().find(|group| group.name == name);
    found.ok_or_else(|| format!("there is no group `{name}`"))
}

fn stack_value(name: &str, variant: &VariantSummary) -> Result<Option<f64>, String> {
    let (workers, queue) = (&variant.workers, &variant.accept_queue);
    let count = |n: u64| Some(n as f64);
    Ok(match name {
        "workers.busy_ratio" => workers.busy_ratio,
        "workers.blocked_in_send" => workers.blocked_in_send_s,
        "workers.spawned" => count(workers.spawned),
        "workers.killed_by_timeout" => count(workers.killed_by_timeout),
        "workers.count" => count(workers.count),
        "workers.slots" => workers.slots.and_then(count),
        "workers.peak_rss_bytes" => workers.peak_rss_bytes.and_then(count),
        "workers.peak_buffered_bytes" => workers.peak_buffered_bytes.and_then(count),
        "accept_queue.max" => queue.max.and_then(count),
        "accept_queue.mean" => queue.mean,
        "accept_queue.limit" => queue.limit.and_then(count),
        "accept_queue.refused" => count(queue.refused),
        _ => {
            let proxy = variant.proxy.as_ref().ok_or("there is no proxy")?;
            match name {
                "proxy.peak_buffered_bytes" => proxy.peak_buffered_bytes.and_then(count),
                "proxy.spilled_bytes" => proxy.spilled_bytes.and_then(count),
                "proxy.upstream_held.p50" => proxy.upstream_held_s.p50,
                "proxy.upstream_held.max" => proxy.upstream_held_s.max,
                _ => None,
            }
        }
    })
}

impl OfGroup {
    /// Reads what follows the group's name; the error is what could have stood there.
    fn parse(rest: &str) -> Result<OfGroup, Vec<String>> {
        let (head, tail) = rest.split_once('.').unwrap_or((rest, ""));
        let status = || (100..=599).find(|code: &u16| code.to_string() == tail);
        match head {
            "requests" if tail.is_empty() => return Ok(OfGroup::Requests),
            "complete" if tail.is_empty() => return Ok(OfGroup::Complete),
            "received_bytes" if tail.is_empty() => return Ok(OfGroup::ReceivedBytes),
            "zombies" if tail.is_empty() => return Ok(OfGroup::Zombies),
            "error_rate" if tail.is_empty() => return Ok(OfGroup::ErrorRate),
            "status" => {
                return status()
                    .map(OfGroup::Status)
                    .ok_or_else(|| strings(&["status.200", "status.504"]));
            }
            "proxy_status" => {
                let known = || strings(&["proxy_status.200", "proxy_status.504"]);
                return status().map(OfGroup::ProxyStatus).ok_or_else(known);
            }
            "absorbed_bytes" => {
                let found = HOPS.into_iter().find(|hop| *hop == tail);
                let known = || HOPS.map(|hop| format!("absorbed_bytes.{hop}")).to_vec();
                return found.map(OfGroup::Absorbed).ok_or_else(known);
            }
            "outcomes" => {
                let found = OUTCOMES.into_iter().find(|(name, _)| *name == tail);
                let known = || {
                    OUTCOMES
                        .map(|(name, _)| format!("outcomes.{name}"))
                        .to_vec()
                };
                return found
                    .map(|(_, outcome)| OfGroup::Outcome(outcome))
                    .ok_or_else(known);
            }
            _ => {}
        }
        let distribution = DISTRIBUTIONS.into_iter().find(|name| *name == head);
        let point = POINTS.into_iter().find(|name| *name == tail);
        match (distribution, point) {
            (Some(name), Some(point)) => Ok(OfGroup::Distribution(name, point)),
            (Some(name), None) => Err(POINTS.map(|point| format!("{name}.{point}")).to_vec()),
            (None, _) => Err((strings(&GROUP).into_iter())
                .chain(strings(&[
                    "status.504",
                    "proxy_status.504",
                    "outcomes.timeout",
                    "absorbed_bytes.total",
                ]))
                .chain(DISTRIBUTIONS.map(|name| format!("{name}.p99")))
                .collect()),
        }
    }

    fn value(&self, group: &GroupSummary) -> Result<f64, String> {
        let count = |n: Option<&u64>| Ok(n.copied().unwrap_or(0) as f64);
        match self {
            OfGroup::Requests => count(Some(&group.requests)),
            OfGroup::Complete => count(Some(&group.complete)),
            OfGroup::ReceivedBytes => count(Some(&group.received_bytes)),
            OfGroup::Zombies => count(Some(&group.zombies)),
            OfGroup::ErrorRate => Ok(error_rate(group)),
            OfGroup::Status(code) => count(group.status.get(code)),
            OfGroup::ProxyStatus(code) => count(group.proxy_status.get(code)),
            OfGroup::Outcome(outcome) => count(group.outcomes.get(outcome)),
            OfGroup::Absorbed(hop) => absorbed(&group.absorbed_bytes, hop),
            OfGroup::Distribution(name, point) => {
                let distribution = match *name {
                    "latency" => &group.latency_us,
                    "latency_from_send" => &group.latency_from_send_us,
                    "hold" => &group.hold_us,
                    _ => &group.queue_wait_us,
                };
                point_of(distribution, name, point)
            }
        }
    }
}

fn absorbed(absorbed: &AbsorbedSummary, hop: &str) -> Result<f64, String> {
    let bytes = match hop {
        "total" => absorbed.total,
        "upstream" => absorbed.upstream,
        "proxy" => absorbed.proxy,
        _ => absorbed.downstream,
    };
    bytes
        .map(|bytes| bytes as f64)
        .ok_or_else(|| match absorbed.count {
            0 => "no client gave up a response that was on its way".to_owned(),
            _ => format!("`absorbed_bytes.{hop}` was not measured"),
        })
}

fn point_of(distribution: &LatencySummary, name: &str, point: &str) -> Result<f64, String> {
    let us = match point {
        "count" => return Ok(distribution.count as f64),
        "min" => distribution.min,
        "mean" => distribution.mean,
        "p50" => distribution.p50,
        "p90" => distribution.p90,
        "p99" => distribution.p99,
        "p999" => distribution.p999,
        _ => distribution.max,
    };
    us.map(|us| us as f64 / 1e6)
        .ok_or_else(|| match distribution.count {
            0 => format!("`{name}` was not measured"),
            count => format!("{count} values do not support `{name}.{point}`"),
        })
}

/// The share of requests that did not end as complete responses with a status below 400.
fn error_rate(group: &GroupSummary) -> f64 {
    let error_status: u64 = group.status.range(400..).map(|(_, count)| count).sum();
    let good = group.complete.saturating_sub(error_status);
    group.requests.saturating_sub(good) as f64 / group.requests.max(1) as f64
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn unknown(found: &str, what: &str, known: Vec<String>) -> (String, Option<String>) {
    // A name that was left incomplete comes before one that merely looks alike.
    let completed = known
        .iter()
        .find(|name| name.ends_with(found) && !found.is_empty());
    let alike = || {
        let likeness = known
            .iter()
            .map(|name| (strsim::jaro_winkler(found, name), name));
        let best = likeness.max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(likeness, _)| *likeness > 0.8)
            .map(|(_, name)| name)
    };
    let hint = match completed.or_else(alike) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    (format!("`{found}` is not {what}"), Some(hint))
}
