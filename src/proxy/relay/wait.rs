//! Sleeping until one of the things that the machine waits for.

use tokio::io::{Interest, Ready as Readiness};

use super::Relay;
use crate::machine::exchange::{ReadWait, Wait};
use crate::proxy::client::Connection;
use crate::proxy::upstream::{Upstream, os_error};
use crate::time::{Clock, Timestamp};

pub(super) enum Event {
    Upstream(Readiness),
    Client(Readiness),
    /// The deadline, which may be a fraction of a millisecond away.
    Timer(Timestamp),
}

impl Relay<'_> {
    /// Sleeps until one of the things that the machine waits for.
    pub(super) async fn wait(&mut self, wait: Wait) -> Event {
        let read = match wait.upstream_read {
            ReadWait::No => false,
            ReadWait::Readable => true,
            ReadWait::MoreArrives => {
                if let Some(upstream) = &self.upstream {
                    upstream.forget(Interest::READABLE);
                }
                !self.upstream_closed_seen
            }
        };
        let upstream_interest = match (read, wait.upstream_write) {
            (false, false) => None,
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        };
        // PRIORITY stands for nothing but EPOLLRDHUP here: bytes that the client sends early do not wake anybody.
        let client_interest = match (wait.client_write, wait.client_closed) {
            (false, false) => None,
            (true, false) => Some(Interest::WRITABLE),
            (false, true) => Some(Interest::PRIORITY),
            (true, true) => Some(Interest::WRITABLE | Interest::PRIORITY),
        };
        let upstream = &self.upstream;
        let clock = self.worker.clock;
        let event = tokio::select! {
            biased;
            ready = upstream_ready(upstream.as_deref(), upstream_interest) => Event::Upstream(ready),
            ready = client_ready(self.connection, client_interest) => Event::Client(ready),
            deadline = until(clock, wait.deadline) => Event::Timer(deadline),
        };
        if let Event::Upstream(ready) = &event
            && ready.is_read_closed()
        {
            self.upstream_closed_seen = true;
        }
        event
    }

    pub(super) fn tell(&mut self, event: Event) {
        let now = self.worker.now();
        match event {
            Event::Upstream(ready) if self.connecting => {
                let _ = ready;
                self.connecting = false;
                let upstream = self.upstream.as_ref().expect("it is connecting");
                match upstream.connect_result() {
                    Ok(()) => self.exchange.on_connected(now),
                    Err(error) => self.exchange.on_connect_failed(now, &os_error(&error)),
                }
            }
            Event::Upstream(ready) => {
                if ready.is_writable() || ready.is_write_closed() {
                    self.exchange.on_upstream_writable();
                }
                if ready.is_readable() || ready.is_read_closed() {
                    self.exchange.on_upstream_readable();
                }
            }
            Event::Client(ready) => {
                if ready.is_read_closed() && !self.ignores_close() {
                    self.exchange.on_client_closed(now);
                } else {
                    self.exchange.on_client_writable();
                }
            }
            Event::Timer(deadline) => self.exchange.on_timer(now.max(deadline)),
        }
    }

    pub(super) fn ignores_close(&self) -> bool {
        !self.exchange.watches_client_close()
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

async fn until(clock: Clock, deadline: Option<Timestamp>) -> Timestamp {
    match deadline {
        Some(deadline) => {
            let left = clock.until(deadline);
            tokio::time::sleep(left.saturating_sub(TIMER_GRAIN)).await;
            deadline
        }
        None => std::future::pending().await,
    }
}
