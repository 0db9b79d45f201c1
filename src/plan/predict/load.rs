//! From what single clients do to what the workers suffer: how many are held at once, what is left, who waits too long.

use super::{LONG, Load, Prediction, SlowGroup, absorb, claims};
use crate::machine::arrival::Schedule;
use crate::machine::handler::Handler;
use crate::machine::sockbuf::KernelBuffers;
use crate::plan::{GroupPlan, Plan};
use crate::time::{Span, Timestamp};

/// Predicts one variant, on a kernel with the measured defaults.
pub fn predict(plan: &Plan) -> Prediction {
    predict_on(plan, &KernelBuffers::default())
}

/// Predicts one variant on a given kernel.
pub fn predict_on(plan: &Plan, kernel: &KernelBuffers) -> Prediction {
    let slow: Vec<SlowGroup> = plan
        .groups
        .iter()
        .filter_map(|group| {
            let client = absorb::slow_client(plan, group, kernel)?;
            let from = starts(group).first().copied()?;
            let at_once = at_once(group, client.hold);
            let name = group.name.clone();
            Some(SlowGroup {
                name,
                client,
                from,
                at_once,
            })
        })
        .collect();
    let healthy = healthy_load(plan, &slow);
    let starved = starved(plan, &slow);
    let mut prediction = Prediction {
        variant: plan.variant.clone(),
        workers: plan.backend.workers,
        slots: plan.backend.slots(),
        slow,
        healthy,
        starved,
        expected_504: 0,
        overflow: 0,
        claims: Vec::new(),
    };
    if let (Some(first), Some((from, to))) = (plan.least_patient(), starved) {
        let patience = first.config.proxy_read_timeout;
        let too_long = to.since(from).saturating_sub(patience);
        prediction.expected_504 = (healthy.per_s * too_long.as_secs_f64()) as u64;
    }
    prediction.overflow = overflow(plan, &prediction.slow);
    prediction.claims = claims::claims(plan, &prediction);
    prediction
}

fn starts(group: &GroupPlan) -> &[Timestamp] {
    match &group.schedule {
        Schedule::Starts { at } | Schedule::Loops { at, .. } => at,
    }
}

/// The most starts within one hold. Looping clients all come back, so each may hold one.
fn at_once(group: &GroupPlan, hold: Span) -> u64 {
    let at = starts(group);
    if matches!(group.schedule, Schedule::Loops { .. }) {
        return at.len() as u64;
    }
    let mut first = 0;
    let mut most = 0;
    for (last, start) in at.iter().enumerate() {
        while start.since(at[first]) >= hold && first < last {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most as u64
}

/// Requests that start while the first of them are still in their handlers, beyond free slots and accept queue.
fn overflow(plan: &Plan, slow: &[SlowGroup]) -> u64 {
    let held: u64 = slow
        .iter()
        .filter(|group| group.client.hold >= LONG)
        .map(|group| group.at_once)
        .sum();
    let Some(slots) = plan.backend.slots() else {
        return 0;
    };
    let free = slots.saturating_sub(held);
    let room = free + u64::from(plan.backend.backlog) + 1;
    let quick = plan
        .groups
        .iter()
        .filter(|group| slow.iter().all(|other| other.name != group.name));
    let most = quick.map(|group| {
        let handler = plan.backend.handler(&group.path);
        let service = handler.map_or(Span::ZERO, Handler::service);
        at_once(group, service)
    });
    most.max().unwrap_or(0).saturating_sub(room)
}

fn healthy_load(plan: &Plan, slow: &[SlowGroup]) -> Load {
    let mut load = Load::default();
    let mut busy = 0.0;
    for group in &plan.groups {
        let Some(handler) = plan.backend.handler(&group.path) else {
            continue;
        };
        if slow.iter().any(|other| other.name == group.name) {
            continue;
        }
        let service_s = handler.service().as_secs_f64();
        let per_s = match &group.schedule {
            Schedule::Starts { at } => {
                let first = at.first().copied().unwrap_or_default();
                let window = (Timestamp::ZERO + plan.duration).since(first).as_secs_f64();
                at.len() as f64 / window.max(1e-3)
            }
            Schedule::Loops { at, think } => {
                at.len() as f64 / (service_s + think.as_secs_f64()).max(1e-3)
            }
        };
        load.per_s += per_s;
        busy += per_s * service_s;
    }
    if load.per_s > 0.0 {
        load.service_s = busy / load.per_s;
    }
    load
}

/// Every worker is held once slow requests that outlast the others are as many as slots. Only holds that are longer
/// than the handler itself count, and the first to be released ends it.
fn starved(plan: &Plan, slow: &[SlowGroup]) -> Option<(Timestamp, Timestamp)> {
    let holding = |group: &&SlowGroup| group.client.hold >= LONG;
    let held: u64 = slow.iter().filter(holding).map(|group| group.at_once).sum();
    if plan.backend.slots().is_none_or(|slots| held < slots) {
        return None;
    }
    let from = slow.iter().filter(holding).map(|group| group.from).max()?;
    let shortest = slow
        .iter()
        .filter(holding)
        .map(|group| group.client.hold)
        .min()?;
    let end = Timestamp::ZERO + plan.duration + plan.drain;
    Some((from, (from + shortest).min(end)))
}
