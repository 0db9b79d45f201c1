//! How reports leave the process: a thread of their own, which takes them from the queue in which the event loops leave them.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::messages::{Holds, Said, say};
use super::passages::Told;
use crate::record::{Event, EventKind, Gauges, Loss, Report, Source};
use crate::time::{Clock, Span, Timestamp};

/// How often the counters go up, where they have changed: several times between two looks of an observer.
const HOLDS_EVERY: Duration = Duration::from_millis(20);
/// How often what is held for each connection goes up: twice between two looks of an observer.
const PASSAGES_EVERY: Span = Span::from_ms(50);
/// Reports that are written at once, at most.
const BATCH: usize = 1024;

/// The thread.
pub(super) struct Writer {
    thread: JoinHandle<()>,
    /// Whether it is to end with the queue's last report.
    ends: Arc<AtomicBool>,
}

impl Writer {
    /// Starts it; `lost` says how many reports found no room in the queue so far.
    pub(super) fn start(
        reports: Receiver<Report>,
        (gauges, lost): (Arc<Gauges>, impl Fn() -> u64 + Send + 'static),
        clock: Clock,
    ) -> io::Result<Writer> {
        let ends = Arc::new(AtomicBool::new(false));
        let body = Body {
            reports,
            gauges,
            lost,
            clock,
            ends: Arc::clone(&ends),
        };
        let named = std::thread::Builder::new().name("reports".to_owned());
        let thread = named.spawn(move || body.run())?;
        Ok(Writer { thread, ends })
    }

    /// Until nobody can report any more.
    pub(super) fn wait(self) {
        let _ = self.thread.join();
    }

    /// Until what was reported so far is written.
    pub(super) fn finish(self) {
        self.ends.store(true, Ordering::Release);
        self.wait();
    }
}

struct Body<L> {
    reports: Receiver<Report>,
    gauges: Arc<Gauges>,
    lost: L,
    clock: Clock,
    ends: Arc<AtomicBool>,
}

impl<L: Fn() -> u64> Body<L> {
    /// A parent that does not read makes this thread wait, and the queue drop.
    fn run(self) {
        let (mut told, mut held, mut lines) = (0, Holds::default(), Vec::new());
        let (mut passages, mut next_look) = (Told::default(), self.clock.now());
        loop {
            let first = match self.reports.recv_timeout(HOLDS_EVERY) {
                Ok(report) => Some(report),
                Err(RecvTimeoutError::Timeout) if self.ends.load(Ordering::Acquire) => return,
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            lines.clear();
            let more = first.into_iter().chain(self.reports.try_iter());
            for report in more.take(BATCH) {
                put(&mut lines, report);
            }
            let count = (self.lost)() - told;
            if count > 0 {
                told += count;
                put(&mut lines, dropped(self.clock.now(), count));
            }
            if self.clock.now() >= next_look {
                next_look = self.clock.now() + PASSAGES_EVERY;
                if let Some(changes) = passages.changes(&self.gauges.passages) {
                    say(&mut lines, &Said::Passages(changes));
                }
            }
            let holds = Holds::of(&self.gauges);
            if holds != std::mem::replace(&mut held, holds) {
                say(&mut lines, &Said::Holds(holds));
            }
            if io::stdout().lock().write_all(&lines).is_err() {
                return;
            }
        }
    }
}

fn dropped(at: Timestamp, count: u64) -> Report {
    let place = Loss::Queue {};
    let kind = EventKind::ReportsDropped { count, place };
    Report::Event(Event::new(at, Source::Proxy, kind))
}

fn put(lines: &mut Vec<u8>, report: Report) {
    match report {
        Report::Proxy(half) => say(lines, &Said::Request(half)),
        Report::Event(event) => say(lines, &Said::Event(event)),
        // An event loop says nothing else.
        _ => {}
    }
}
