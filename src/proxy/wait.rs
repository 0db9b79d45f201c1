//! Sleeping until one of the things that the machine waits for.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{Interest, Ready as Readiness};
use tokio::time::Sleep;

use super::client::Client;
use super::connection::Connection;
use super::upstream::{Upstream, os_error};
use crate::machine::event_loop::Hail;
use crate::machine::exchange::{ReadWait, Wait};
use crate::time::{Clock, Timestamp};

pub(super) enum Event {
    Upstream(Readiness),
    Client(Readiness),
    /// Its event loop says something.
    Hailed(Hail),
    /// The deadline, which may be a fraction of a millisecond away.
    Timer(Timestamp),
}

impl Client<'_> {
    /// Sleeps until one of the things that the machine waits for.
    pub(super) async fn wait(&mut self, wait: Wait) -> Event {
        let relay = self.relay.as_deref();
        let upstream = relay.and_then(|relay| relay.upstream.as_deref());
        let read = match wait.upstream_read {
            ReadWait::No => false,
            ReadWait::Readable => true,
            ReadWait::MoreArrives => {
                if let Some(upstream) = upstream {
                    upstream.forget(Interest::READABLE);
                }
                !relay.is_some_and(|relay| relay.upstream_closed_seen)
            }
        };
        let upstream_interest = either(
            read.then_some(Interest::READABLE),
            wait.upstream_write.then_some(Interest::WRITABLE),
        );
        // PRIORITY stands for nothing but EPOLLRDHUP here: bytes that the client sends early do not wake anybody.
        let client_end = match (wait.client_read, wait.client_closed) {
            (true, _) => Some(Interest::READABLE),
            (false, true) => Some(Interest::PRIORITY),
            (false, false) => None,
        };
        let client_interest = either(client_end, wait.client_write.then_some(Interest::WRITABLE));
        let clock = self.worker.clock;
        let event = tokio::select! {
            biased;
            hail = poll_fn(|context| self.connection.ear.poll(context)) => Event::Hailed(hail),
            ready = upstream_ready(upstream, upstream_interest) => Event::Upstream(ready),
            ready = client_ready(self.connection, client_interest) => Event::Client(ready),
            deadline = poll_fn(|context| match wait.deadline {
                Some(deadline) => self.alarm.poll(context, clock, deadline),
                None => Poll::Pending,
            }) => Event::Timer(deadline),
        };
        if let (Event::Upstream(ready), Some(relay)) = (&event, &mut self.relay)
            && ready.is_read_closed()
        {
            relay.upstream_closed_seen = true;
        }
        event
    }

    pub(super) fn tell(&mut self, wait: Wait, event: Event) {
        let now = self.worker.now();
        match event {
            Event::Hailed(hail) => self.machine.on_hailed(now, hail),
            Event::Upstream(ready) => self.tell_of_upstream(now, ready),
            Event::Client(ready) => {
                let ended = ready.is_read_closed();
                if wait.client_closed && ended {
                    return self.machine.exchange().on_client_closed(now);
                }
                if wait.client_write && (ready.is_writable() || ready.is_write_closed()) {
                    self.machine.exchange().on_client_writable();
                }
                if wait.client_read && (ready.is_readable() || ended) {
                    self.machine.on_client_readable();
                }
            }
            Event::Timer(deadline) => self.machine.on_timer(now.max(deadline)),
        }
    }

    fn tell_of_upstream(&mut self, now: Timestamp, ready: Readiness) {
        let Some(relay) = &mut self.relay else { return };
        let exchange = self.machine.exchange();
        if relay.connecting {
            relay.connecting = false;
            let upstream = relay.upstream.as_ref().expect("it is connecting");
            return match upstream.connect_result() {
                Ok(()) => exchange.on_connected(now),
                Err(error) => exchange.on_connect_failed(now, &os_error(&error)),
            };
        }
        if ready.is_writable() || ready.is_write_closed() {
            exchange.on_upstream_writable();
        }
        if ready.is_readable() || ready.is_read_closed() {
            exchange.on_upstream_readable();
        }
    }
}

fn either(one: Option<Interest>, other: Option<Interest>) -> Option<Interest> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one | other),
        (one, other) => one.or(other),
    }
}

async fn upstream_ready(upstream: Option<&Upstream>, interest: Option<Interest>) -> Readiness {
    match (upstream, interest) {
        (Some(upstream), Some(interest)) => upstream
            .ready(interest)
            .await
            .unwrap_or(Readiness::READ_CLOSED),
        _ => std::future::pending().await,
    }
}

async fn client_ready(connection: &Connection, interest: Option<Interest>) -> Readiness {
    match interest {
        Some(interest) => connection
            .stream
            .ready(interest)
            .await
            .unwrap_or(Readiness::READ_CLOSED),
        None => std::future::pending().await,
    }
}

/// tokio's timers ring up to a millisecond late, because they round up twice (to a tick, and to epoll's milliseconds). nginx's clock is
/// whole milliseconds behind instead, so it is early by as much; pauses of `limit_rate` would add that up.
const TIMER_GRAIN: std::time::Duration = std::time::Duration::from_millis(1);

/// A connection's timer. Deadlines come and go with every request, and hardly one is met: it is set again only for one before that for which it is set, and
/// when it rings too early.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    set_for: Option<Timestamp>,
}

impl Alarm {
    /// The deadline, when it is over.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        clock: Clock,
        deadline: Timestamp,
    ) -> Poll<Timestamp> {
        loop {
            let is_set = self.set_for.is_some_and(|set_for| set_for <= deadline);
            let sleep = match &mut self.sleep {
                Some(sleep) if is_set => sleep,
                sleep => {
                    self.set_for = Some(deadline);
                    let left = clock.until(deadline).saturating_sub(TIMER_GRAIN);
                    sleep.insert(Box::pin(tokio::time::sleep(left)))
                }
            };
            ready!(sleep.as_mut().poll(context));
            if self.set_for.take() == Some(deadline) {
                return Poll::Ready(deadline);
            }
        }
    }
}
