//! What a prediction claims, as facts. Which words say it is the business of catalogues (`report::predicted`).

use super::Cut;
use crate::machine::act::Act;
use crate::machine::backend_config::{Bind, BootFault};
use crate::machine::probe::ProbeConfig;
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

/// One claim, with the arithmetic behind it. The order of a prediction's claims is that in which they are read.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim {
    /// Of what happens around the clients.
    Around(Around),
    /// Of one of a slow group's clients.
    Slow(Slow),
    /// Of what is left to those who read at once.
    Others(Others),
}

/// Acts, probes, workers that never serve; and pipelines, which have no clients.
#[derive(Clone, PartialEq, Debug)]
pub enum Around {
    /// What is done to the stack.
    Act(Box<Act>),
    /// A probe's question, and what follows from failures.
    Probe(Box<ProbeConfig>),
    /// Workers never serve.
    NeverBoots(BootFault),
    /// No stage of a pipeline is held back.
    NoBrake,
    /// The stages of a pipeline that set its pace.
    Brake {
        /// Their names.
        stages: Vec<String>,
        /// How fast they are at most.
        rate: ByteRate,
    },
}

/// What a slow client does, and what that holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Slow {
    /// A client takes its time to ask.
    Asks {
        /// Its group.
        group: String,
        /// How.
        how: Asking,
    },
    /// A client asks at once and reads slowly.
    Reads {
        /// Its group.
        group: String,
        /// What it reads.
        response: Response,
        /// How.
        how: Reading,
    },
    /// How far away it is.
    Line {
        /// Of its line.
        rate: ByteRate,
        /// There and back.
        rtt: Span,
    },
    /// Where bytes lie while it reads nothing, from the client to the worker.
    Absorbed(Vec<(Bytes, Hop)>),
    /// For how long one of its requests holds a place in a worker, if nothing cuts it short.
    Holds {
        /// [`Span::MAX`] if nothing but the run ends it.
        hold: Span,
        /// What is held.
        place: Place,
        /// Whether something will cut it short.
        is_cut: bool,
        /// Whence it comes.
        by: HeldBy,
    },
    /// What cuts it short, at which limit.
    IsCut {
        /// What.
        cut: Cut,
        /// After how long; zero where it is the client's own business.
        limit: Span,
        /// Whether the request was still awaited.
        in_silence: bool,
    },
    /// The worker's main thread waits for the close, and accepts nobody.
    MainThreadWaits(Span),
    /// How many requests of a group are held at once.
    AtOnce {
        /// So many.
        held: u64,
        /// Of so many; `None` where nothing limits it.
        of: Option<u64>,
        /// What is held.
        place: Place,
    },
}

/// What comes of the others.
#[derive(Clone, PartialEq, Debug)]
pub enum Others {
    /// Their load (Little's law).
    Load {
        /// Requests per second.
        per_s: f64,
        /// Mean seconds in a worker.
        service_s: f64,
        /// Places in workers; `None` where nothing limits them.
        slots: Option<u64>,
        /// What is held.
        place: Place,
    },
    /// What the slow ones leave to them.
    Left {
        /// Requests per second.
        per_s: f64,
        /// The share of it that they use.
        used_ratio: f64,
    },
    /// Every place is held.
    Starved {
        /// What is held.
        place: Place,
        /// Since when.
        from: Timestamp,
        /// For how long, at the longest.
        hold: Span,
    },
    /// The others wait in the accept queue, and no proxy gives up for them.
    NoTimer,
    /// A proxy's timer ends their wait, or would.
    Timer {
        /// Dotted, as in the file.
        key: String,
        /// What it says.
        limit: Span,
        /// From when it answers 504, and about how often in such a hold; `None` if the hold is shorter.
        too_late: Option<(Timestamp, u64)>,
    },
    /// More requests start at once than workers and accept queue take.
    Overflow {
        /// Connections that the queue holds.
        room: u64,
        /// About how many find it full.
        turned_away: u64,
    },
    /// What becomes of those.
    TurnedAway {
        /// The kind of the socket.
        by: Bind,
        /// The proxy's `proxy_connect_timeout`, where there is a proxy.
        connect_timeout: Option<Span>,
    },
}

/// How a client asks that takes its time for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asking {
    /// It says nothing.
    Never,
    /// The head comes slowly.
    Head(ByteRate),
    /// The body does.
    Body(ByteRate),
}

/// What is sent to a slow client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Response {
    /// Head and body.
    pub size: Bytes,
    /// Whether sizes are drawn, and this is their mean.
    pub is_mean: bool,
}

/// How a slow client reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// Bytes per second.
    Slowly(ByteRate),
    /// All of it, and does not close.
    KeepsOpen,
    /// It stops after some bytes, for a while or for good.
    Stalls {
        /// After so many.
        after: Bytes,
        /// For so long; `None` for good.
        pause: Option<Span>,
    },
}

/// Where bytes wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hop {
    /// The kernel between the client and its peer.
    ClientSocket,
    /// The memory of the proxy, or of both.
    Buffers {
        /// Whether there are two tiers.
        both: bool,
    },
    /// Temp files likewise, at most.
    TempFile {
        /// Whether there are two tiers.
        both: bool,
    },
    /// The kernel between the proxies.
    Between,
    /// The kernel between proxy and worker.
    WorkerSocket(Bind),
}

/// What a request holds: a worker where each serves one connection at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The whole worker.
    Worker,
    /// One of its threads or connections.
    Slot,
}

/// Why a place is held for so long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeldBy {
    /// The request is awaited.
    Waiting,
    /// All of the response fits before the client; what remains is the handler, and the close with workers that wait for it.
    AllFits {
        /// Whether the close counts.
        closes: bool,
    },
    /// What does not fit goes as fast as the client reads.
    Excess {
        /// So much.
        over: Bytes,
        /// `None` for one that stalls.
        rate: Option<ByteRate>,
    },
}
