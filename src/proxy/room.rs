//! Room in an event loop's table of connections: who takes a slot, who makes room, what the log says of it.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};

use super::listener::Worker;
use crate::attribution::proxy_event;
use crate::machine::event_loop::{Hail, Slots};
use crate::machine::exchange::LogLine;
use crate::record::{Event, Gauges, Source};

/// The slot of a connection to the backend, for as long as that is open.
pub(super) struct UpstreamSlot {
    slots: Rc<RefCell<Slots>>,
    gauges: Arc<Gauges>,
}

impl Drop for UpstreamSlot {
    fn drop(&mut self) {
        self.slots.borrow_mut().give_back();
        self.gauges.upstream_connections.sub(1);
    }
}

impl Worker {
    /// Takes a slot, if necessary from clients that are idle; otherwise what the log says of it.
    fn room(&self) -> Result<(), LogLine> {
        let taken = self.slots.borrow_mut().take(self.lately());
        for client in taken.evicted {
            self.ears.tell(client, Hail::Evicted);
        }
        match (taken.granted, taken.line) {
            (true, None) => Ok(()),
            (true, Some(line)) => {
                self.say(&line);
                Ok(())
            }
            (false, line) => Err(line.expect("a lack is told")),
        }
    }

    /// Whether there is room for a client that was accepted.
    pub(super) fn has_room(&self) -> bool {
        self.room().inspect_err(|line| self.say(line)).is_ok()
    }

    /// A slot for a connection to the backend.
    pub(super) fn upstream_slot(&self) -> Result<UpstreamSlot, LogLine> {
        self.room()?;
        self.gauges.upstream_connections.add(1);
        Ok(UpstreamSlot {
            slots: Rc::clone(&self.slots),
            gauges: Arc::clone(&self.gauges),
        })
    }

    /// A line of the error log that is about no connection.
    pub(super) fn say(&self, line: &LogLine) {
        self.logs.error(line.level.name(), &line.text);
        let event = Event::new(self.now(), Source::Proxy, proxy_event(line));
        self.sink.event(event.in_tier(self.id.tier));
    }

    /// Whether this address may have another request under way.
    pub(super) fn admits(&self, address: IpAddr) -> bool {
        let most = self.config.limit_conn;
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.begin(key(address), most)
    }

    /// One of its requests is over.
    pub(super) fn discounts(&self, address: IpAddr) {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.end(key(address));
    }
}

/// nginx's `$binary_remote_addr`.
fn key(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}
