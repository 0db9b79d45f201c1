//! The observer: the queues on the lab's grid.

use super::World;
use super::event::Event;
use crate::record::{QueueSample, Report};
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
        let proxy = self.proxy.as_ref();
        let sample = QueueSample {
            at: self.told(self.now()),
            late: Span::ZERO,
            accept_queue: Some(listener.depth() as u64),
            accept_queue_limit: Some(u64::from(listener.backlog())),
            busy_workers: Some(busy),
            sending_workers: Some(sending),
            held_connections: self.clients.held,
            proxy_buffered_bytes: proxy.map(|proxy| proxy.buffered),
            proxy_spilled_bytes: proxy.map(|proxy| proxy.spilled),
            upstream_connections: proxy.map(|proxy| proxy.upstreams),
        };
        self.report(Report::Queue(sample));
        let next = self.now() + INTERVAL;
        self.push(next, Event::Sample);
    }
}
