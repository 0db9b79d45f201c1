//! Instants and durations on the run's one clock.
//!
//! Every process of a run reads `CLOCK_MONOTONIC` and counts from the same origin, so an instant taken in a
//! forked worker, in the proxy thread and in a client can be subtracted from one another. The origin travels to the
//! backend's processes as a plain number. Nothing else in the crate reads a clock.

pub mod calendar;
mod clock;
mod files;
mod instant;
mod span;

pub(crate) use clock::suspended;
pub use clock::{Clock, thread_cpu_time, thread_waited_for_cpu, utc_now, utc_stamp};
pub use files::{as_us, as_us_opt, span_as_us, span_as_us_opt};
pub use instant::Timestamp;
pub use span::Span;
