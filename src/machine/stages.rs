//! The stages of a run, alike on every engine of ours: the stack starts, clients begin, at `duration` nothing new starts, after `drain` what
//! is in flight is given up, the backend settles, and the parts are stopped from the outside in.

use crate::time::Span;

/// Ours: how long the backend may work off requests that nobody waits for any more, so that zombie work is counted.
pub const SETTLE_LIMIT: Span = Span::from_secs(3);

/// Ours: the grid on which queues are sampled.
pub const SAMPLE_INTERVAL: Span = Span::from_ms(100);
