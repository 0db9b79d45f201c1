//! The sim engine: a plan in virtual time, on one thread, with no socket and no waiting.
//!
//! The machines of `machine/` are driven from an event queue with a total order instead of by real sockets, and the
//! kernel between them is a model (see [`kernel`], which opens with its limits). Same plan and same seed: same records,
//! byte for byte. Nothing here knows a rule about nginx or gunicorn: those live in the machines, which the lab drives too.

pub mod alarm;
mod faults;
pub mod kernel;
pub mod queue;
mod world;

pub use faults::Faults;
pub use world::{Options, SimStats, SimStatus, run, run_while};
