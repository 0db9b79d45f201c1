//! The prediction in words, with the arithmetic beside each claim.

use super::{Absorbed, Cut, LONG, Prediction, SlowGroup, acts};
use crate::machine::backend_config::{Bind, WorkerClass};
use crate::machine::behavior::Behavior;
use crate::machine::handler::Distribution;
use crate::machine::pipeline::{Paced, PipelineConfig, Stage};
use crate::plan::{GroupPlan, Plan};
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, counted, human_bits, human_bytes};

pub(super) fn lines(plan: &Plan, prediction: &Prediction) -> Vec<String> {
    if let Some(pipeline) = &plan.pipeline {
        return stages(pipeline);
    }
    let mut lines = acts::timeline(plan);
    lines.extend(acts::probes(plan));
    if let Some(never) = acts::never_boots(plan) {
        lines.extend(never);
        return lines;
    }
    for group in &prediction.slow {
        slow_group(plan, group, &mut lines);
    }
    others(plan, prediction, &mut lines);
    lines
}

/// A pipeline goes as fast as its slowest stage; of real tools nothing is known before.
fn stages(pipeline: &PipelineConfig) -> Vec<String> {
    let paced = |(name, stage)| match stage {
        &Stage::Paced(Paced {
            rate: Some(rate), ..
        }) => Some((rate, name)),
        _ => None,
    };
    let rates: Vec<(ByteRate, &str)> = pipeline.in_order().filter_map(paced).collect();
    let Some(least) = rates.iter().map(|(rate, _)| *rate).min() else {
        return vec!["no stage is held back: it goes as fast as the tools do".to_owned()];
    };
    let slowest: Vec<&str> = (rates.iter().filter(|(rate, _)| *rate == least))
        .map(|(_, name)| *name)
        .collect();
    let first = format!("{}: {least} at most", slowest.join(", "));
    let then = match slowest.len() {
        1 => "  those before it wait in write, those behind it in read",
        _ => "  they share the work: no one of them is the brake",
    };
    vec![first, then.to_owned()]
}

fn slow_group(plan: &Plan, group: &SlowGroup, lines: &mut Vec<String>) {
    let client = &group.client;
    let planned = plan.groups.iter().find(|one| one.name == group.name);
    let asks = planned.and_then(|planned| slow_to_ask(&planned.behavior));
    let silent = asks.is_some();
    if let Some(asks) = asks {
        lines.push(format!("{}: {asks}", group.name));
    } else {
        lines.extend(heading(plan, group, planned));
        absorbed(plan, client.absorbed, lines);
    }
    lines.push(hold_line(plan, group, silent));
    match client.cut {
        Some(cut) => lines.push(cut_line(plan, cut, silent)),
        None if client.main_thread >= LONG => lines.push(format!(
            "  then its main thread waits {} for the close, and accepts nobody",
            short(client.main_thread)
        )),
        None => {}
    }
    if client.hold >= LONG {
        lines.push(match plan.backend.slots() {
            Some(slots) => format!(
                "  held at once: up to {} of {}",
                group.at_once.min(slots),
                counted(slots, place(plan))
            ),
            None => format!(
                "  held at once: up to {}, and nothing limits it",
                group.at_once
            ),
        });
    }
}

/// How a client asks that takes its time for it.
fn slow_to_ask(behavior: &Behavior) -> Option<String> {
    let what = match behavior {
        Behavior::Idle(_) => return Some("connects and says nothing".to_string()),
        Behavior::SlowHeader(_) => "head",
        Behavior::SlowBody(_) => "body",
        _ => return None,
    };
    let rate = behavior.rate()?;
    Some(format!("sends the {what} of its request at {rate}"))
}

/// What it asks for, how it reads, and how far away it is.
fn heading(plan: &Plan, group: &SlowGroup, planned: Option<&GroupPlan>) -> Vec<String> {
    let client = &group.client;
    let behavior = planned.map(|planned| &planned.behavior);
    let reads = match (client.rate, behavior) {
        (Some(rate), _) => format!("reads {}/s", human_bytes(rate)),
        (None, Some(Behavior::KeepOpen(_))) => "reads it all and does not close".to_string(),
        (None, behavior) => format!("stalls {}", stall_of(behavior)),
    };
    let drawn = planned
        .and_then(|planned| plan.backend.handler(&planned.path))
        .is_some_and(|handler| !matches!(handler.response, Distribution::Fixed(_)));
    let average = if drawn { " on average" } else { "" };
    let response = human_bytes(client.response);
    let mut lines = vec![format!(
        "{}: response {response}{average}, {reads}",
        group.name
    )];
    if let Some(link) = planned.and_then(|planned| planned.link) {
        lines.push(format!(
            "  over a line of {}, {} there and back",
            human_bits(link.rate),
            link.rtt
        ));
    }
    lines
}

/// Where the bytes are while the client reads nothing.
fn absorbed(plan: &Plan, absorbed: Absorbed, lines: &mut Vec<String>) {
    let upstream = match plan.backend.bind {
        Bind::Tcp => "TCP",
        Bind::Unix => "Unix",
    };
    let mut hops = vec![(absorbed.client_path, "the client's socket".to_string())];
    if plan.proxy.is_some() {
        let (buffers, files) = match plan.edge {
            None => ("the proxy's buffers", "its temp file, at most"),
            Some(_) => ("both proxies' buffers", "their temp files, at most"),
        };
        hops.push((absorbed.proxy_memory, buffers.to_string()));
        if absorbed.temp_file > 0 {
            hops.push((absorbed.temp_file, files.to_string()));
        }
        if absorbed.between > 0 {
            let place = "the socket between the proxies";
            hops.push((absorbed.between, place.to_string()));
        }
        hops.push((
            absorbed.upstream,
            format!("the {upstream} socket of the worker"),
        ));
    }
    for (index, (bytes, place)) in hops.into_iter().enumerate() {
        let lead = if index == 0 {
            "  absorbed:"
        } else {
            "         +"
        };
        lines.push(format!("{lead} {} in {place}", human_bytes(bytes)));
    }
}

fn stall_of(behavior: Option<&Behavior>) -> String {
    match behavior {
        Some(Behavior::Stall(stall)) => match stall.duration {
            Some(duration) => format!("for {duration} after {}", human_bytes(stall.after.0)),
            None => format!("for good after {}", human_bytes(stall.after.0)),
        },
        _ => String::new(),
    }
}

fn hold_line(plan: &Plan, group: &SlowGroup, silent: bool) -> String {
    let client = &group.client;
    let total = client.absorbed.total();
    let place = place(plan);
    let holds = match client.cut {
        None => format!("a {place} is held {}", short(client.uncut)),
        Some(_) => format!("a {place} would be held {}", short(client.uncut)),
    };
    if silent {
        return format!("  {holds}, waiting for a request");
    }
    if client.response <= total {
        let what = match plan.backend.class() {
            WorkerClass::Sync => "handler, close",
            _ => "handler",
        };
        return format!("  all of it fits: {holds} ({what})");
    }
    let over = human_bytes(client.response - total);
    match client.rate {
        Some(rate) => format!("  {over} do not fit, at {}/s: {holds}", human_bytes(rate)),
        None => format!("  {over} do not fit: {holds}"),
    }
}

fn cut_line(plan: &Plan, cut: Cut, silent: bool) -> String {
    let proxy = plan.front();
    let read_timeout = proxy.map_or(Span::ZERO, |proxy| proxy.proxy_read_timeout);
    let send_timeout = proxy.map_or(Span::ZERO, |proxy| proxy.send_timeout);
    match cut {
        Cut::WorkerTimeout => format!(
            "  longer than `timeout` {}: the worker is killed as it {}, within a second",
            plan.backend.timeout,
            if silent { "reads" } else { "sends" }
        ),
        Cut::SendTimeout => format!("  the proxy's `send_timeout` {send_timeout} cuts it first"),
        Cut::WallClock => format!(
            "  the wall-clock `proxy_read_timeout` {read_timeout} cuts it, blaming the backend"
        ),
        Cut::ClientTimeout => "  the client's own `timeout` ends it first".to_string(),
    }
}

fn others(plan: &Plan, prediction: &Prediction, lines: &mut Vec<String>) {
    let load = prediction.healthy;
    if load.per_s <= 0.0 {
        return;
    }
    let busy = load.per_s * load.service_s;
    let of = match prediction.slots {
        Some(slots) => format!("{busy:.2} of {} busy", counted(slots, place(plan))),
        None => format!("{busy:.2} at once"),
    };
    lines.push(format!(
        "others: {:.0}/s x {:.1} ms = {of} (Little's law)",
        load.per_s,
        load.service_s * 1e3,
    ));
    match prediction.starved {
        Some((from, to)) => starvation(plan, prediction, (from, to), lines),
        None if prediction.slots.is_some()
            && (prediction.slow.iter()).any(|group| group.client.hold >= LONG) =>
        {
            lines.push(format!(
                "  left for them: {:.0}/s, so {:.0} % used",
                prediction.capacity_left(),
                100.0 * prediction.utilization()
            ));
        }
        None => {}
    }
    if prediction.overflow > 0 {
        overflow(plan, prediction, lines);
    }
}

/// What is held: a worker where each serves one connection at a time.
fn place(plan: &Plan) -> &'static str {
    match plan.backend.slots_per_worker() {
        Some(1) => "worker",
        _ => "slot",
    }
}

fn overflow(plan: &Plan, prediction: &Prediction, lines: &mut Vec<String>) {
    lines.push(format!(
        "  the accept queue holds {} (backlog + 1): about {} find it full",
        u64::from(plan.backend.backlog) + 1,
        prediction.overflow
    ));
    lines.push(match (plan.backend.bind, &plan.proxy) {
        (Bind::Unix, Some(_)) => "  refused at once: 502".to_string(),
        (Bind::Tcp, Some(proxy)) => format!(
            "  SYN dropped, tried again after 1 s: 504 at `proxy_connect_timeout` {}",
            proxy.proxy_connect_timeout
        ),
        (Bind::Unix, None) => "  refused at once".to_string(),
        (Bind::Tcp, None) => "  SYN dropped, tried again after 1 s: late by seconds".to_string(),
    });
}

fn starvation(
    plan: &Plan,
    prediction: &Prediction,
    (from, to): (Timestamp, Timestamp),
    lines: &mut Vec<String>,
) {
    lines.push(format!(
        "  every {} is held from {:.1} s for {}: the others wait",
        place(plan),
        from.as_secs_f64(),
        short(to.since(from))
    ));
    let Some(first) = plan.least_patient() else {
        lines.push("  in the accept queue; without a proxy nothing answers 504".to_string());
        return;
    };
    let limit = first.config.proxy_read_timeout;
    let timer = match plan.edge {
        None => "proxy_read_timeout".to_string(),
        Some(_) => format!("{}.proxy_read_timeout", first.tier.name()),
    };
    if to.since(from) > limit {
        lines.push(format!(
            "  504 from {:.1} s on (`{timer}` {limit}), about {} per such hold",
            (from + limit).as_secs_f64(),
            prediction.expected_504
        ));
    } else {
        lines.push(format!("  less than `{timer}` {limit}: late, but no 504"));
    }
}

fn short(span: Span) -> String {
    if span == Span::MAX {
        return "until the run ends".to_string();
    }
    let secs = span.as_secs_f64();
    if secs < 1e-3 {
        "less than 1 ms".to_string()
    } else if secs < 0.1 {
        format!("{:.0} ms", secs * 1e3)
    } else {
        format!("{secs:.1} s")
    }
}
