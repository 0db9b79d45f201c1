//! The clients: agenda, connections, readers. The twin of the lab's fleet.

mod agenda;
mod client;
mod distance;
mod ending;
mod fleet;
mod refusals;

pub(super) use fleet::{ClientEvent, Clients};
