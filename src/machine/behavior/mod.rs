//! How a client treats its connection and the response: one kind per file.
//!
//! To add a kind: one file here, one line in [`Behavior`] and its matches (`any.rs`); `docs/extending.md` has the places that the compiler finds then.

mod any;
mod healthy;
mod idle;
mod keep_open;
mod slow_read;
mod stall;

pub use any::{AnyReader, Behavior};
pub use healthy::{Healthy, HealthyReader};
pub use idle::Idle;
pub use keep_open::KeepOpen;
pub use slow_read::{SlowRead, SlowReader};
pub use stall::{Stall, StallReader};

use crate::time::Timestamp;
use crate::units::Bytes;

/// Options of the client's own socket, common to all kinds. Set before `connect`: later they would be worse than useless.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SocketKnobs {
    /// SO_RCVBUF to ask for.
    pub rcvbuf: Option<Bytes>,
    /// TCP_MAXSEG to ask for.
    pub mss: Option<u32>,
}

/// What a client wants next, once its request is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appetite {
    /// Read up to this many bytes as soon as there are any. Never zero.
    Read(usize),
    /// Read nothing before this instant, then ask again.
    Wait(Timestamp),
    /// Read nothing any more, keep the connection open (to the end of the run, or of the client's patience).
    Never,
}

/// The reading side of a client: pure, asked before every read.
pub trait Reader {
    /// What to do now, `received` bytes (head included) having been read so far.
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite;
}
