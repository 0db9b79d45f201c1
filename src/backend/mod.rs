//! The backend of the lab: a gunicorn-like pre-fork application server of real processes.
//!
//! [`Backend`] is the parent's side: it starts the master by re-exec, reads what master and workers report and forwards it to the
//! run's sink. [`master_main`] is the master's side: one thread, no runtime, so that it may fork; it drives
//! [`crate::machine::arbiter`] and its workers drive [`crate::machine::worker`] as their class does. What an operator would
//! see of gunicorn is seen here: processes with names, `kill -HUP`, a worker asleep in `send`.
//!
//! Limits: Linux only; one listener; a taken port fails at once, without gunicorn's five tries. A SIGABRT or
//! SIGQUIT that arrives between the last look at the flag and the blocking call is noticed only after the call, as in CPython.

mod ending;
mod error;
mod fork;
mod heartbeat;
mod leash;
mod listener;
mod log;
mod master;
mod messages;
mod on_file;
mod parent;
mod poll;
mod reader;
mod report_words;
mod restart;
mod sent;
mod signals;
mod startup;
mod succession;
mod worker;

pub use error::BackendError;
pub use master::master_main;
pub use parent::{Backend, BackendSpec};

/// The hidden first argument that makes the binary a master.
pub const MASTER_ROLE: &str = "__master";

/// slowlab's own binary, which is master, worker and guard as well; it survives a rebuild during a run.
pub const EXECUTABLE: &str = "/proc/self/exe";
