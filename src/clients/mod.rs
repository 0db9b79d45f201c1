//! The clients: real sockets that do what `machine::visit` decides.
//!
//! One thread with a runtime of its own, so that clients do not share an event loop with what they measure. One scheduler
//! task starts clients when their time has come, however slow the system is; each client is one small task. Not here: what
//! a client does next (`machine::visit`, `machine::behavior`), when requests are meant to start (`machine::arrival`), and what becomes of
//! the reports (`record`).
//!
//! Limits: HTTP/1.1, loopback only. A client that stalls for good does not look at its
//! socket any more, so it does not notice that its peer has closed: it holds on until its patience or the run ends.

mod alarm;
mod client;
mod descriptors;
mod dial;
mod exchange;
mod fleet;
mod world;

pub use descriptors::fd_need;
pub use fleet::{Fleet, FleetError, FleetSpec, FleetStats};

#[cfg(test)]
mod tests;
