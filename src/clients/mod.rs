//! The clients: real sockets that treat responses the way `machine::behavior` decides.
//!
//! One thread with a runtime of its own, so that clients do not share an event loop with what they measure. One scheduler
//! task starts clients when their time has come, however slow the system is; each client is one small task. Not here: what
//! a behaviour is (`machine::behavior`), when requests are meant to start (`machine::arrival`), and what becomes of
//! the reports (`record`).
//!
//! Limits: GET requests without a body, HTTP/1.1, loopback only. A client that stalls for good does not look at its
//! socket any more, so it does not notice that its peer has closed: it holds on until its patience or the run ends.

mod agenda;
mod alarm;
mod client;
mod dial;
mod exchange;
mod fleet;
mod response;
mod world;

pub use agenda::fd_need;
pub use fleet::{Fleet, FleetError, FleetSpec, FleetStats};

#[cfg(test)]
mod tests;
