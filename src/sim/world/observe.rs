//! The observer: the tiers on the lab's grid.

use super::World;
use super::event::Event;
use super::proxy::Instance;
use crate::record::{QueueSample, Report, Tier};
use crate::time::{Span, Timestamp};

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
        let at = self.told(self.now());
        let (busy, sending) = self.workers.busy();
        let proxies = self.proxy.as_ref().map(|proxy| proxy.instances.clone());
        let proxies = proxies.unwrap_or_default();
        let upstreams = proxies.iter().map(|proxy| proxy.upstreams).sum();
        let listener = self.kernel.listener(self.back);
        let backend = QueueSample {
            accept_queue: Some(listener.depth() as u64),
            accept_queue_limit: Some(u64::from(listener.backlog())),
            held_connections: Some(match proxies.is_empty() {
                true => self.clients.held,
                false => upstreams,
            }),
            busy_slots: Some(busy),
            sending_slots: Some(sending),
            ..QueueSample::of(at, Span::ZERO, Tier::Backend, None)
        };
        self.report(Report::Queue(backend));
        if !proxies.is_empty() {
            self.sample_proxies(at, &proxies);
        }
        let next = self.now() + INTERVAL;
        self.push(next, Event::Sample);
    }

    /// One proxy is the tier as a whole; several are told apart as well.
    fn sample_proxies(&mut self, at: Timestamp, proxies: &[Instance]) {
        let single: Vec<QueueSample> = (0..)
            .zip(proxies)
            .map(|(index, proxy)| {
                let listener = self.kernel.listener(self.fronts[index as usize]);
                QueueSample {
                    accept_queue: Some(listener.depth() as u64),
                    accept_queue_limit: Some(u64::from(listener.backlog())),
                    buffered_bytes: Some(proxy.buffered),
                    spilled_bytes: Some(proxy.spilled),
                    upstream_connections: Some(proxy.upstreams),
                    ..QueueSample::of(at, Span::ZERO, Tier::Proxy, Some(index))
                }
            })
            .collect();
        let sum = |of: fn(&QueueSample) -> Option<u64>| Some(single.iter().filter_map(of).sum());
        let whole = QueueSample {
            accept_queue: sum(|proxy| proxy.accept_queue),
            accept_queue_limit: sum(|proxy| proxy.accept_queue_limit),
            held_connections: Some(self.clients.held),
            buffered_bytes: sum(|proxy| proxy.buffered_bytes),
            spilled_bytes: sum(|proxy| proxy.spilled_bytes),
            upstream_connections: sum(|proxy| proxy.upstream_connections),
            ..QueueSample::of(at, Span::ZERO, Tier::Proxy, None)
        };
        self.report(Report::Queue(whole));
        if single.len() > 1 {
            for proxy in single {
                self.report(Report::Queue(proxy));
            }
        }
    }
}
