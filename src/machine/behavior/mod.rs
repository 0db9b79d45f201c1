//! How a client treats its connection, its request and the response: one kind per file.
//!
//! A kind is composed (`conduct`) of a pace of sending, a [`Reader`] and an ending; `machine::visit` plays it. To add one: a file here,
//! and what the compiler names after the variant in [`Behavior`] (`any.rs`); `docs/extending.md` goes through it.

mod abort;
mod any;
mod burst;
mod conduct;
mod half_close;
mod healthy;
mod idle;
mod keep_open;
mod slow_body;
mod slow_header;
mod slow_read;
mod stall;
mod vanish;

pub use abort::{Abort, By};
pub use any::{AnyReader, Behavior};
pub use burst::{Burst, BurstReader};
use conduct::READ_SIZE;
pub use conduct::{Ending, Exit, SendPace, UpTo, When};
pub use half_close::HalfClose;
pub use healthy::{Healthy, HealthyReader};
pub use idle::Idle;
pub use keep_open::KeepOpen;
pub use slow_body::SlowBody;
pub use slow_header::SlowHeader;
pub use slow_read::{SlowRead, SlowReader};
pub use stall::{Stall, StallReader};
pub use vanish::Vanish;

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

/// How many bytes a client wants to move next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appetite {
    /// Up to this many bytes, as soon as it is possible. Never zero.
    Read(usize),
    /// Nothing before this instant, then ask again.
    Wait(Timestamp),
    /// Nothing any more; the connection stays open (to the end of the run, or of the client's patience).
    Never,
}

/// The reading side of a client: pure, asked before every read.
pub trait Reader {
    /// What to do now, `received` bytes (head included) having been read so far.
    fn appetite(&mut self, now: Timestamp, received: u64) -> Appetite;
}
