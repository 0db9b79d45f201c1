//! Plays a `[pipeline]`: real processes, connected by real pipes, and somebody who looks at them every few milliseconds.
//!
//! No policy is here: what a stage's tool is called with and which stage is the brake are `machine::pipeline`'s to say. Stages are not followed by their
//! own words, only looked at: state, sleeping place, CPU and memory, by `/proc`, and temp files by their folder.

mod look;
mod play;
mod stage;
#[cfg(test)]
mod tests;

pub(crate) use play::{Spec, play};
pub use stage::{STAGE_ROLE, stage_main};
