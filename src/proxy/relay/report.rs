//! What a relay tells the world: log lines, events, live counters, and its end.

use super::Relay;
use crate::machine::exchange::{Exchange, LogLine, Note};
use crate::record::{EventKind, Gauge};

impl Relay<'_> {
    pub(super) fn note(&mut self, exchange: &mut Exchange, note: Note) {
        let kind = match note {
            Note::BodySpillStarted => {
                let path = self.worker.temp_path();
                let name = path.display().to_string();
                self.write_log(&LogLine::body_spill_started(&name));
                if let Err(error) = self.body.open_file(&path) {
                    return self.temp_file_failed(exchange, &error);
                }
                EventKind::BodySpillStarted { path: Some(name) }
            }
            Note::SpillStarted => {
                let path = self.worker.temp_path();
                let name = path.display().to_string();
                self.write_log(&LogLine::spill_started(&name));
                if let Err(error) = self.store.open_file(&path) {
                    return self.temp_file_failed(exchange, &error);
                }
                EventKind::SpillStarted { path: Some(name) }
            }
            Note::UpstreamBlocked => EventKind::UpstreamBlocked {},
        };
        self.connection.event(self.worker, kind, self.info.id);
    }

    pub(super) fn write_log(&self, line: &LogLine) {
        let url = self.url();
        self.connection
            .log_only(self.worker, line, url.as_deref(), &self.info);
    }

    pub(in crate::proxy) fn log(&self, line: &LogLine) {
        let url = self.url();
        self.connection
            .log(self.worker, line, url.as_deref(), &self.info);
    }

    fn url(&self) -> Option<String> {
        self.contacted
            .then(|| self.worker.backends[self.peer].url(&self.info.target))
    }

    /// Brings the live counters up to date.
    pub(super) fn count(&mut self, exchange: &Exchange) {
        let ledger = exchange.ledger();
        let over = ledger.sent + ledger.dropped == ledger.read;
        let (memory, file) = if over {
            (0, 0)
        } else {
            (ledger.memory, ledger.file)
        };
        let request = exchange.request_ledger();
        let (memory, file) = (memory + request.memory, file + request.file);
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
        let gauges = &self.worker.gauges;
        shift(&gauges.proxy_buffered_bytes, self.counted.memory, 0);
        shift(&gauges.proxy_spilled_bytes, self.counted.file, 0);
    }
}
