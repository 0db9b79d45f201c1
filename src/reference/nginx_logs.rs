//! What the logs of an nginx say, put together: requests from one, reasons and timers from the other.

use std::collections::BTreeMap;
use std::path::Path;

use crate::record::{EndedBy, Event, EventKind, Report, Sink, Source};
use crate::tier::ProxyId;
use crate::time::{Clock, Timestamp};

use super::access_log::{self, Access};
use super::error_log::{self, ErrorLine};
use super::export::NginxFiles;
use super::follow::Tail;
use super::spill::Spills;
use super::wall::WallClock;

/// Looks for which a line of the error log waits for the access log to tell whose request it was.
const PATIENCE_LOOKS: u32 = 25;

/// Reads both logs and forwards what they say.
pub(super) struct Reader {
    access: Tail,
    errors: Tail,
    /// Whose logs they are.
    id: ProxyId,
    /// The instances of the tier behind it, as the access log names them.
    peers: Vec<String>,
    /// What the error log said of a connection whose access line has not come yet.
    waiting: BTreeMap<u64, Waiting>,
    spills: Spills,
    wall: WallClock,
    clock: Clock,
    sink: Sink,
}

#[derive(Debug, Default)]
struct Waiting {
    ended_by: Option<EndedBy>,
    lines: Vec<(Timestamp, ErrorLine)>,
    looks: u32,
}

impl Reader {
    pub(super) fn new(
        (folder, id, peers): (&Path, ProxyId, Vec<String>),
        master: u32,
        clock: Clock,
        sink: Sink,
    ) -> Reader {
        let files = NginxFiles::of(id.tier);
        Reader {
            access: Tail::new(folder.join(files.access_log)),
            errors: Tail::new(folder.join(files.error_log)),
            id,
            peers,
            waiting: BTreeMap::new(),
            spills: Spills::of(master),
            wall: WallClock::compare(clock),
            clock,
            sink,
        }
    }

    pub(super) fn look(&mut self) {
        // An error line is written before the access line of its request: read later, it is surely there.
        let accesses = self.access.lines();
        let now = self.clock.now();
        for line in self.errors.lines() {
            if let Some(line) = error_log::parse(&line) {
                self.error(now, line);
            }
        }
        for line in accesses {
            if let Some(access) = access_log::parse(&line, &self.wall) {
                self.request(&access);
            }
        }
        self.spills.look();
        self.give_up_waiting();
    }

    fn error(&mut self, now: Timestamp, line: ErrorLine) {
        match line.connection {
            Some(connection) => {
                if let EventKind::SpillStarted { path: Some(path) } = &line.kind {
                    self.spills.began(connection, Path::new(path));
                }
                let waiting = self.waiting.entry(connection).or_default();
                // The first reason is the cause, later ones follow from it.
                waiting.ended_by = waiting.ended_by.or(line.ended_by);
                waiting.lines.push((now, line));
            }
            None => self.event(now, line, None),
        }
    }

    fn request(&mut self, access: &Access) {
        let waiting = self.waiting.remove(&access.connection).unwrap_or_default();
        for (at, line) in waiting.lines {
            self.event(at, line, access.request_id);
        }
        let spilled = self.spills.ended(access.connection);
        if let Some(half) = access.half(waiting.ended_by, spilled, (self.id, &self.peers)) {
            self.sink.send(Report::Proxy(Box::new(half)));
        }
    }

    /// A line that ends no request (a spill) is not held back for long; what it said of the cause is kept.
    fn give_up_waiting(&mut self) {
        let mut late = Vec::new();
        for waiting in self.waiting.values_mut() {
            waiting.looks += 1;
            if waiting.looks > PATIENCE_LOOKS {
                late.append(&mut waiting.lines);
            }
        }
        for (at, line) in late {
            self.event(at, line, None);
        }
    }

    fn event(&self, at: Timestamp, line: ErrorLine, request_id: Option<u64>) {
        let event = Event::new(at, Source::Proxy, line.kind).in_tier(self.id.tier);
        self.sink.event(event.of_request(request_id));
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            for (at, line) in waiting.lines {
                self.event(at, line, None);
            }
        }
    }
}
