//! Access logs in the combined format: a line by its fields, for whoever reads one; and which addresses asked most often in a stretch of time, an URI
//! left out, in one stream.
//!
//! What a shell does with tail, grep, awk, sort, uniq and head. Memory is for the distinct keys and nothing else; where that is bounded and the bound
//! is met, counts become estimates from above, and say so. Only the part of a file that can matter is read: a log is in the order of its times, so
//! where a stretch begins is found by halving.

mod count;
mod line;
mod scan;
mod shell;
mod tail;

pub use count::{Counted, Counts};
pub use line::{Field, Line, Moment};
pub use scan::{Asked, Found, scan};
pub use shell::pipeline;
pub(crate) use shell::quoted;
pub use tail::begin_of;
