//! One variant in virtual time: clients, proxy, backend, probes and observer around one kernel and one event queue.
//!
//! Every party is a struct with state of its own and an `on_event`; what they share is [`ctx::Ctx`]. A party is the driver of machines: it
//! carries out what they ask for against [`super::kernel`] and tells them what came of it, as the lab's drivers do with real sockets. The
//! stages of a run are the lab's too: the backend boots, time counts from then on, clients begin; at `duration` nothing new starts; after
//! `drain` what is in flight is given up; the backend gets up to three seconds to work off what nobody waits for; then the proxy stops and
//! the master is told to end.
//!
//! Limits: whoever is woken runs [`WAKE_UP`] later and then takes no time, except for what a request costs its worker (400 us, large sends and the
//! handler's `cpu`), which is served by `cores` servers first come, first served, and for a connection's way to a proxy (300 us, and 42 us
//! between two accepts of an event loop), 50 us until a worker has taken a connection up, and 1 ms for a fork: no context switches, no time
//! slices, no cost of other system calls or of disks. One client request is one packet; clients with a `link` are as far away as it says.
//! Records of sockets and processes do not exist.

mod backend;
mod bytes;
mod clients;
mod ctx;
mod engine;
mod errno;
mod event;
#[cfg(test)]
mod faulty_storms;
mod gauges;
mod heads;
mod invariants;
mod observe;
mod probes;
mod proxy;
mod relays;
mod requests;
#[cfg(test)]
mod restarts;
mod stages;
mod standing;
#[cfg(test)]
mod storms;
#[cfg(test)]
mod tests;
mod wakes;
mod wire;

use crate::time::Span;

pub use stages::{Options, SimStats, SimStatus, run, run_while};

/// From an event on a socket to its owner's reaction. Measured: 52 us for a round trip of one byte over TCP between two
/// cores, that is two wake-ups (`reference/sockets.md`, 4).
const WAKE_UP: Span = Span::from_us(25);

/// `man 7 signal`.
const SIGKILL: i32 = 9;
