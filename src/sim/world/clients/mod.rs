//! The clients: who starts, what their visits do to the kernel's sockets, their reports.

mod client;
mod distance;
mod ending;
mod fleet;
mod refusals;

pub(super) use fleet::{ClientEvent, Clients};
