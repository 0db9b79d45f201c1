//! The way from the engines to the collector: a bounded queue that never makes a sender wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::{ClientHalf, Event, ProcSample, ProxyHalf, QueueSample, SocketSample, WorkerReport};

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
    /// The observer looked at the queues.
    Queue(QueueSample),
    /// The observer looked at a socket.
    Socket(Box<SocketSample>),
    /// The observer looked at a process.
    Proc(ProcSample),
}

/// Where reports go. Cloned freely; when the queue is full a report is dropped and counted, never waited for.
#[derive(Clone, Debug)]
pub struct Sink {
    queue: SyncSender<Report>,
    dropped: Arc<AtomicU64>,
}

impl Sink {
    /// A sink and the end that the collector reads.
    pub fn new() -> (Sink, Receiver<Report>) {
        let (queue, receiver) = sync_channel(QUEUE_LIMIT);
        (
            Sink {
                queue,
                dropped: Arc::new(AtomicU64::new(0)),
            },
            receiver,
        )
    }

    /// Sends a report on, or counts it as dropped.
    pub fn send(&self, report: Report) {
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
}
