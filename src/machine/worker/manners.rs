//! What the classes do differently while they handle a connection.

use super::judge::Dialect;
use super::{ASYNCIO_HIGH_WATER, Action, Interrupt};
use crate::machine::backend_config::{BackendConfig, WorkerClass};
use crate::time::Span;

/// asgi waits so long for more of a body where `timeout` is 0 (`BodyReceiver._wait_for_data`).
const ASGI_BODY_WAIT: Span = Span::from_secs(30);

/// A class's manners.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Manners {
    /// Who reads requests.
    pub(super) dialect: Dialect,
    /// How long a client may take for a head.
    pub(super) head_limit: HeadLimit,
    /// How long it may pause within a body; then the application gets what there is. `None`: for ever.
    pub(super) body_limit: Option<Span>,
    /// Whether a connection may serve another request.
    pub(super) keeps: bool,
    /// How bytes leave.
    pub(super) sends: Sends,
    /// What a signal that unwinds does.
    pub(super) unwinds: Unwinds,
    /// CPU time for a request beside the handler, in whoever handles the connection, if the process has slept.
    pub(super) own_cpu: Span,
    /// Whether the loop goes round between reading a request and calling the application, as asyncio's does: whatever has come at the same time is read first.
    pub(super) reads_in_rounds: bool,
}

/// How long a client may take for a request's head.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum HeadLimit {
    /// For ever.
    None,
    /// gevent (`timeout_ctx`): each head, the first included, whole.
    Each(Span),
    /// asgi (`_arm_keepalive_timer`): a head on a kept connection, whole.
    Kept(Span),
    /// uvicorn (`timeout_keep_alive`): the first byte of a head on a kept connection.
    KeptFirstByte(Span),
}

/// How bytes leave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Sends {
    /// `sendall`: the task waits until the kernel has taken all.
    All,
    /// asyncio's transport keeps what the kernel does not take. `send` returns once that is below the high-water mark: asgi waits after
    /// its write (`flow_control.drain`), uvicorn before the next one.
    Transport { waits_after: bool },
}

/// What becomes of a request that a signal unwinds, before its head is sent and in its body.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Unwinds {
    /// `handle_error`: a 500 page if nothing has been sent; closed as usual.
    Page,
    /// gevent (`GeventWorker.handle_request`): `SystemExit` is swallowed, nothing more is sent, closed without ceremony.
    Silence,
}

impl Manners {
    /// `own_cpu` is what a request costs the worker's own code.
    pub(super) fn of(config: &BackendConfig, own_cpu: Span) -> Manners {
        let class = config.class();
        let plain = Manners {
            dialect: Dialect::of(class),
            head_limit: HeadLimit::None,
            body_limit: None,
            keeps: !config.keepalive.is_zero(),
            sends: Sends::All,
            unwinds: Unwinds::Page,
            own_cpu: own_cpu.saturating_add(config.cpu_per_request),
            reads_in_rounds: matches!(class, WorkerClass::Asgi | WorkerClass::Uvicorn),
        };
        match class {
            WorkerClass::Sync => Manners {
                keeps: false,
                ..plain
            },
            WorkerClass::Gthread => Manners {
                own_cpu: plain.own_cpu.saturating_sub(main_thread_cpu(config)),
                ..plain
            },
            WorkerClass::Gevent => Manners {
                head_limit: match plain.keeps {
                    true => HeadLimit::Each(config.keepalive),
                    false => HeadLimit::None,
                },
                unwinds: Unwinds::Silence,
                ..plain
            },
            WorkerClass::Asgi => Manners {
                head_limit: HeadLimit::Kept(config.keepalive),
                body_limit: Some(match config.timeout.is_zero() {
                    true => ASGI_BODY_WAIT,
                    false => config.timeout,
                }),
                sends: Sends::Transport { waits_after: true },
                ..plain
            },
            WorkerClass::Uvicorn => Manners {
                head_limit: HeadLimit::KeptFirstByte(config.keepalive),
                sends: Sends::Transport { waits_after: false },
                ..plain
            },
        }
    }
}

/// Whether the worker stands for one of CPython's, and not for the lab's own.
pub(super) fn is_python(config: &BackendConfig) -> bool {
    !config.cpu_per_request.is_zero()
}

/// What gthread's main thread has of it: measured by `/proc/PID/task/*/schedstat` over 1 600 requests, 147 to 159 us of 470 to 529.
pub(super) fn main_thread_cpu(config: &BackendConfig) -> Span {
    Span::from_ns(config.cpu_per_request.as_ns() * 3 / 10)
}

impl Sends {
    /// Whether the application's object lives on while its `send` waits.
    pub(super) fn keeps_the_object(self) -> bool {
        self == Sends::Transport { waits_after: true }
    }
}

/// asyncio pauses writing above the high-water mark, and goes on at a quarter of it.
pub(super) fn is_paused(was_paused: bool, left: u64) -> bool {
    match was_paused {
        true => left > ASYNCIO_HIGH_WATER / 4,
        false => left > ASYNCIO_HIGH_WATER,
    }
}

/// Whether a signal's handler can run in the middle of a call of this class, so that the signal unwinds it. Python runs handlers between two
/// steps of its own; a call into C that does not come back offers none.
pub(super) fn unwinds(class: WorkerClass, action: &Action) -> bool {
    match action {
        Action::BurnLocked(_) => false,
        Action::Suffer(sickness) => sickness.hears_signals(),
        // A driver in C. In a thread of its own the same wait is Python's `time.sleep`, which looks for signals.
        Action::Block(_) => matches!(class, WorkerClass::Sync | WorkerClass::Gthread),
        _ => true,
    }
}

/// What a worker's process does about a signal that would unwind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// It unwinds what the main task is doing, at once (sync, gthread: Python runs handlers in the main thread).
    Main,
    /// It unwinds the task that is running; the main task if none is (gevent: a greenlet is the main thread's code).
    Running,
    /// The main task hears of it when the loop is free (asgi, uvicorn: a callback of the loop).
    Loop,
    /// Nobody handles it: the process dies.
    Dies,
}

/// How a class takes a signal.
pub(super) fn delivery(class: WorkerClass, by: Interrupt) -> Delivery {
    match (class, by) {
        (WorkerClass::Sync | WorkerClass::Gthread, _) => Delivery::Main,
        (WorkerClass::Gevent, Interrupt::Abort) => Delivery::Running,
        (WorkerClass::Gevent, Interrupt::Quit) | (WorkerClass::Asgi, _) => Delivery::Loop,
        (WorkerClass::Uvicorn, Interrupt::Abort) => Delivery::Dies,
        (WorkerClass::Uvicorn, Interrupt::Quit) => Delivery::Loop,
    }
}
