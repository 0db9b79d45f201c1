//! The application: what a handler does for a path, as the scenario file writes it and as one request gets it.
//!
//! A [`Handler`] is configuration; [`Handler::work`] makes the [`Work`] of one request of it, a function of the run's seed and the
//! request's id and of nothing else. So a request takes the same time in every engine and every variant, and on the real gunicorn,
//! whose exported application draws by the same arithmetic (`reference/export/draw.py`; a test plays both).
//!
//! Not here: who performs the work (`machine::worker`), and the order in which a worker class does so.

mod config;
mod distribution;
mod draw;
#[cfg(test)]
mod tests;
mod work;

pub use config::{Fault, Handler, Pieces, WRITE_SIZE};
pub use distribution::{Distribution, Quantity, Share};
pub use draw::{BEYOND, Draw, inverse_normal};
pub use work::{LEAKED_DESCRIPTORS, Work, reason};
