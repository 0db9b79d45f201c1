//! What can happen in a world, in twelve bytes.

use super::ctx::Station;
use crate::sim::kernel::{ListenerId, SocketId};

/// An entry of the event queue. Those of sockets and timers carry a generation, by which a stale one is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// The next client of the agenda starts.
    Start,
    /// A client's timer: its reader's pause, or its pause for thought.
    Client { client: u32, generation: u32 },
    /// A client's patience is at its end.
    Patience { client: u32, request: u32 },
    /// A socket's owner is woken.
    Wake { socket: SocketId, what: Wakeup },
    /// A dropped SYN is sent again.
    SynTimer { socket: SocketId, generation: u32 },
    /// Something on a line arrives, or is missed.
    Line { socket: SocketId, generation: u32 },
    /// Somebody who waits for connections is woken.
    Acceptable(ListenerId),
    /// A proxy comes back to its accept queue.
    AcceptMore { tier: u8, instance: u8 },
    /// An event loop that had no descriptor left listens again.
    Listens { at: Station, house: u8 },
    /// A timer of an exchange or of a request that is being read.
    Proxy {
        tier: u8,
        connection: u32,
        generation: u32,
    },
    /// A proxy looks for idle connections to what is behind it that have been idle for too long.
    Idle {
        at: Station,
        house: u8,
        generation: u32,
    },
    /// What a generation of a tier's proxies has been told to do at this instant is due: to quit, or to break off.
    Life { tier: u8, house: u8 },
    /// A task of a worker goes on.
    Worker {
        instance: u8,
        worker: u32,
        task: u16,
        generation: u32,
    },
    /// A master goes on.
    Master {
        instance: u8,
        master: u16,
        generation: u32,
    },
    /// Whoever reads the pipe of a backend's access log comes round.
    LogReader { instance: u8 },
    /// An act of the plan is due.
    Act { index: u16 },
    /// Whoever this act has stopped goes on.
    GoesOn { index: u16 },
    /// A probe's time has come.
    Probe { probe: u16, generation: u32 },
    /// A backend that was told to end has had its grace period.
    Grace { generation: u32 },
    /// A connection breaks, in a run with faults.
    Breaks,
    /// The observer looks.
    Sample,
    /// Nothing new starts from here on.
    Ends,
    /// What is in flight is given up.
    Drained,
    /// The backend has had its time to work off what nobody waits for.
    Settled,
}

// Millions of them are pending in a large run.
const _: () = assert!(size_of::<Event>() == 12);

/// Why a socket's owner is woken, with the low bits of its generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wakeup {
    Readable(u16),
    Writable(u16),
    Connected(u16),
    ConnectFailed(u16),
}

impl Wakeup {
    pub(super) fn generation(self) -> u16 {
        match self {
            Wakeup::Readable(generation)
            | Wakeup::Writable(generation)
            | Wakeup::Connected(generation)
            | Wakeup::ConnectFailed(generation) => generation,
        }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Booting,
    Running,
    Draining,
    Settling,
    Stopping,
}

impl Stage {
    /// Whether clients may start requests.
    pub(super) fn starts(self) -> bool {
        self == Stage::Running
    }

    /// Whether clients are at work, or will be.
    pub(super) fn has_clients(self) -> bool {
        matches!(self, Stage::Booting | Stage::Running | Stage::Draining)
    }
}
