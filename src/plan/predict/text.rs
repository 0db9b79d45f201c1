//! The prediction in words, with the arithmetic beside each claim.

use super::{Cut, Prediction, SlowGroup};
use crate::machine::backend_config::Bind;
use crate::machine::behavior::Behavior;
use crate::plan::Plan;
use crate::time::{Span, Timestamp};
use crate::units::human_bytes;

pub(super) fn lines(plan: &Plan, prediction: &Prediction) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &prediction.slow {
        slow_group(plan, group, &mut lines);
    }
    others(plan, prediction, &mut lines);
    lines
}

fn slow_group(plan: &Plan, group: &SlowGroup, lines: &mut Vec<String>) {
    let client = &group.client;
    let reads = match client.rate {
        Some(rate) => format!("reads {}/s", human_bytes(rate)),
        None => format!("stalls {}", stall_of(plan, &group.name)),
    };
    lines.push(format!(
        "{}: response {}, {reads}",
        group.name,
        human_bytes(client.response)
    ));
    let absorbed = client.absorbed;
    let upstream = match plan.backend.bind {
        Bind::Tcp => "TCP",
        Bind::Unix => "Unix",
    };
    let mut hops = vec![(absorbed.client_path, "the client's socket".to_string())];
    if let Some(proxy) = &plan.proxy {
        hops.push((absorbed.proxy_memory, "the proxy's buffers".to_string()));
        if proxy.proxy_buffering && absorbed.temp_file > 0 {
            hops.push((absorbed.temp_file, "its temp file, at most".to_string()));
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
    lines.push(hold_line(group));
    if let Some(cut) = client.cut {
        lines.push(cut_line(plan, cut));
    }
    lines.push(format!(
        "  held at once: up to {} of {} workers",
        group.at_once.min(u64::from(plan.backend.workers)),
        plan.backend.workers
    ));
}

fn stall_of(plan: &Plan, name: &str) -> String {
    let behavior = plan
        .groups
        .iter()
        .find(|group| group.name == name)
        .map(|group| &group.behavior);
    match behavior {
        Some(Behavior::Stall(stall)) => match stall.duration {
            Some(duration) => format!("for {duration} after {}", human_bytes(stall.after.0)),
            None => format!("for good after {}", human_bytes(stall.after.0)),
        },
        _ => String::new(),
    }
}

fn hold_line(group: &SlowGroup) -> String {
    let client = &group.client;
    let total = client.absorbed.total();
    if client.response <= total {
        return format!(
            "  all of it fits: a worker is held {} (handler, close)",
            short(client.hold)
        );
    }
    let over = client.response - total;
    match client.rate {
        Some(rate) => format!(
            "  {} do not fit, at {}/s: a worker is held about {}",
            human_bytes(over),
            human_bytes(rate),
            short(client.hold)
        ),
        None => format!(
            "  {} do not fit: a worker is held {}",
            human_bytes(over),
            short(client.hold)
        ),
    }
}

fn cut_line(plan: &Plan, cut: Cut) -> String {
    let proxy = plan.proxy.as_ref();
    let read_timeout = proxy.map_or(Span::ZERO, |proxy| proxy.proxy_read_timeout);
    let send_timeout = proxy.map_or(Span::ZERO, |proxy| proxy.send_timeout);
    match cut {
        Cut::WorkerTimeout => format!(
            "  longer than `timeout` {}: the arbiter kills the worker as it sends",
            plan.backend.timeout
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
    lines.push(format!(
        "others: {:.0}/s x {:.1} ms = {busy:.2} of {} workers busy (Little's law)",
        load.per_s,
        load.service_s * 1e3,
        prediction.workers
    ));
    match prediction.starved {
        Some((from, to)) => starvation(plan, prediction, (from, to), lines),
        None if prediction.capacity_left() > 0.0
            && prediction
                .slow
                .iter()
                .any(|group| group.client.hold >= Span::from_ms(100)) =>
        {
            lines.push(format!(
                "  left for them: {:.0}/s, so {:.0} % used",
                prediction.capacity_left(),
                100.0 * prediction.utilization()
            ));
        }
        None => {}
    }
}

fn starvation(
    plan: &Plan,
    prediction: &Prediction,
    (from, to): (Timestamp, Timestamp),
    lines: &mut Vec<String>,
) {
    lines.push(format!(
        "  all {} workers are held from {:.1} s for {}: the others wait",
        prediction.workers,
        from.as_secs_f64(),
        short(to.since(from))
    ));
    let Some(proxy) = &plan.proxy else {
        lines.push("  in the accept queue; without a proxy nothing answers 504".to_string());
        return;
    };
    let limit = proxy.proxy_read_timeout;
    if to.since(from) > limit {
        lines.push(format!(
            "  504 from {:.1} s on (`proxy_read_timeout` {limit}), about {} per such hold",
            (from + limit).as_secs_f64(),
            prediction.expected_504
        ));
    } else {
        lines.push(format!(
            "  less than `proxy_read_timeout` {limit}: late, but no 504"
        ));
    }
}

fn short(span: Span) -> String {
    if span == Span::MAX {
        return "until the run ends".to_string();
    }
    let secs = span.as_secs_f64();
    if secs < 0.1 {
        format!("{:.0} ms", secs * 1e3)
    } else {
        format!("{secs:.1} s")
    }
}
