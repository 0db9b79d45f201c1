//! What a plan will do, by arithmetic: before a run, without a run.
//!
//! Not modelled: CPU time of the machine, chance (queues are judged by their mean load), groups that hurt each other in turn,
//! keep-alive, and what the kernel model leaves out (`machine::sockbuf` says what). Holds of workers come out within a few per
//! cent where one client at a fixed rate is the cause; counts of failures are good to tens of per cent.

mod absorb;
#[cfg(test)]
mod tests;
mod text;

pub use absorb::{Absorbed, Cut, SlowClient};

use super::{GroupPlan, Plan};
use crate::machine::arrival::Schedule;
use crate::machine::sockbuf::KernelBuffers;
use crate::time::{Span, Timestamp};

/// What is to be expected of one variant.
#[derive(Clone, PartialEq, Debug)]
pub struct Prediction {
    /// The variant's name.
    pub variant: String,
    /// Worker processes.
    pub workers: u32,
    /// The groups that read slowly, with what one of their clients does and how many workers they hold at once.
    pub slow: Vec<SlowGroup>,
    /// Requests per second and mean time in a worker of all groups that read at once.
    pub healthy: Load,
    /// From when until when (at the longest) every worker is held, if ever.
    pub starved: Option<(Timestamp, Timestamp)>,
    /// About how many requests of the others meet `proxy_read_timeout` in the accept queue.
    pub expected_504: u64,
    lines: Vec<String>,
}

/// A slow group.
#[derive(Clone, PartialEq, Debug)]
pub struct SlowGroup {
    /// Its name.
    pub name: String,
    /// One of its clients.
    pub client: SlowClient,
    /// When its first request starts.
    pub from: Timestamp,
    /// The most requests of it that are in a worker at once (Little's law with the plan's own arrivals), uncapped.
    pub at_once: u64,
}

/// Load of quick requests.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Load {
    /// Requests per second.
    pub per_s: f64,
    /// Mean seconds in a worker.
    pub service_s: f64,
}

impl Prediction {
    /// The arithmetic in words, at most 78 columns wide.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Requests per second that the workers can do when the slow ones hold what they hold.
    pub fn capacity_left(&self) -> f64 {
        let held: u64 = self.slow.iter().map(|group| group.at_once).sum();
        let left = u64::from(self.workers).saturating_sub(held);
        left as f64 / self.healthy.service_s.max(1e-6)
    }

    /// Offered load of the quick requests over that capacity; infinite if nothing is left.
    pub fn utilization(&self) -> f64 {
        self.healthy.per_s / self.capacity_left()
    }
}

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
        slow,
        healthy,
        starved,
        expected_504: 0,
        lines: Vec::new(),
    };
    if let (Some(proxy), Some((from, to))) = (&plan.proxy, starved) {
        let too_long = to.since(from).saturating_sub(proxy.proxy_read_timeout);
        prediction.expected_504 = (healthy.per_s * too_long.as_secs_f64()) as u64;
    }
    prediction.lines = text::lines(plan, &prediction);
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
        let service_s = handler.wait.saturating_add(handler.cpu).as_secs_f64();
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

/// Every worker is held once slow requests that outlast the others are as many as workers. Only holds that are longer
/// than the handler itself count, and the first to be released ends it.
fn starved(plan: &Plan, slow: &[SlowGroup]) -> Option<(Timestamp, Timestamp)> {
    let holding = |group: &&SlowGroup| group.client.hold >= Span::from_ms(100);
    let held: u64 = slow.iter().filter(holding).map(|group| group.at_once).sum();
    if held < u64::from(plan.backend.workers) {
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
