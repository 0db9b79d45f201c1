//! What the kernel knows: accept queues, socket queues and TCP_INFO, worker states, limits and sysctls.
//!
//! The observer looks from outside, on a fixed grid, and records how late it was. It needs no privilege. Limits: it sees the
//! sockets of its own network namespace; an instant between two samples is not seen.

mod bytes;
pub mod calibrate;
pub mod limits;
mod load;
mod logs;
mod lost_time;
pub mod machine;
mod observer;
mod proc;
mod queues;
mod sock_diag;
mod sockets;
mod syscalls;

pub use observer::{Also, ObservedProxy, ObservedTier, Observer, ObserverSpec, Processes};
pub use proc::WatchedProcess;

#[cfg(test)]
mod tests;
