//! How often an event loop accepts, and what becomes of an accept that fails: `ngx_event_accept`.

use crate::machine::exchange::{Level, LogLine, OsError};
use crate::time::Span;

/// nginx `accept_mutex_delay`, which is also how long a loop that is out of descriptors leaves its listener alone.
pub const ACCEPT_PAUSE: Span = Span::from_ms(500);

/// nginx's `multi_accept off`, its default: so many connections in one turn of a loop, however many wait.
const ACCEPTS_PER_TURN: u32 = 1;

/// A turn of event loops at their listener. Each calls `accept4` once, whatever comes of it, and goes on with its other events before it comes back: those who
/// came together are not answered in step.
#[derive(Clone, Copy, Debug)]
pub struct AcceptTurn {
    left: u32,
}

impl AcceptTurn {
    /// One of so many loops that listen together.
    pub fn of_loops(loops: u32) -> AcceptTurn {
        AcceptTurn {
            left: loops.saturating_mul(ACCEPTS_PER_TURN),
        }
    }

    /// Whether the turn has an accept left, which is made then.
    pub fn has_another(&mut self) -> bool {
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

/// errno of a system without descriptors.
const ENFILE: i32 = 23;
/// errno of a process without descriptors.
const EMFILE: i32 = 24;
/// errno of a connection that was gone before it was accepted.
const ECONNABORTED: i32 = 103;

/// What follows a failed accept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcceptFailed {
    /// The error log's line.
    pub line: LogLine,
    /// How long nobody accepts; connections wait in the queue meanwhile.
    pub pause: Option<Span>,
}

/// Whether a system call failed for want of a descriptor.
pub(in crate::machine) fn lacks_descriptors(error: &OsError) -> bool {
    matches!(error.code, EMFILE | ENFILE)
}

/// `accept4` failed with this, which is not EAGAIN.
pub fn accept_failed(error: &OsError) -> AcceptFailed {
    let lacks = lacks_descriptors(error);
    let level = match error.code {
        ECONNABORTED => Level::Error,
        _ if lacks => Level::Crit,
        _ => Level::Alert,
    };
    let text = format!("accept4() failed ({}: {})", error.code, error.name);
    AcceptFailed {
        line: LogLine::bare(level, &text).of_call("accept4", error),
        pause: lacks.then_some(ACCEPT_PAUSE),
    }
}
