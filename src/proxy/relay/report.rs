//! What a relay tells the world: log lines, events, live counters, and its end.

use super::Relay;
use crate::machine::exchange::{Finished, LogLine, Note, Release, Step};
use crate::record::{EventKind, Gauge};

impl Relay<'_> {
    pub(super) fn note(&mut self, note: Note) {
        let kind = match note {
            Note::SpillStarted => {
                let path = self.worker.temp_path();
                let name = path.display().to_string();
                self.write_log(&LogLine::spill_started(&name));
                if let Err(error) = self.store.open_file(&path) {
                    return self.temp_file_failed(&error);
                }
                EventKind::SpillStarted { path: Some(name) }
            }
            Note::UpstreamBlocked => EventKind::UpstreamBlocked {},
        };
        self.connection.event(self.worker, kind, self.ready.info.id);
    }

    fn url(&self) -> String {
        self.worker.backends[self.peer].url(&self.ready.info.target)
    }

    pub(super) fn write_log(&self, line: &LogLine) {
        let url = self.url();
        self.connection
            .log_only(self.worker, line, Some(&url), &self.ready.info);
    }

    pub(super) fn log(&self, line: &LogLine) {
        let url = self.url();
        self.connection
            .log(self.worker, line, Some(&url), &self.ready.info);
    }

    pub(super) fn finish(&mut self, finished: &Finished) {
        self.finished = true;
        self.connection
            .finish(self.worker, &self.ready, finished, self.head_len);
    }

    /// Brings the live counters up to date.
    pub(super) fn count(&mut self) {
        let ledger = self.exchange.ledger();
        let over = ledger.sent + ledger.dropped == ledger.read;
        let (memory, file) = if over {
            (0, 0)
        } else {
            (ledger.memory, ledger.file)
        };
        let gauges = &self.worker.gauges;
        shift(&gauges.proxy_buffered_bytes, self.counted.memory, memory);
        shift(&gauges.proxy_spilled_bytes, self.counted.file, file);
        self.counted.memory = memory;
        self.counted.file = file;
    }
}

fn shift(gauge: &Gauge, from: u64, to: u64) {
    if to >= from {
        gauge.add(to - from);
    } else {
        gauge.sub(from - to);
    }
}

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.exchange.on_stop(self.worker.now());
            loop {
                match self.exchange.next(self.worker.now()) {
                    Step::Finish(finished) => break self.finish(&finished),
                    // The run is over: nothing is kept.
                    Step::CloseUpstream(release) => self.close_upstream(Release {
                        keep: None,
                        ..release
                    }),
                    _ => {}
                }
            }
        }
        self.store.clear();
        let gauges = &self.worker.gauges;
        shift(&gauges.proxy_buffered_bytes, self.counted.memory, 0);
        shift(&gauges.proxy_spilled_bytes, self.counted.file, 0);
    }
}
