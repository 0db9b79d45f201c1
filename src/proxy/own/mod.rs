//! `process = "own"`: the same event loops in a process of its own, with descriptors, limits and signals of its own.
//!
//! The process is this binary run again, and nginx's master and workers in one. Its parent says once, on standard input, what it is to be,
//! and holds that pipe until the end: when it ends, so does the process, whatever became of the parent. Reports go up standard output: a thread
//! of its own takes them from the queue in which the event loops leave them, and writes many at a time, so that no loop ever waits. What
//! does not fit into the queue is dropped and counted.
//!
//! Signals are nginx's: HUP reloads, QUIT ends when the last client is done, TERM and INT end at once, USR1 opens the logs anew. KILL ends all of
//! it at once, where an nginx whose master is killed leaves its workers to themselves; the last milliseconds of its logs are lost then.

mod child;
mod descriptors;
mod messages;
mod nobody;
mod parent;
mod passages;
mod writer;

pub use child::own_main;
pub(super) use parent::OwnProcess;

/// The hidden first argument that makes the binary a proxy.
pub const OWN_ROLE: &str = "__proxy";
