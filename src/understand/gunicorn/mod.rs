//! gunicorn's side: its command line, and what it is started with.

mod options;
mod started;

pub use started::Gunicorn;
pub(super) use started::{Config, DEFAULT_PORT, Sources, configured, started};
