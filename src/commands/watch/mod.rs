//! `run --watch`: a run while it lasts. Lanes of workers, the accept queue, where bytes wait, percentiles and failures, moving.
//!
//! What is shown is what the collector has anyway ([`crate::record::collect::Live`]) and what the gauges say. The run hands a glance over
//! several times a second and goes on; a thread of its own draws, so that a slow terminal makes nobody wait.

mod backend;
mod glance;
mod groups;
mod line;
mod lines;
mod paint;
mod screen;
mod stages;
mod strip;
mod view;

pub(super) use glance::Heading;
pub(super) use line::line;
pub(super) use screen::{Screen, put_back};

#[cfg(test)]
mod tests;
