//! The observer: the tiers on the lab's grid.

use super::bytes::Counter;
use super::ctx::Ctx;
use super::event::Event;
use crate::machine::stages::SAMPLE_INTERVAL;
use crate::record::{QueueSample, Report};
use crate::sim::kernel::ListenerId;
use crate::tier::Tier;
use crate::time::Span;

/// Whoever takes the samples.
#[derive(Debug)]
pub(super) struct Observer {
    running: bool,
    counter: Option<Counter>,
}

/// What happens to an observer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ObserverEvent {
    /// The next point of the grid.
    Sample,
}

impl Observer {
    pub(super) fn new(counts_bytes: bool) -> Observer {
        Observer {
            running: false,
            counter: counts_bytes.then(Counter::default),
        }
    }

    /// Takes the first sample, and one at each point of the grid from then on.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.on_event(ctx, ObserverEvent::Sample);
    }

    pub(super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.running = false;
        if let Some(counter) = &self.counter {
            counter.stop(ctx);
        }
    }

    /// Takes a sample and plans the next.
    pub(super) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: ObserverEvent) {
        let ObserverEvent::Sample = event;
        if !self.running {
            return;
        }
        sample_backend(ctx);
        for index in 0..ctx.tiers.len() {
            sample_tier(ctx, index);
        }
        if let Some(counter) = &mut self.counter {
            counter.look(ctx);
        }
        let next = ctx.now() + SAMPLE_INTERVAL;
        ctx.push(next, Event::Sample);
    }
}

fn sample_backend(ctx: &mut Ctx<'_>) {
    let gauges = &ctx.gauges;
    let sample = QueueSample {
        held_connections: Some(held(ctx, ctx.tiers.len())),
        busy_slots: Some(gauges.busy_slots),
        sending_slots: Some(gauges.sending_slots),
        ..all_listening(ctx)
    };
    ctx.report(Report::Queue(sample));
}

/// The accept queues of all instances of the backend as one.
fn all_listening(ctx: &Ctx<'_>) -> QueueSample {
    let mut whole = listening(ctx, ctx.backs[0], (Tier::Backend, None));
    for back in &ctx.backs[1..] {
        let one = listening(ctx, *back, (Tier::Backend, None));
        let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        whole.accept_queue = sum(whole.accept_queue, one.accept_queue);
        whole.accept_queue_limit = sum(whole.accept_queue_limit, one.accept_queue_limit);
    }
    whole
}

/// Connections to the tier with this index that whoever is before it holds.
fn held(ctx: &Ctx<'_>, index: usize) -> u64 {
    match index.checked_sub(1) {
        None => ctx.gauges.held,
        Some(before) => (ctx.gauges.tiers[before].iter())
            .map(|proxy| proxy.upstreams)
            .sum(),
    }
}

/// One proxy is the tier as a whole; several are told apart as well.
fn sample_tier(ctx: &mut Ctx<'_>, index: usize) {
    let tier = ctx.plan.tiers()[index].tier;
    let fronts = (0..).zip(&ctx.tiers[index]).zip(&ctx.gauges.tiers[index]);
    let single: Vec<QueueSample> = fronts
        .map(|((index, front), proxy)| QueueSample {
            buffered_bytes: Some(proxy.buffered),
            spilled_bytes: Some(proxy.spilled),
            upstream_connections: Some(proxy.upstreams),
            ..listening(ctx, *front, (tier, Some(index)))
        })
        .collect();
    let sum = |of: fn(&QueueSample) -> Option<u64>| Some(single.iter().filter_map(of).sum());
    let whole = QueueSample {
        accept_queue: sum(|proxy| proxy.accept_queue),
        accept_queue_limit: sum(|proxy| proxy.accept_queue_limit),
        held_connections: Some(held(ctx, index)),
        buffered_bytes: sum(|proxy| proxy.buffered_bytes),
        spilled_bytes: sum(|proxy| proxy.spilled_bytes),
        upstream_connections: sum(|proxy| proxy.upstream_connections),
        ..QueueSample::of(ctx.told(ctx.now()), Span::ZERO, tier, None)
    };
    ctx.report(Report::Queue(whole));
    if single.len() > 1 {
        for proxy in single {
            ctx.report(Report::Queue(proxy));
        }
    }
}

/// What a listener shows from outside.
fn listening(
    ctx: &Ctx<'_>,
    listener: ListenerId,
    (tier, instance): (Tier, Option<u32>),
) -> QueueSample {
    let listener = ctx.kernel.listener(listener);
    QueueSample {
        accept_queue: Some(listener.depth() as u64),
        accept_queue_limit: Some(u64::from(listener.backlog())),
        ..QueueSample::of(ctx.told(ctx.now()), Span::ZERO, tier, instance)
    }
}
