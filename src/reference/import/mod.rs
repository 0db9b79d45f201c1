//! From a user's own nginx.conf and gunicorn configuration to a scenario: the other way round of [`super::export`].
//!
//! What they say is understood in [`crate::understand`]; here it becomes a file to begin with.

mod scenario;

pub use scenario::{lists, to_toml};

#[cfg(test)]
mod tests;
