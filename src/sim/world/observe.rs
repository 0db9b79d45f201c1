//! The observer: the queues on the lab's grid.

use super::ctx::{Ctx, ProxyGauge};
use super::event::Event;
use crate::record::{ProxySample, QueueSample, Report};
use crate::time::Span;

/// The lab's grid.
const INTERVAL: Span = Span::from_ms(100);

/// Whoever takes the samples.
#[derive(Debug, Default)]
pub(super) struct Observer {
    running: bool,
}

/// What happens to an observer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ObserverEvent {
    /// The next point of the grid.
    Sample,
}

impl Observer {
    /// Takes the first sample, and one at each point of the grid from then on.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.on_event(ctx, ObserverEvent::Sample);
    }

    pub(super) fn stop(&mut self) {
        self.running = false;
    }

    /// Takes a sample and plans the next.
    pub(super) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: ObserverEvent) {
        let ObserverEvent::Sample = event;
        if !self.running {
            return;
        }
        sample_queue(ctx);
        sample_proxies(ctx);
        let next = ctx.now() + INTERVAL;
        ctx.push(next, Event::Sample);
    }
}

fn sample_queue(ctx: &mut Ctx<'_>) {
    let listener = ctx.kernel.listener(ctx.back);
    let gauges = &ctx.gauges;
    let sum = |of: fn(&ProxyGauge) -> u64| {
        let proxies = Some(&gauges.proxies).filter(|proxies| !proxies.is_empty());
        proxies.map(|proxies| proxies.iter().map(of).sum())
    };
    let sample = QueueSample {
        at: ctx.told(ctx.now()),
        late: Span::ZERO,
        accept_queue: Some(listener.depth() as u64),
        accept_queue_limit: Some(u64::from(listener.backlog())),
        busy_workers: Some(gauges.busy_slots),
        sending_workers: Some(gauges.sending_slots),
        held_connections: gauges.held,
        proxy_buffered_bytes: sum(|proxy| proxy.buffered),
        proxy_spilled_bytes: sum(|proxy| proxy.spilled),
        upstream_connections: sum(|proxy| proxy.upstreams),
    };
    ctx.report(Report::Queue(sample));
}

/// One proxy is told of in the sums; several are told apart.
fn sample_proxies(ctx: &mut Ctx<'_>) {
    if ctx.gauges.proxies.len() < 2 {
        return;
    }
    for (index, front) in ctx.fronts.clone().into_iter().enumerate() {
        let listener = ctx.kernel.listener(front);
        let proxy = ctx.gauges.proxies[index];
        let sample = ProxySample {
            at: ctx.told(ctx.now()),
            proxy: index as u32,
            accept_queue: Some(listener.depth() as u64),
            accept_queue_limit: Some(u64::from(listener.backlog())),
            buffered_bytes: Some(proxy.buffered),
            spilled_bytes: Some(proxy.spilled),
            upstream_connections: Some(proxy.upstreams),
        };
        ctx.report(Report::ProxySample(sample));
    }
}
