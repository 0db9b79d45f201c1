//! The way from the engines to the collector: a bounded queue that never makes a sender wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use crate::time::{Span, Timestamp};

use super::{
    ByteSample, ClientHalf, Event, LogSample, MachineSample, ProbeRecord, ProcSample, ProxyHalf,
    QueueSample, SocketSample, StageSample, WorkerReport,
};

/// Reports that may wait for the collector. 5 000 clients that end in the same instant fit several times over.
const QUEUE_LIMIT: usize = 262_144;

/// One thing that an engine reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// A client is done with a request.
    Client(Box<ClientHalf>),
    /// The proxy is done with a request.
    Proxy(Box<ProxyHalf>),
    /// A worker changed its state.
    Worker(WorkerReport),
    /// Something happened.
    Event(Event),
    /// The observer looked at a tier.
    Queue(QueueSample),
    /// The observer looked at a socket.
    Socket(Box<SocketSample>),
    /// A probe was answered, or given up.
    Probe(Box<ProbeRecord>),
    /// The observer looked at a process.
    Proc(Box<ProcSample>),
    /// A look at the machine.
    Machine(MachineSample),
    /// A look at a log.
    Log(Box<LogSample>),
    /// A look at a stage of a pipeline.
    Stage(Box<StageSample>),
    /// The observer counted where the bytes are: the rows of one instant.
    Bytes(Vec<ByteSample>),
}

/// Where reports go. Cloned freely; when the queue is full a report is dropped and counted, never waited for.
#[derive(Clone, Debug)]
pub struct Sink {
    queue: SyncSender<Report>,
    dropped: Arc<AtomicU64>,
    shift: Option<Shift>,
    /// Added to the ages of workers: several masters count theirs from 1.
    first_age: u32,
}

/// The time between the origin of a sender that had to start early and the origin of the run.
///
/// The backend's processes read the clock before the clients begin, but a run's origin is the instant at which they begin. Until
/// that is known, everything that such a sender reports happened before the origin, and counts as instant zero.
#[derive(Clone, Debug)]
pub struct Shift(Arc<AtomicU64>);

impl Shift {
    /// A shift that is not known yet.
    pub fn unknown() -> Shift {
        Shift(Arc::new(AtomicU64::new(u64::MAX)))
    }

    /// Sets it.
    pub fn set(&self, shift: Span) {
        self.0.store(shift.as_ns(), Ordering::Release);
    }

    fn apply(&self, at: &mut Timestamp) {
        *at = *at - Span::from_ns(self.0.load(Ordering::Acquire));
    }
}

impl Sink {
    /// A sink and the end that the collector reads.
    pub fn new() -> (Sink, Receiver<Report>) {
        let (queue, receiver) = sync_channel(QUEUE_LIMIT);
        (
            Sink {
                queue,
                dropped: Arc::new(AtomicU64::new(0)),
                shift: None,
                first_age: 0,
            },
            receiver,
        )
    }

    /// A sink for a sender whose clock started earlier than the run.
    pub fn shifted(&self, shift: &Shift) -> Sink {
        Sink {
            shift: Some(shift.clone()),
            ..self.clone()
        }
    }

    /// A sink for one of several masters, whose workers' ages begin after `first_age`.
    pub fn aged(&self, first_age: u32) -> Sink {
        Sink {
            first_age,
            ..self.clone()
        }
    }

    /// Sends a report on, or counts it as dropped.
    pub fn send(&self, mut report: Report) {
        match &mut report {
            Report::Worker(report) => report.worker += self.first_age,
            Report::Event(event) => event.worker = event.worker.map(|age| age + self.first_age),
            _ => {}
        }
        if let Some(shift) = &self.shift {
            match &mut report {
                Report::Worker(report) => {
                    shift.apply(&mut report.at);
                    if let Some(accepted_at) = &mut report.accepted_at {
                        shift.apply(accepted_at);
                    }
                }
                Report::Event(event) => shift.apply(&mut event.at),
                Report::Queue(sample) => shift.apply(&mut sample.at),
                Report::Socket(sample) => shift.apply(&mut sample.at),
                Report::Proc(sample) => shift.apply(&mut sample.at),
                Report::Machine(sample) => shift.apply(&mut sample.at),
                Report::Log(sample) => shift.apply(&mut sample.at),
                Report::Stage(sample) => shift.apply(&mut sample.at),
                // Clients, the proxy, probes and the ledger begin with the run and need no shift.
                Report::Client(_) | Report::Proxy(_) | Report::Probe(_) | Report::Bytes(_) => {}
            }
        }
        if let Err(TrySendError::Full(_)) = self.queue.try_send(report) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends an event on.
    pub fn event(&self, event: Event) {
        self.send(Report::Event(event));
    }

    /// How many reports were lost to a full queue.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The same to ask without keeping the queue open.
    pub fn counter(&self) -> impl Fn() -> u64 + Send + use<> {
        let dropped = Arc::clone(&self.dropped);
        move || dropped.load(Ordering::Relaxed)
    }
}
