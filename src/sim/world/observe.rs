//! The observer: the queues on the lab's grid.

use super::World;
use super::event::Event;
use super::proxy::Instance;
use crate::record::{ProxySample, QueueSample, Report};
use crate::time::Span;

/// The lab's grid.
const INTERVAL: Span = Span::from_ms(100);

/// Whether samples are being taken.
#[derive(Debug, Default)]
pub(super) struct Observer {
    pub(super) running: bool,
}

impl World<'_> {
    /// Takes a sample and plans the next.
    pub(super) fn sample(&mut self) {
        if !self.observer.running {
            return;
        }
        let (busy, sending) = self.workers.busy();
        let listener = self.kernel.listener(self.back);
        let proxies = self.proxy.as_ref().map(|proxy| proxy.instances.clone());
        let sum = |of: fn(&Instance) -> u64| Some(proxies.as_ref()?.iter().map(of).sum());
        let sample = QueueSample {
            at: self.told(self.now()),
            late: Span::ZERO,
            accept_queue: Some(listener.depth() as u64),
            accept_queue_limit: Some(u64::from(listener.backlog())),
            busy_workers: Some(busy),
            sending_workers: Some(sending),
            held_connections: self.clients.held,
            proxy_buffered_bytes: sum(|proxy| proxy.buffered),
            proxy_spilled_bytes: sum(|proxy| proxy.spilled),
            upstream_connections: sum(|proxy| proxy.upstreams),
        };
        self.report(Report::Queue(sample));
        self.sample_proxies(&proxies.unwrap_or_default());
        let next = self.now() + INTERVAL;
        self.push(next, Event::Sample);
    }

    /// One proxy is told of in the sums; several are told apart.
    fn sample_proxies(&mut self, proxies: &[Instance]) {
        if proxies.len() < 2 {
            return;
        }
        for (index, proxy) in (0..).zip(proxies) {
            let listener = self.kernel.listener(self.fronts[index as usize]);
            let sample = ProxySample {
                at: self.told(self.now()),
                proxy: index,
                accept_queue: Some(listener.depth() as u64),
                accept_queue_limit: Some(u64::from(listener.backlog())),
                buffered_bytes: Some(proxy.buffered),
                spilled_bytes: Some(proxy.spilled),
                upstream_connections: Some(proxy.upstreams),
            };
            self.report(Report::ProxySample(sample));
        }
    }
}
